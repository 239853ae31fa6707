//! The browser's door when WASM runs: what the server functions of `pages/*/rpc.rs` share, and what surrounds them.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use leptos_axum::ResponseOptions;

use super::browser::BrowserForm;
use super::caller::Caller;
use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::form_post::read_form_body;
use super::state::AppState;
use crate::domain::{Accepted, AuthError};

/// Submits a form with the request's state and caller, and packs its answer for a server function.
///
/// # Errors
/// Those of the form's service.
pub async fn answer(form: impl BrowserForm) -> Result<Accepted, AuthError> {
    let (state, caller) = asked()?;
    let response: ResponseOptions = use_context().ok_or(AuthError::Internal)?;
    let answer = form.submit(&state, &caller).await?;
    for (name, value) in answer.headers(state.cookies()) {
        response.append_header(name, value);
    }
    Ok(Accepted { redirect_to: answer.target().as_str().to_owned() })
}

/// The request's state and caller, in a server function.
///
/// # Errors
/// [`AuthError::Internal`] outside of one.
pub fn asked() -> Result<(AppState, Caller), AuthError> {
    Ok((use_context().ok_or(AuthError::Internal)?, use_context().ok_or(AuthError::Internal)?))
}

/// Calls the server function of the request's path.
///
/// Leptos would send who accepts `text/html` back to the Referer with the error in the address; such a request is not
/// from our islands, so that it gets JSON like any other. Errors carry their own status instead of 500.
pub async fn call(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let request_id = Envelope::id_of(&request).to_owned();
    let (mut parts, body) = request.into_parts();
    let body = match read_form_body(&parts.headers, body).await {
        Ok(body) => body,
        Err(error) => return refusal(&error, Wants::Rpc, &request_id),
    };
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::REFERER);
    let request = Request::from_parts(parts, body.into());
    let context = move || {
        provide_context(state.clone());
        provide_context(caller.clone());
    };
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    with_own_status(response, &request_id).await
}

async fn with_own_status(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    if parts.headers.remove(SERVER_FN_ERROR_HEADER).is_none() {
        parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Response::from_parts(parts, body);
    }
    let error = axum::body::to_bytes(body, 64 * 1024).await.ok();
    let error = error.and_then(|bytes| serde_json::from_slice::<AuthError>(&bytes).ok());
    let error = error.unwrap_or(AuthError::Internal);
    refusal(&error, Wants::Rpc, request_id)
}

/// A server function that does not exist.
pub async fn unknown(request: Request) -> Response {
    refusal(&AuthError::NotFound, Wants::Rpc, Envelope::id_of(&request))
}
