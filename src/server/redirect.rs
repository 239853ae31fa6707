//! Redirects to our own paths, and what addresses and forms say about them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::domain::SafePath;
use crate::paths;

/// 303 to one of our own paths.
pub fn redirect(target: &SafePath) -> Response {
    let location = HeaderValue::from_str(target.as_str()).unwrap_or(HeaderValue::from_static(paths::HOME));
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The first value of `name` in a query or a urlencoded body.
pub fn first_value(encoded: &[u8], name: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(encoded).ok()?;
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}
