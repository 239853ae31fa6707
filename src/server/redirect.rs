//! Redirects to our own paths, and what addresses and forms say about them.

use axum::http::{HeaderValue, StatusCode, Uri, header};
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

/// The answer to an address whose query holds the token of a password link, `None` for any other: go to the same place
/// without it, and `no-referrer`, because this one address holds a secret (RST-8).
///
/// At `/set-password`, also with slashes too many or in capitals, as mail programs and people write it, the token moves into
/// a cookie; what is no token at all takes an older one away. Anywhere else it is dropped with all of the query.
pub fn without_token(cookies: Cookies, uri: &Uri) -> Option<Response> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(uri.query()?).ok()?;
    let (_, token) = pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(paths::TOKEN))?;
    let path = uri.path().trim_start_matches('/');
    let is_link = path.trim_end_matches('/').eq_ignore_ascii_case(paths::SET_PASSWORD.trim_start_matches('/'));
    let same = if is_link { Some(SafePath::own(paths::SET_PASSWORD)) } else { SafePath::parse(&format!("/{path}")) };
    let mut response = redirect(&same.unwrap_or_else(|| SafePath::own(paths::HOME)));
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let cookie = is_link.then(|| cookies.keep_link(LinkToken::parse(&token).as_ref())).flatten();
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Some(response)
}

/// The first value of `name` in a query or a urlencoded body.
pub fn first_value(encoded: &[u8], name: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(encoded).ok()?;
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}
