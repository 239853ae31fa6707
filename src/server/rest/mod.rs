//! The API client's door: which requests it takes, and what its rooms share. What each does stands in
//! `server/<feature>/rest.rs`, in front of the same services as the screens.
//!
//! - Who asks is said by `Authorization: Bearer`, never by a cookie, so that no other site can borrow it ([`bearer`]).
//! - Bodies and queries are read strictly ([`body`], [`query`]), refusals are problem details ([`problem`]).
//! - The routes and their description grow from the same handlers ([`openapi`]); two pages show it ([`docs`]).

pub mod bearer;
pub mod body;
mod cors;
mod docs;
mod health;
mod json;
mod key_set;
pub mod openapi;
pub mod problem;
pub mod query;
pub mod refused;
pub mod schema;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::problem::Refusal;
use super::csrf;
use super::state::AppState;
use super::{accounts, profile, refresh, registration, session_list, sign_in, sign_out};
use crate::domain::AuthError;
use crate::paths;

/// What must not stand in an address: logs and histories keep addresses (SES-5, RFC 6750 §2.3).
const SECRETS: [&str; 8] = [
    "access_token",
    "refresh_token",
    "token",
    "password",
    "current_password",
    "new_password",
    "client_secret",
    "client_assertion",
];

/// What shows the API to people (CFG-3).
const DOCS: [&str; 3] = [paths::api::DOCS, paths::api::REDOC, paths::api::OPENAPI];

/// Every route with its description.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(registration::rest::register))
        .routes(routes!(sign_in::rest::token))
        .routes(routes!(refresh::rest::refresh))
        .routes(routes!(sign_out::rest::logout))
        .routes(routes!(profile::rest::show, profile::rest::replace, profile::rest::update, profile::rest::delete))
        .routes(routes!(profile::rest::change_password))
        .routes(routes!(profile::rest::protected))
        .routes(routes!(session_list::rest::list, session_list::rest::end_others))
        .routes(routes!(session_list::rest::end))
        .routes(routes!(accounts::rest::list))
        .routes(routes!(accounts::rest::show, accounts::rest::update, accounts::rest::delete))
        .routes(routes!(session_list::rest::list_of_user, session_list::rest::end_of_user))
        .routes(routes!(accounts::rest::unlock))
        .routes(routes!(key_set::key_set))
        .routes(routes!(openapi::document))
        .routes(routes!(health::health))
        .routes(routes!(health::readiness))
}

/// The API as one service.
pub fn router(state: &AppState) -> Router<AppState> {
    let (router, _) = routes().split_for_parts();
    let router = router
        .route(paths::api::DOCS, get(docs::docs))
        .route(paths::api::REDOC, get(docs::redoc))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.clone(), refuse_at_the_door))
        .layer(middleware::from_fn(problem::complete));
    match cors::layer(&state.config.cors_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Whether a request is for the API. Its addresses are its own but for one: `POST /register` is the form's unless it brings
/// JSON, and `OPTIONS` there asks on behalf of such a request.
pub fn is_addressed(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    const OWN: [&str; 11] = [
        paths::api::TOKEN,
        paths::api::REFRESH,
        paths::api::LOGOUT,
        paths::api::PROTECTED,
        paths::api::KEYS,
        paths::api::OPENAPI,
        paths::api::DOCS,
        paths::api::REDOC,
        paths::api::HEALTH,
        paths::api::READINESS,
        paths::api::USERS,
    ];
    let is_below = |parent: &str| path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'));
    if path == paths::REGISTER {
        return (*method == Method::POST && body::is_json(headers))
            || (*method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD));
    }
    OWN.contains(&path) || is_below(paths::api::USERS)
}

/// What is refused whatever the route; what passes is kept by nobody on the way (SES-6), unless its room says otherwise.
async fn refuse_at_the_door(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !state.config.docs && DOCS.contains(&request.uri().path()) {
        return Refusal::from(AuthError::NotFound).into_response();
    }
    if csrf::is_foreign(&state, request.method(), request.headers()) {
        return Refusal::from(AuthError::CrossSite).into_response();
    }
    let query = request.uri().query().unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    if pairs.iter().any(|(name, _)| SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name))) {
        return Refusal::from(AuthError::TokenInQuery).into_response();
    }
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn method_not_allowed() -> Refusal {
    AuthError::MethodNotAllowed.into()
}

async fn not_found() -> Refusal {
    AuthError::NotFound.into()
}
