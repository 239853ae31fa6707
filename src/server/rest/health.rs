//! For load balancers and supervisors: does it live, can it work?

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Refusal;
use crate::domain::AuthError;
use crate::paths;
use crate::server::state::AppState;

/// How a process is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: anything else has another HTTP status.
    #[schema(example = "ok")]
    pub status: &'static str,
}

type Answer = ([(HeaderName, HeaderValue); 1], Json<Health>);

fn ok() -> Answer {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(Health { status: "ok" }))
}

/// Does the process live?
///
/// Answers as long as it does; the database is not asked. For a supervisor that restarts what has hung.
#[utoipa::path(
    get,
    path = paths::api::HEALTH,
    tag = "Service",
    operation_id = "health",
    responses((status = 200, description = "It lives.", body = Health))
)]
pub async fn health() -> Answer {
    ok()
}

/// Can it work?
///
/// Asks the database. For a load balancer that sends requests only where they can be answered.
#[utoipa::path(
    get,
    path = paths::api::READINESS,
    tag = "Service",
    operation_id = "readiness",
    responses((status = 200, description = "It can work.", body = Health))
)]
pub async fn readiness(State(state): State<AppState>) -> Result<Answer, Refusal> {
    state.store.ping().await.map_err(AuthError::from)?;
    Ok(ok())
}
