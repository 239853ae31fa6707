//! `/users/me/sessions` and `/users/{id}/sessions`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::service;
use crate::domain::{SessionEnd, SessionView, text};
use crate::paths;
use crate::server::accounts::rest::{Administrator, Number};
use crate::server::accounts::service::{self as accounts, Who, Whose};
use crate::server::crypto::SessionKind;
use crate::server::language;
use crate::server::rest::bearer::Bearer;
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::refused::{NoAdministrator, NoSuchAccount};
use crate::server::state::AppState;
use crate::server::store::Ending;

/// A session: somebody signed in, somewhere, until it ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Names it, as `sid` does in its access tokens; it opens nothing.
    #[schema(example = "fYk1xgRrT0S7sJc9yHqbZA")]
    pub id: String,
    /// What uses it: `browser`, or `api` for a client of this API.
    #[schema(example = "browser")]
    pub kind: &'static str,
    /// The client in words, in the language of the request, as far as it says who it is.
    #[schema(example = "Firefox on Linux")]
    pub client: String,
    /// What the client called itself at the sign-in.
    #[schema(
        max_length = 512,
        required = true,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
    )]
    pub user_agent: Option<String>,
    /// Where its owner signed in from.
    #[schema(required = true, example = "203.0.113.7")]
    pub address: Option<String>,
    /// Whether the token that asks belongs to it.
    pub is_current: bool,
    /// Whether a browser keeps it when it is closed.
    pub is_kept: bool,
    /// When its owner signed in (UTC).
    #[schema(format = DateTime, example = "2026-11-22T15:07:00.25Z")]
    pub created_at: String,
    /// When it was last refreshed (UTC).
    #[schema(format = DateTime, example = "2026-11-22T15:17:00.5Z")]
    pub last_seen_at: String,
    /// When it ends unless it is refreshed (UTC).
    #[schema(format = DateTime, example = "2026-11-23T15:17:00.5Z")]
    pub expires_at: String,
    /// When it ended (UTC); null while it can be used.
    #[schema(format = DateTime, required = true, example = json!(null))]
    pub ended_at: Option<String>,
    /// Why it ended, such as `signed_out`, `idle`, `password_changed`; `reuse` means that somebody had a copy of its refresh token.
    #[schema(required = true, example = json!(null))]
    pub end_reason: Option<&'static str>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        let kind = if view.is_browser { SessionKind::Browser } else { SessionKind::Api };
        Self {
            client: text::sessions::client(language::current(), &view.client),
            id: view.id,
            kind: kind.as_str(),
            user_agent: view.user_agent,
            address: view.address,
            is_current: view.is_current,
            is_kept: view.is_kept,
            created_at: view.created_at.to_rfc3339(),
            last_seen_at: view.last_seen_at.to_rfc3339(),
            expires_at: view.expires_at.to_rfc3339(),
            ended_at: view.end.map(|SessionEnd { at, .. }| at.to_rfc3339()),
            end_reason: view.end.map(|SessionEnd { reason, .. }| reason.as_str()),
        }
    }
}

/// The sessions of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// Those that can be used, the asking one first; then those that ended in the last 30 days, at most 20.
    pub items: Vec<Session>,
}

impl From<Vec<SessionView>> for SessionList {
    fn from(views: Vec<SessionView>) -> Self {
        Self { items: views.into_iter().map(Session::from).collect() }
    }
}

/// List your sessions
///
/// Where your account is signed in, and what became of the last ones.
#[utoipa::path(
    get,
    path = paths::api::MY_SESSIONS,
    tag = "Session",
    operation_id = "list_my_sessions",
    security(("OAuth2PasswordBearer" = [])),
    responses((status = 200, description = "Your sessions.", body = SessionList))
)]
pub async fn list(State(state): State<AppState>, Bearer(caller): Bearer) -> Result<Json<SessionList>, Refusal> {
    Ok(Json(service::list(&state, &caller, ()).await?.into()))
}

/// End your other sessions
///
/// All but the one that asks. None of their tokens works any more.
#[utoipa::path(
    delete,
    path = paths::api::MY_SESSIONS,
    tag = "Session",
    operation_id = "end_my_other_sessions",
    security(("OAuth2PasswordBearer" = [])),
    responses((status = 204, description = "There is no other session any more."))
)]
pub async fn end_others(State(state): State<AppState>, Bearer(caller): Bearer) -> Result<StatusCode, Refusal> {
    service::end(&state, &caller, Ending::Others).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of your sessions
///
/// Also the one that asks: then it signs out. None of its tokens works any more. One that has ended already is fine.
#[utoipa::path(
    delete,
    path = paths::api::MY_SESSION,
    tag = "Session",
    operation_id = "end_my_session",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = String, Path, max_length = 64, description = "The session's `id`.")),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 404, description = "You have no such session.", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn end(
    State(state): State<AppState>,
    Bearer(caller): Bearer,
    Number(id): Number,
) -> Result<StatusCode, Refusal> {
    service::end(&state, &caller, Ending::One(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List somebody's sessions
#[utoipa::path(
    get,
    path = paths::api::USER_SESSIONS,
    tag = "Administration",
    operation_id = "list_user_sessions",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    responses(
        (status = 200, description = "Their sessions.", body = SessionList),
        NoAdministrator,
        NoSuchAccount
    )
)]
pub async fn list_of_user(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
) -> Result<Json<SessionList>, Refusal> {
    Ok(Json(accounts::sessions(&state, &caller, Who::Id(&id)).await?.into()))
}

/// End all of somebody's sessions
///
/// None of their tokens works any more. They may sign in again: `PATCH /users/{id}` with `is_active` keeps them from it.
#[utoipa::path(
    delete,
    path = paths::api::USER_SESSIONS,
    tag = "Administration",
    operation_id = "end_user_sessions",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    responses(
        (status = 204, description = "They are signed out everywhere."),
        NoAdministrator,
        NoSuchAccount
    )
)]
pub async fn end_of_user(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
) -> Result<StatusCode, Refusal> {
    accounts::sign_out(&state, &caller, Whose::Account(Who::Id(&id))).await?;
    Ok(StatusCode::NO_CONTENT)
}
