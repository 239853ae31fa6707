//! The HTML door of every feature: a posted form -> the service -> 303, or the same page with its [`FormState`].

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use percent_encoding::percent_decode;

use super::browser::{BrowserAnswer, BrowserForm};
use super::caller::Caller;
use super::envelope::Envelope;
use super::error::{Wants, browser_status, refusal, retry_after};
use super::redirect::{first_value, redirect};
use super::state::AppState;
use super::{page, password_links, profile, registration, session_list, sign_in, sign_out};
use crate::domain::{AuthError, Field, FormName, FormState, PageContext, SafePath};
use crate::paths;

/// No form of ours is longer (API-2).
pub const MAX_BODY: usize = 16 * 1024;
/// A body that takes longer is not sent by a person (AVL-2).
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// What is shown again after a refusal. Never a password.
const KEPT: [Field; 5] = [Field::Email, Field::Username, Field::FirstName, Field::LastName, Field::Keep];

/// `POST /login`
pub async fn sign_in(state: State<AppState>, caller: Caller, request: Request) -> Response {
    handle::<sign_in::browser::Form>(state, caller, request, Some(FormName::SignIn)).await
}

/// `POST /register`
pub async fn register(state: State<AppState>, caller: Caller, request: Request) -> Response {
    handle::<registration::browser::Form>(state, caller, request, Some(FormName::Registration)).await
}

/// `POST /set-password`
pub async fn set_password(state: State<AppState>, caller: Caller, request: Request) -> Response {
    handle::<password_links::browser::Form>(state, caller, request, Some(FormName::SetPassword)).await
}

/// `POST /sign-out`
pub async fn sign_out(state: State<AppState>, caller: Caller, request: Request) -> Response {
    handle::<sign_out::browser::Form>(state, caller, request, None).await
}

/// `POST /sessions`
pub async fn sessions(state: State<AppState>, caller: Caller, request: Request) -> Response {
    handle::<session_list::browser::Form>(state, caller, request, Some(FormName::Sessions)).await
}

/// `POST /profile?form=…`
pub async fn profile(state: State<AppState>, caller: Caller, request: Request) -> Response {
    match profile_form_of(request.uri().query()) {
        Some(name @ (FormName::Details | FormName::Email)) => {
            handle::<profile::browser::ProfileForm>(state, caller, request, Some(name)).await
        }
        Some(name @ FormName::Password) => {
            handle::<profile::browser::PasswordForm>(state, caller, request, Some(name)).await
        }
        Some(name @ FormName::Deletion) => {
            handle::<profile::browser::DeletionForm>(state, caller, request, Some(name)).await
        }
        _ => {
            let wants = Wants::of(request.uri().path(), request.headers());
            refusal(&AuthError::NotFound, wants, Envelope::id_of(&request))
        }
    }
}

fn profile_form_of(query: Option<&str>) -> Option<FormName> {
    let name = first_value(query?.as_bytes(), paths::FORM)?;
    FormName::PROFILE.into_iter().find(|form| form.as_str() == name)
}

/// Of what kind a request says that its body is, in lower case and without parameters. Empty when it does not say, and when it
/// says two things: two readers would not agree on which one counts (API-3).
pub fn media_type(headers: &HeaderMap) -> String {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().filter(|_| kinds.next().is_none()).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase()
}

/// A form's body: urlencoded UTF-8, small, and in time.
///
/// # Errors
/// [`AuthError::UnsupportedMediaType`], also for JSON that calls itself a form, as `curl -d` does; [`AuthError::TooLarge`],
/// [`AuthError::Malformed`].
pub async fn read_form_body(headers: &HeaderMap, body: Body) -> Result<Bytes, AuthError> {
    if media_type(headers) != "application/x-www-form-urlencoded" {
        return Err(AuthError::UnsupportedMediaType);
    }
    let bytes = read_body(headers, body).await?;
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Err(AuthError::UnsupportedMediaType);
    }
    check_form(&bytes)?;
    Ok(bytes)
}

/// A form in another encoding than UTF-8 is refused: read with replacement characters, two passwords would become one (PWD-1).
///
/// # Errors
/// [`AuthError::Malformed`].
pub fn check_form(bytes: &[u8]) -> Result<(), AuthError> {
    percent_decode(bytes).decode_utf8().map(drop).map_err(|_| AuthError::Malformed)
}

/// A body of whatever kind: small, and in time.
///
/// # Errors
/// [`AuthError::TooLarge`], [`AuthError::Malformed`].
pub async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, AuthError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(AuthError::TooLarge);
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, MAX_BODY)).await;
    read.map_err(|_| AuthError::Malformed)?.map_err(|error| {
        let source = std::error::Error::source(&error);
        let too_large = source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if too_large { AuthError::TooLarge } else { AuthError::Malformed }
    })
}

async fn handle<F: BrowserForm>(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
    name: Option<FormName>,
) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = Envelope::id_in(&parts.extensions).to_owned();
    let wants = Wants::of(parts.uri.path(), &parts.headers);
    let body = match read_form_body(&parts.headers, body).await {
        Ok(body) => body,
        Err(error) => return refusal(&error, wants, &request_id),
    };
    let Ok(form) = serde_urlencoded::from_bytes::<F>(&body) else {
        return refusal(&AuthError::Malformed, wants, &request_id);
    };
    match form.submit(&state, &caller).await {
        Ok(answer) => see_other(&state, &answer),
        // The session has ended while the form was being filled in.
        Err(AuthError::Unauthenticated) => {
            page::to_sign_in(if name == Some(FormName::Sessions) { paths::SESSIONS } else { paths::PROFILE })
        }
        Err(error) => match name {
            Some(name) if wants == Wants::Page => show_again(&state, &caller, parts, &body, (name, error)).await,
            // Who reads no pages gets none. The sign-out button stands on every page and has none of its own.
            _ => refusal(&error, wants, &request_id),
        },
    }
}

fn see_other(state: &AppState, answer: &BrowserAnswer) -> Response {
    let mut response = redirect(answer.target());
    for (name, value) in answer.headers(state.cookies()) {
        response.headers_mut().append(name, value);
    }
    response
}

/// The page that the form stands on, with what was wrong and what was typed.
async fn show_again(
    state: &AppState,
    caller: &Caller,
    parts: Parts,
    body: &[u8],
    (name, mut error): (FormName, AuthError),
) -> Response {
    let typed = |name: &str| first_value(body, name);
    let values = KEPT.into_iter().filter_map(|field| Some((field, typed(field.as_str())?))).collect();
    let mut context = page::context(state, caller, &parts);
    context.next = typed(paths::NEXT).and_then(|next| SafePath::parse_next(&next)).map(|next| next.as_str().to_owned());
    match complete(state, caller, (name, &error), &mut context).await {
        Ok(()) => {}
        // Used or replaced in this very moment.
        Err(AuthError::LinkExpired) => error = AuthError::LinkExpired,
        Err(_) => {
            let wants = Wants::of(parts.uri.path(), &parts.headers);
            return refusal(&error, wants, Envelope::id_in(&parts.extensions));
        }
    }
    let status = browser_status(&error);
    context.refused = Some((name, FormState { error: Some(error.clone()), values }));
    let mut response = page::render(state, parts, context, status).await;
    retry_after(&error, response.headers_mut());
    response
}

/// What the page of a refused form shows besides the form.
async fn complete(
    state: &AppState,
    caller: &Caller,
    (name, error): (FormName, &AuthError),
    context: &mut PageContext,
) -> Result<(), AuthError> {
    match name {
        // The page of a link that does not work has no form; nor has it the form of another account, whose link came between.
        FormName::SetPassword if *error != AuthError::LinkExpired => {
            let linked = password_links::service::find(state, caller, caller.password_link.as_ref()).await?;
            context.linked_account = Some(linked);
        }
        FormName::Sessions => context.sessions = session_list::service::list(state, caller, ()).await?,
        _ => {}
    }
    Ok(())
}
