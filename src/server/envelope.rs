//! What surrounds every answer, good or bad: a request id, one log line, the security headers, and a net for panics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::branding::Look;
use super::crypto::random_id;
use super::error::{Wants, refusal};
use super::language;
use super::rest;
use super::state::AppState;
use crate::domain::AuthError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// No path of ours is longer; a client's may fill the log.
const LOGGED_PATH: usize = 200;
const ONE_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What is made anew for every request.
#[derive(Clone, Debug)]
pub struct Envelope {
    request_id: String,
    /// Lets our own inline script run, and nothing else (CSP level 3).
    nonce: String,
}

impl Envelope {
    /// The request's id, for an error page or a log line.
    pub fn id_of(request: &Request) -> &str {
        Self::id_in(request.extensions())
    }

    /// The same, from its extensions.
    pub fn id_in(extensions: &Extensions) -> &str {
        extensions.get::<Self>().map(|envelope| envelope.request_id.as_str()).unwrap_or_default()
    }

    /// The nonce of the page to render.
    pub fn nonce_in(extensions: &Extensions) -> &str {
        extensions.get::<Self>().map(|envelope| envelope.nonce.as_str()).unwrap_or_default()
    }
}

/// The outermost layer.
pub async fn wrap(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let (Ok(request_id), Ok(nonce)) = (random_id(), random_id()) else {
        tracing::error!("the operating system gave no random bytes");
        return refusal(&AuthError::Unavailable, Wants::Problem, "");
    };
    let wants = Wants::of_request(&request);
    let span = tracing::info_span!("request", id = %request_id);
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(LOGGED_PATH).collect();
    request.extensions_mut().insert(Envelope { request_id: request_id.clone(), nonce: nonce.clone() });
    // The API takes no cookies, not even this one.
    let is_api = rest::is_addressed(request.method(), request.uri().path(), request.headers());
    let cookies = (!is_api).then(|| state.cookies());
    let language = language::of(request.headers(), cookies, state.config.language);
    let theme = cookies.and_then(|cookies| cookies.theme(request.headers()));
    let look = Look { brand: Arc::clone(&state.branding.brand), theme };
    let answer = language::answering(language, look.wearing(net(next.run(request), wants, &request_id)));
    let mut response = answer.instrument(span.clone()).await;
    let status = response.status().as_u16();
    // The path is quoted: it is the client's, and must not write the log's lines.
    span.in_scope(|| tracing::info!(status, "answered {method} {path:?} with {status}"));
    set_headers(response.headers_mut(), &state, &request_id, &nonce);
    response
}

/// A panic ends one request with a 500, and nothing else (AVL-7).
async fn net(answer: impl Future<Output = Response>, wants: Wants, request_id: &str) -> Response {
    use futures_util::FutureExt as _;
    let caught = std::panic::AssertUnwindSafe(answer).catch_unwind().await;
    caught.unwrap_or_else(|_| {
        tracing::error!("a request handler panicked");
        refusal(&AuthError::Internal, wants, request_id)
    })
}

fn set_headers(headers: &mut HeaderMap, state: &AppState, request_id: &str, nonce: &str) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // `no-referrer` would make browsers send `Origin: null`. The answer to a password link, which no form follows, sets it.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
        ),
    ];
    for (name, value) in fixed {
        // A handler's own value wins.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let policy = content_security_policy(nonce, state.leptos.reload_port);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    if state.config.public_url.is_https() {
        let value = HeaderValue::from_str(&format!("max-age={}", ONE_YEAR.as_secs()));
        if let Ok(value) = value {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
    }
}

/// WEB-2. The reload socket of `cargo leptos watch` is let through only there.
fn content_security_policy(nonce: &str, reload_port: u32) -> String {
    let reload = if is_watched() {
        format!(" ws://127.0.0.1:{reload_port} ws://localhost:{reload_port}")
    } else {
        String::new()
    };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

#[expect(clippy::disallowed_methods, reason = "set by cargo-leptos, not by the operator")]
fn is_watched() -> bool {
    cfg!(debug_assertions) && std::env::var_os("LEPTOS_WATCH").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn avl_7_a_panic_is_one_500_that_says_nothing_of_its_cause() {
        for wants in [Wants::Page, Wants::Rpc, Wants::Problem] {
            let response = net(async { panic!("canary: somebody's data") }, wants, "the-id").await;
            assert_eq!(response.status(), 500);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(!body.contains("canary"), "{body}");
        }
    }
}
