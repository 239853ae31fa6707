//! `POST /logout`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use utoipa::ToSchema;

use super::service;
use crate::paths;
use crate::server::caller::Caller;
use crate::server::rest::bearer;
use crate::server::rest::body::{Body, Fields, OptionalJsonOrForm};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::state::AppState;

/// What names the session that is to end.
#[derive(ToSchema)]
#[schema(example = json!({}))]
pub struct LogoutRequest {
    /// Its refresh token; without one, the access token in the header names it.
    #[schema(example = "lk1.GjQ5ZtNe.Yx3…")]
    pub refresh_token: Option<String>,
}

impl Body for LogoutRequest {
    const PASSES_OVER_UNKNOWN: bool = true;

    fn read(fields: &mut Fields) -> Self {
        Self { refresh_token: fields.nullable_text("refresh_token").filter(|token| !token.is_empty()) }
    }
}

/// Sign out
///
/// Ends the session of the refresh token in the body, or else that of the access token in the header, which may have expired.
/// A refresh token is always answered with 204, whatever became of its session (RFC 7009 §2.2).
#[utoipa::path(
    post,
    path = paths::api::LOGOUT,
    tag = "Session",
    operation_id = "logout",
    security(("OAuth2PasswordBearer" = []), ()),
    request_body(
        content((LogoutRequest = "application/json"), (LogoutRequest = "application/x-www-form-urlencoded")),
    ),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 401, description = "Neither a refresh token nor an access token.",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn logout(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    OptionalJsonOrForm(body): OptionalJsonOrForm<LogoutRequest>,
) -> Result<StatusCode, Refusal> {
    match body.refresh_token {
        Some(token) => service::sign_out_by_refresh_token(&state, &caller, &token).await?,
        None => service::sign_out_by_access_token(&state, &caller, &bearer::token(&headers)?).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}
