//! Who asks, by the access token in the `Authorization` header (RFC 6750 §2.1). Cookies are not looked at.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::domain::AuthError;
use crate::server::caller::Caller;
use crate::server::crypto::SessionKind;
use crate::server::rest::problem::Refusal;
use crate::server::sessions::service as sessions;
use crate::server::state::AppState;

/// The caller of a route that wants a token: somebody with a live session. What else they need, `Caller::require` asks.
pub struct Bearer(pub Caller);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Ok(mut caller) = Caller::from_request_parts(parts, state).await;
        caller.session = Some(sessions::by_access_token(state, &token(&parts.headers)?, SessionKind::Api).await?);
        Ok(Self(caller))
    }
}

/// The token of the header.
///
/// # Errors
/// [`AuthError::Unauthenticated`] without one, [`AuthError::InvalidToken`] for two, or for what is no text.
pub fn token(headers: &HeaderMap) -> Result<String, AuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::Unauthenticated)?;
    if values.next().is_some() {
        return Err(AuthError::InvalidToken);
    }
    let value = value.to_str().map_err(|_| AuthError::InvalidToken)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Unauthenticated);
    }
    match token.trim() {
        "" => Err(AuthError::Unauthenticated),
        token => Ok(token.to_owned()),
    }
}
