//! Queries, read as strictly as bodies: each parameter once, none that is not known (API-3, API-5).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::body::{Body, Fields};
use super::problem::Refusal;
use crate::domain::{AuthError, text};
use crate::server::form_post::check_form;
use crate::server::language::say;
use crate::server::state::AppState;

/// The parameters behind the `?`.
pub struct StrictQuery<T>(pub T);

impl<T: Body> FromRequestParts<AppState> for StrictQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: Body>(query: &str) -> Result<T, Refusal> {
    check_form(query.as_bytes())?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| AuthError::Malformed)?;
    let mut fields = Fields::default();
    for (name, value) in pairs {
        if !fields.give(name.clone(), value) {
            fields.refuse(&name, "invalid", say(text::api::WANTS_ONCE));
        }
    }
    fields.into_body()
}
