//! Requests that change something must come from our own pages (WEB-1).
//!
//! `tower_http`'s layer judges `Sec-Fetch-Site` and `Origin`. It lets two things pass that we do not: a request with
//! neither header, which we refuse when it carries our cookies, and an `Origin` with our host under another scheme.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};

use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::state::AppState;
use crate::domain::AuthError;

/// The library's layer, trusting the public origin.
///
/// # Errors
/// When the public URL is no origin, which its parser excludes.
pub fn layer(origin: &str) -> Result<CsrfLayer, ConfigError> {
    CsrfLayer::new().add_trusted_origin(origin)
}

/// Adds what the library's layer lacks, and gives its refusal our form.
pub async fn strict(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let wants = Wants::of(request.uri().path(), request.headers());
    let request_id = Envelope::id_of(&request).to_owned();
    if !is_safe(request.method()) && !is_same_origin(&state, request.headers()) {
        return refusal(&AuthError::CrossSite, wants, &request_id);
    }
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() {
        return refusal(&AuthError::CrossSite, wants, &request_id);
    }
    response
}

/// Whether a request that changes something was made by the script or form of a site that the API does not know. Such a site
/// can borrow no cookie, but its visitors' browsers and addresses, to guess passwords from (WEB-1). Programs say nothing of
/// where they come from.
pub fn is_foreign(state: &AppState, method: &Method, headers: &HeaderMap) -> bool {
    if is_safe(method) {
        return false;
    }
    let known = |origin: &str| state.config.cors_origins.iter().any(|known| known == origin) || is_ours(state, origin);
    let mut origins = headers.get_all(header::ORIGIN).iter().map(HeaderValue::to_str);
    match (origins.next(), origins.next()) {
        (None, _) => headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site"),
        (Some(Ok(origin)), None) => !known(origin),
        _ => true,
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_ours(state: &AppState, origin: &str) -> bool {
    let public = &state.config.public_url;
    origin == public.origin() || (public.is_loopback() && is_own_loopback(public.origin(), origin))
}

fn is_same_origin(state: &AppState, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next();
    if origins.next().is_some() {
        return false;
    }
    match origin {
        Some(origin) => origin.to_str().is_ok_and(|origin| is_ours(state, origin)),
        None if headers.contains_key("sec-fetch-site") => true,
        None => !state.cookies().are_present(headers),
    }
}

/// On the developer's own machine `localhost` and `127.0.0.1` are the same place, with the same scheme and port.
fn is_own_loopback(public: &str, origin: &str) -> bool {
    let split = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest
            .strip_prefix("localhost")
            .or_else(|| rest.strip_prefix("127.0.0.1"))
            .or_else(|| rest.strip_prefix("[::1]"))?;
        Some((scheme.to_owned(), rest.to_owned()))
    };
    let public = split(public);
    public.is_some() && public == split(origin)
}
