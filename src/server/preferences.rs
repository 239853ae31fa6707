//! How a visitor likes the pages: their language and their colours, in cookies, so that the server draws them right at once.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::cookies::Name;
use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::form_post::read_form_body;
use super::redirect::{first_value, redirect};
use super::state::AppState;
use crate::domain::{AuthError, Language, SafePath, Theme};
use crate::paths;

/// `POST /preferences`: keeps what was pressed, and goes back to where it was.
pub async fn keep(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let wants = Wants::of(parts.uri.path(), &parts.headers);
    let request_id = Envelope::id_in(&parts.extensions);
    let body = match read_form_body(&parts.headers, body).await {
        Ok(body) => body,
        Err(error) => return refusal(&error, wants, request_id),
    };
    let value = |name| first_value(&body, name);
    let cookies = state.cookies();
    let language = value(paths::LANGUAGE).and_then(|tag| Language::parse(&tag));
    // Whatever is no theme is that of the system.
    let theme = value(paths::THEME).map(|name| Theme::parse(&name).map_or("", Theme::as_str));
    let kept: Vec<HeaderValue> = [
        language.and_then(|language| cookies.keep_preference(Name::Language, language.tag())),
        theme.and_then(|theme| cookies.keep_preference(Name::Theme, theme)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if kept.is_empty() {
        return refusal(&AuthError::Malformed, wants, request_id);
    }
    let back = value(paths::NEXT).and_then(|next| SafePath::parse(&next));
    let mut response = redirect(&back.unwrap_or_else(|| SafePath::own(paths::HOME)));
    for cookie in kept {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
