//! All doors of the house.
//!
//! A request passes, from the outside in: the envelope (id, log, headers, net for panics), the wall against who comes
//! past the proxy; then it is the API's or the browser's. Before a page or a server function stand the walls against other
//! sites and the question who asks; the API takes no cookies, so that there is nothing for another site to borrow. The envelope is outermost so that refusals
//! of the inner layers carry its headers too; the walls stand before the question, so that a forged request does not
//! even rotate a token.

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower::ServiceExt as _;
use tower_http::csrf::ConfigError;

use super::state::AppState;
use super::{branding, csrf, envelope, form_post, page, plain_http, preferences, rest, rpc, sessions, site};
use crate::paths;

/// The whole application.
///
/// # Errors
/// When the public URL is no origin, which its parser excludes.
pub fn build(state: AppState) -> Result<Router, ConfigError> {
    // Leptos spawns its rendering through this; a second call finds it set, which is fine.
    let _ = any_spawner::Executor::init_tokio();
    let csrf_layer = csrf::layer(state.config.public_url.origin())?;
    let doors = Router::new()
        .route(paths::HOME, get(page::home))
        .route(paths::LOGIN, get(page::for_visitors).post(form_post::sign_in))
        .route(paths::REGISTER, get(page::for_visitors).post(form_post::register))
        .route(paths::SET_PASSWORD, get(page::for_link_holders).post(form_post::set_password))
        .route(paths::PROFILE, get(page::for_members).post(form_post::profile))
        .route(paths::SESSIONS, get(page::sessions).post(form_post::sessions))
        .route(paths::ACCESSIBILITY, get(page::for_anyone))
        .route(paths::SIGN_OUT, post(form_post::sign_out))
        .route(paths::PREFERENCES, post(preferences::keep))
        .route(paths::rpc::SIGN_UP, post(rpc::call))
        .route(paths::rpc::CHECK_USERNAME, post(rpc::call))
        .route(paths::rpc::SIGN_IN, post(rpc::call))
        .route(paths::rpc::SIGN_OUT, post(rpc::call))
        .route(paths::rpc::SET_PASSWORD, post(rpc::call))
        .route(paths::rpc::END_SESSIONS, post(rpc::call))
        .route(paths::rpc::UPDATE_PROFILE, post(rpc::call))
        .route(paths::rpc::CHANGE_PASSWORD, post(rpc::call))
        .route(paths::rpc::DELETE_ACCOUNT, post(rpc::call))
        .route("/rpc/{*unknown}", post(rpc::unknown))
        .method_not_allowed_fallback(page::method_not_allowed)
        .fallback(page::not_found)
        .layer(from_fn_with_state(state.clone(), sessions::authenticate::authenticate))
        .layer(csrf_layer)
        .layer(from_fn_with_state(state.clone(), csrf::strict));
    let api = rest::router(&state);
    // Who has a logo of their own does not want our key on somebody's home screen.
    let has_logo = state.branding.brand.logo.is_some();
    let ours = site::routes().into_iter().filter(|path| !has_logo || !path.starts_with("/apple-touch-icon"));
    let files = ours.fold(Router::new(), |router, path| router.route(&path, get(site::serve)));
    let own = |router: Router<_>, path| router.route(path, get(branding::serve).with_state(state.clone()));
    let files = state.branding.routes().fold(files, own);
    let wall = plain_http::Wall::new(state.clone());
    let (doors, api) = (doors.with_state(state.clone()), api.with_state(state.clone()));
    let all = files.fallback(move |request: Request| async move {
        let is_api = rest::is_addressed(request.method(), request.uri().path(), request.headers());
        if is_api { api.oneshot(request).await } else { doors.oneshot(request).await }
    });
    let all = all.layer(from_fn_with_state(wall, plain_http::refuse));
    Ok(all.layer(from_fn_with_state(state.clone(), envelope::wrap)).with_state(state))
}
