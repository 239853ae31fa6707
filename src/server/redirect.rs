//! Redirects to our own paths, and what addresses and forms say about them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::cookies::Cookies;
use super::crypto::LinkToken;
use crate::domain::SafePath;
use crate::paths;

/// 303 to one of our own paths.
pub fn redirect(target: &SafePath) -> Response {
    let location = HeaderValue::from_str(target.as_str()).unwrap_or(HeaderValue::from_static(paths::HOME));
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Takes the token out of the address and into a cookie; what is no token at all takes an older one away (RST-8). `no-referrer`,
/// because this one address holds a secret.
pub fn without_token(cookies: Cookies, token: &str) -> Response {
    let mut response = redirect(&SafePath::own(paths::SET_PASSWORD));
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.extend(cookies.keep_link(LinkToken::parse(token).as_ref()).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// The first value of `name` in a query or a urlencoded body.
pub fn first_value(encoded: &[u8], name: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(encoded).ok()?;
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}
