//! All doors of the house.
//!
//! A request passes, from the outside in: the envelope (id, log, headers, net for panics), the wall against who comes
//! past the proxy, the walls against other sites, the question who asks; then its handler. The envelope is outermost so that refusals
//! of the inner layers carry its headers too; the walls stand before the question, so that a forged request does not
//! even rotate a token.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use tower::ServiceExt as _;
use tower_http::csrf::ConfigError;
use tower_http::services::ServeDir;

use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::state::AppState;
use super::{csrf, envelope, form_post, page, plain_http, rpc, sessions};
use crate::domain::AuthError;
use crate::paths;

/// The longest path of a file, in bytes: with `.br` behind it, its name is still one that file systems take.
const LONGEST_PATH: usize = 250;

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
        .route(paths::PROFILE, get(page::for_members).post(form_post::profile))
        .route(paths::SIGN_OUT, post(form_post::sign_out))
        .route(paths::rpc::SIGN_UP, post(rpc::call))
        .route(paths::rpc::SIGN_IN, post(rpc::call))
        .route(paths::rpc::SIGN_OUT, post(rpc::call))
        .route(paths::rpc::UPDATE_PROFILE, post(rpc::call))
        .route(paths::rpc::CHANGE_PASSWORD, post(rpc::call))
        .route(paths::rpc::DELETE_ACCOUNT, post(rpc::call))
        .route("/rpc/{*unknown}", post(rpc::unknown))
        .method_not_allowed_fallback(page::method_not_allowed)
        .fallback(page::not_found)
        .layer(from_fn_with_state(state.clone(), sessions::authenticate::authenticate))
        .layer(csrf_layer)
        .layer(from_fn_with_state(state.clone(), csrf::strict));
    let files =
        Router::new().route("/pkg/{*file}", get(file)).route("/favicon.svg", get(file)).layer(map_response(revalidate));
    let wall = plain_http::Wall::new(state.clone());
    let all = files.merge(doors).layer(from_fn_with_state(wall, plain_http::refuse));
    Ok(all.layer(from_fn_with_state(state.clone(), envelope::wrap)).with_state(state))
}

/// A file of the site folder, precompressed where that is there.
async fn file(State(state): State<AppState>, request: Request) -> Response {
    let folder = ServeDir::new(state.leptos.site_root.as_ref())
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false);
    let wants = Wants::of(request.uri().path(), request.headers());
    let request_id = Envelope::id_of(&request).to_owned();
    // Our names are short and plain. One that no file system takes would come back as a fault of ours.
    let path = request.uri().path();
    if path.len() > LONGEST_PATH || path.contains('%') {
        return refusal(&AuthError::NotFound, wants, &request_id);
    }
    match folder.oneshot(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => refusal(&AuthError::NotFound, wants, &request_id),
        Ok(response) if response.status().is_server_error() => {
            tracing::error!("a file of the site folder could not be read");
            refusal(&AuthError::Unavailable, wants, &request_id)
        }
        Ok(response) => response.map(axum::body::Body::new),
        Err(never) => match never {},
    }
}

/// The names carry no hash yet: browsers ask each time whether the file has changed, and get a 304.
async fn revalidate(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
