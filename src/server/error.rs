//! The one mapping from a refusal to what HTTP says, and the log line for what nobody outside may know.

use axum::extract::Request;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LANGUAGE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};

use super::branding::Look;
use super::crypto::{KeyError, PasswordHasherError, RandomError};
use super::language;
use super::rest;
use super::rest::problem::problem;
use super::site;
use super::store::StoreError;
use crate::app::{ErrorFrame, error_page};
use crate::domain::{AuthError, Refused};
use crate::paths;

/// When to come back while the database does not answer: it may be there again at any moment.
const UNAVAILABLE_SECONDS: u16 = 2;

/// The status of a refusal.
pub fn status(error: &AuthError) -> StatusCode {
    match error {
        AuthError::Invalid(errors) if errors.only_taken() => StatusCode::BAD_REQUEST,
        AuthError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        AuthError::InvalidCredentials
        | AuthError::Unauthenticated
        | AuthError::ExpiredToken
        | AuthError::InvalidToken
        | AuthError::InvalidRefreshToken
        | AuthError::WrongTokenKind
        | AuthError::SessionEnded => StatusCode::UNAUTHORIZED,
        AuthError::InactiveAccount
        | AuthError::InvalidCursor
        | AuthError::Malformed
        | AuthError::TokenInQuery
        | AuthError::UnsupportedGrantType
        | AuthError::UnauthorizedClient => StatusCode::BAD_REQUEST,
        AuthError::SignUpClosed
        | AuthError::CrossSite
        | AuthError::Forbidden
        | AuthError::ReauthenticationRequired
        | AuthError::Unencrypted => StatusCode::FORBIDDEN,
        AuthError::LastAdmin => StatusCode::CONFLICT,
        AuthError::LinkExpired => StatusCode::GONE,
        AuthError::NotFound => StatusCode::NOT_FOUND,
        AuthError::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        AuthError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        AuthError::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        AuthError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
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

/// The refusal's name for programs. It stays the same in every language and version.
pub const fn code(error: &AuthError) -> &'static str {
    match error {
        AuthError::Invalid(_) => "invalid",
        AuthError::InvalidCredentials => "invalid_credentials",
        AuthError::Unauthenticated => "unauthenticated",
        AuthError::InactiveAccount => "inactive_account",
        AuthError::ExpiredToken => "expired_token",
        AuthError::InvalidToken => "invalid_token",
        AuthError::InvalidRefreshToken => "invalid_refresh_token",
        AuthError::WrongTokenKind => "wrong_token_kind",
        AuthError::SessionEnded => "session_ended",
        AuthError::TokenInQuery => "token_in_query",
        AuthError::ReauthenticationRequired => "reauthentication_required",
        AuthError::UnsupportedGrantType => "unsupported_grant_type",
        AuthError::UnauthorizedClient => "unauthorized_client",
        AuthError::InvalidCursor => "invalid_cursor",
        AuthError::Forbidden => "forbidden",
        AuthError::LastAdmin => "last_admin",
        AuthError::LinkExpired => "link_expired",
        AuthError::SignUpClosed => "sign_up_closed",
        AuthError::CrossSite => "cross_site",
        AuthError::Unencrypted => "unencrypted",
        AuthError::NotFound => "not_found",
        AuthError::MethodNotAllowed => "method_not_allowed",
        AuthError::Malformed => "malformed",
        AuthError::TooLarge => "too_large",
        AuthError::UnsupportedMediaType => "unsupported_media_type",
        AuthError::Busy { .. } => "busy",
        AuthError::TooManyAttempts { .. } => "too_many_attempts",
        AuthError::Unavailable => "unavailable",
        AuthError::Offline => "offline",
        AuthError::Internal => "internal",
    }
}

/// The refusal's name in OAuth 2.0, for its libraries (RFC 6749 §5.2, RFC 6750 §3.1).
pub const fn oauth_error(error: &AuthError) -> Option<&'static str> {
    match error {
        AuthError::InvalidCredentials | AuthError::InvalidRefreshToken => Some("invalid_grant"),
        AuthError::UnsupportedGrantType => Some("unsupported_grant_type"),
        AuthError::UnauthorizedClient => Some("unauthorized_client"),
        AuthError::ExpiredToken | AuthError::InvalidToken | AuthError::WrongTokenKind | AuthError::SessionEnded => {
            Some("invalid_token")
        }
        AuthError::Invalid(_)
        | AuthError::Malformed
        | AuthError::TokenInQuery
        | AuthError::TooLarge
        | AuthError::UnsupportedMediaType => Some("invalid_request"),
        _ => None,
    }
}

/// What a refused request wants to be answered with when it is refused.
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
    /// What a request wants that may be for the API, which answers programs whatever they accept.
    pub fn of_request(request: &Request) -> Self {
        let (path, headers) = (request.uri().path(), request.headers());
        if rest::is_addressed(request.method(), path, headers) { Self::Problem } else { Self::of(path, headers) }
    }

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
    let status = browser_status(error);
    let mut response = match wants {
        Wants::Page => {
            let Look { brand, theme } = Look::current();
            let frame = ErrorFrame { links: site::links(), language: language::current(), brand, theme };
            Html(error_page(error, request_id, &frame)).into_response()
        }
        Wants::Rpc => axum::Json(Refused::new(error, language::current())).into_response(),
        Wants::Problem => return problem(&error.clone().into(), request_id),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::current().tag()));
    retry_after(error, headers);
    response
}

/// Says when to come back, for refusals that pass.
pub fn retry_after(error: &AuthError, headers: &mut HeaderMap) {
    let seconds = match error {
        AuthError::Busy { retry_after_seconds } | AuthError::TooManyAttempts { retry_after_seconds } => {
            *retry_after_seconds
        }
        AuthError::Unavailable => UNAVAILABLE_SECONDS,
        _ => return,
    };
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
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
