//! The one mapping from a refusal to what HTTP says, and the log line for what nobody outside may know.

use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::json;

use super::crypto::{KeyError, PasswordHasherError, RandomError};
use super::site;
use super::store::StoreError;
use crate::domain::{AuthError, text};
use crate::paths;

/// The status of a refusal.
pub fn status(error: &AuthError) -> StatusCode {
    match error {
        AuthError::Invalid(errors) if errors.only_taken() => StatusCode::BAD_REQUEST,
        AuthError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        AuthError::InvalidCredentials | AuthError::Unauthenticated => StatusCode::UNAUTHORIZED,
        AuthError::InactiveAccount | AuthError::InvalidCursor | AuthError::Malformed => StatusCode::BAD_REQUEST,
        AuthError::SignUpClosed | AuthError::CrossSite | AuthError::Forbidden | AuthError::Unencrypted => {
            StatusCode::FORBIDDEN
        }
        AuthError::LastAdmin => StatusCode::CONFLICT,
        AuthError::LinkExpired => StatusCode::GONE,
        AuthError::NotFound => StatusCode::NOT_FOUND,
        AuthError::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        AuthError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        AuthError::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        AuthError::Busy { .. } | AuthError::Unavailable | AuthError::Offline => StatusCode::SERVICE_UNAVAILABLE,
        AuthError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status at the browser's two doors, where any refused field is 422: the tutorial's 400 is for its API clients.
pub fn browser_status(error: &AuthError) -> StatusCode {
    match error {
        AuthError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        other => status(other),
    }
}

/// What a request wants to be answered with when it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// A page: only who names `text/html` gets one.
    Page,
    /// A server function's error.
    Rpc,
    /// Problem details (RFC 9457).
    Problem,
}

impl Wants {
    /// What the request's address and `Accept` header ask for.
    pub fn of(path: &str, headers: &HeaderMap) -> Self {
        let accepts_html = headers
            .get_all(ACCEPT)
            .iter()
            .any(|value| value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("text/html")));
        if path.starts_with(paths::rpc::PREFIX) {
            Self::Rpc
        } else if accepts_html {
            Self::Page
        } else {
            Self::Problem
        }
    }
}

/// A complete refusal, for answers that do not come from a form's own page.
pub fn refusal(error: &AuthError, wants: Wants, request_id: &str) -> Response {
    let status = if wants == Wants::Problem { status(error) } else { browser_status(error) };
    let mut response = match wants {
        Wants::Page => Html(crate::app::error_page(error, request_id, &site::links())).into_response(),
        Wants::Rpc => axum::Json(error).into_response(),
        Wants::Problem => problem(error, status, request_id),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED && wants == Wants::Problem {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    retry_after(error, headers);
    response
}

/// Says when to come back, for refusals that pass.
pub fn retry_after(error: &AuthError, headers: &mut HeaderMap) {
    if let AuthError::Busy { retry_after_seconds } = error {
        headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
    }
}

fn problem(error: &AuthError, status: StatusCode, request_id: &str) -> Response {
    let mut body = json!({
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "status_code": status.as_u16(),
        "detail": text::error(error),
        "request_id": request_id,
    });
    if let (AuthError::Invalid(errors), Some(body)) = (error, body.as_object_mut()) {
        let list =
            errors.iter().map(|e| json!({"field": e.field.as_str(), "message": text::problem(e.field, e.problem)}));
        body.insert("errors".to_owned(), list.collect());
    }
    ([(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => (field, crate::domain::Problem::Taken).into(),
            StoreError::Unavailable(_) | StoreError::Transient(_) => {
                tracing::error!(%error, "the database did not answer");
                Self::Unavailable
            }
            StoreError::Failed(_) => {
                tracing::error!(%error, "the database refused");
                Self::Internal
            }
        }
    }
}

impl From<PasswordHasherError> for AuthError {
    fn from(error: PasswordHasherError) -> Self {
        match error {
            PasswordHasherError::Busy => Self::Busy { retry_after_seconds: 2 },
            PasswordHasherError::Failed(_) => internal(&error),
        }
    }
}

impl From<RandomError> for AuthError {
    fn from(error: RandomError) -> Self {
        internal(&error)
    }
}

impl From<KeyError> for AuthError {
    fn from(error: KeyError) -> Self {
        internal(&error)
    }
}

impl From<jsonwebtoken::errors::Error> for AuthError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        internal(&error)
    }
}

fn internal(error: &dyn std::error::Error) -> AuthError {
    tracing::error!(%error, "a fault of ours");
    AuthError::Internal
}
