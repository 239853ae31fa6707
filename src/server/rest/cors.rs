//! Which other sites' scripts may use the API: none, unless the operator names them. Never with credentials: the API takes
//! no cookies, and a token is sent by whoever holds it (WEB-3).

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember the answer.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The layer for these origins; `None` for none.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let exposed = [
        header::WWW_AUTHENTICATE,
        header::RETRY_AFTER,
        HeaderName::from_static("x-request-id"),
        header::CONTENT_LANGUAGE,
        header::ALLOW,
    ];
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers(exposed)
        .max_age(REMEMBERED);
    (!origins.is_empty()).then(|| layer.allow_origin(AllowOrigin::list(origins)))
}
