//! Pages: who may see which, what they are rendered from, and the rendering itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use leptos::nonce::Nonce;
use leptos::prelude::provide_context;
use leptos_axum::render_app_async_with_context;

use super::caller::Caller;
use super::envelope::Envelope;
use super::error::{Wants, browser_status, refusal};
use super::language;
use super::password_links::service as password_links;
use super::redirect::{first_value, redirect, without_token};
use super::session_list::service as session_list;
use super::site;
use super::state::AppState;
use crate::app::shell;
use crate::domain::{AuthError, PageContext, SafePath};
use crate::paths;

/// `GET /`: the profile for who is signed in, the sign-in page for everybody else.
pub async fn home(caller: Caller) -> Response {
    redirect(&SafePath::own(if caller.session.is_some() { paths::PROFILE } else { paths::LOGIN }))
}

/// `GET /login` and `GET /register`: for who is not signed in.
pub async fn for_visitors(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if caller.session.is_some() {
        let target = next_of(&parts).unwrap_or_else(|| SafePath::own(paths::PROFILE));
        return redirect(&target);
    }
    let context = context(&state, &caller, &parts);
    show(&state, context, parts, StatusCode::OK).await
}

/// `GET /accessibility`: for everybody. A notice waits for the page that it is about.
pub async fn for_anyone(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let context = context(&state, &caller, &parts);
    render(&state, parts, context, StatusCode::OK).await
}

/// `GET /profile`: for who is signed in; others come back to it after signing in.
pub async fn for_members(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if caller.session.is_none() {
        return to_sign_in(parts.uri.path());
    }
    let context = context(&state, &caller, &parts);
    show(&state, context, parts, StatusCode::OK).await
}

/// `GET /sessions`: likewise.
pub async fn sessions(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let mut context = context(&state, &caller, &parts);
    match session_list::list(&state, &caller, ()).await {
        Ok(sessions) => context.sessions = sessions,
        Err(AuthError::Unauthenticated) => return to_sign_in(parts.uri.path()),
        Err(error) => {
            let wants = Wants::of(parts.uri.path(), &parts.headers);
            return refusal(&error, wants, Envelope::id_in(&parts.extensions));
        }
    }
    show(&state, context, parts, StatusCode::OK).await
}

/// To the sign-in page, and from there to `path`.
pub fn to_sign_in(path: &str) -> Response {
    let target = SafePath::parse(&paths::login_returning_to(path));
    redirect(&target.unwrap_or_else(|| SafePath::own(paths::LOGIN)))
}

/// `GET /set-password`: for who has a password link, signed in or not. It uses nothing up (RST-8).
pub async fn for_link_holders(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(redirect) = without_token(state.cookies(), &parts.uri) {
        return redirect;
    }
    let mut context = context(&state, &caller, &parts);
    match password_links::find(&state, &caller, caller.password_link.as_ref()).await {
        Ok(linked) => {
            context.linked_account = Some(linked);
            show(&state, context, parts, StatusCode::OK).await
        }
        Err(error @ AuthError::LinkExpired) => show(&state, context, parts, browser_status(&error)).await,
        Err(error) => {
            let wants = Wants::of(parts.uri.path(), &parts.headers);
            refusal(&error, wants, Envelope::id_in(&parts.extensions))
        }
    }
}

/// Any other address.
pub async fn not_found(State(state): State<AppState>, caller: Caller, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(redirect) = without_token(state.cookies(), &parts.uri) {
        return redirect;
    }
    let wants = Wants::of(parts.uri.path(), &parts.headers);
    // `/login/` is `/login`, as people expect.
    let trimmed = parts.uri.path().trim_end_matches('/');
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let target = SafePath::parse(&format!("{trimmed}{query}")).filter(|_| trimmed.len() < parts.uri.path().len());
    if let Some(target) = target {
        return redirect(&target);
    }
    // A request such as `OPTIONS *` has no path that a page could be found at.
    if wants != Wants::Page || parts.uri.path_and_query().is_none() {
        return refusal(&AuthError::NotFound, wants, Envelope::id_in(&parts.extensions));
    }
    let context = context(&state, &caller, &parts);
    show(&state, context, parts, StatusCode::NOT_FOUND).await
}

/// A method that the address does not have.
pub async fn method_not_allowed(request: Request) -> Response {
    let wants = Wants::of(request.uri().path(), request.headers());
    refusal(&AuthError::MethodNotAllowed, wants, Envelope::id_of(&request))
}

async fn show(state: &AppState, mut context: PageContext, parts: Parts, status: StatusCode) -> Response {
    let cookies = state.cookies();
    // A page that shows no notices leaves them for one that does.
    let notice = (status == StatusCode::OK).then(|| cookies.take_notice(&parts.headers)).flatten();
    let taken = notice.and_then(|(notice, taken)| {
        context.notice = Some(notice);
        taken
    });
    let mut response = render(state, parts, context, status).await;
    if let Some(taken) = taken {
        response.headers_mut().append(header::SET_COOKIE, taken);
    }
    response
}

/// What a page may know of its request.
pub fn context(state: &AppState, caller: &Caller, parts: &Parts) -> PageContext {
    let cookies = state.cookies();
    PageContext {
        language: language::current(),
        theme: cookies.theme(&parts.headers),
        brand: Arc::clone(&state.branding.brand),
        path: parts.uri.path().to_owned(),
        viewer: caller.viewer(),
        refused: None,
        notice: None,
        next: next_of(parts).map(|next| next.as_str().to_owned()),
        linked_account: None,
        sessions: Vec::new(),
        sign_up_open: state.is_sign_up_open(),
        password_min_length: state.password_policy().min_length,
    }
}

fn next_of(parts: &Parts) -> Option<SafePath> {
    let next = first_value(parts.uri.query()?.as_bytes(), paths::NEXT)?;
    SafePath::parse_next(&next)
}

/// Renders the page at the request's path, complete, with `status`.
pub async fn render(state: &AppState, parts: Parts, context: PageContext, status: StatusCode) -> Response {
    let nonce = Envelope::nonce_in(&parts.extensions).to_owned();
    let options = state.leptos.clone();
    let provide = move || {
        provide_context(context.language);
        provide_context(context.clone());
        provide_context(Nonce::from_value(nonce.as_str()));
    };
    let renderer = render_app_async_with_context(provide, move || shell(options.clone(), site::links()));
    let mut response = renderer(Request::from_parts(parts, Body::empty())).await;
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language::current().tag()));
    response
}
