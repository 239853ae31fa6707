//! The rules of the list of sessions. Every door leads here.
//!
//! - [`list`]: those that can be used, the caller's own first; then those that ended lately, with the reason (SES-4).
//! - [`end`]: one of them, or all but the caller's own. Somebody else's session is like one that is not there (AUZ-2); one
//!   that has ended already is fine, and keeps its reason.
//!
//! The caller's session must still be live when it is written, as everywhere.

use crate::domain::{AccountId, AuthError, EndReason, SessionEnd, SessionView, Timestamp};
use crate::server::caller::Caller;
use crate::server::crypto::SessionKind;
use crate::server::logging::AUDIT;
use crate::server::sessions::client::client_name;
use crate::server::state::AppState;
use crate::server::store::{Ending, Outcome, SessionSummary};

/// For so long somebody is told of a session that has ended.
const TOLD_SECONDS: i64 = 30 * 24 * 60 * 60;
/// So many of those that have ended are told, the last ones.
const TOLD: u8 = 20;

/// The caller's sessions.
///
/// # Errors
/// [`AuthError::Unauthenticated`], [`AuthError::Unavailable`].
pub async fn list(state: &AppState, caller: &Caller, _input: ()) -> Result<Vec<SessionView>, AuthError> {
    let own = caller.require_session()?;
    of_account(state, caller, own.account.view.id).await
}

/// The sessions of an account, for whoever was let in to see them.
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn of_account(state: &AppState, caller: &Caller, account: AccountId) -> Result<Vec<SessionView>, AuthError> {
    let now = state.clock.now();
    let own = caller.session.as_ref().map(|session| session.id.as_str());
    let live = state.store.live_sessions(account, now).await?;
    let gone = state.store.gone_sessions(account, (now, now.plus_seconds(-TOLD_SECONDS)), TOLD).await?;
    let mut views: Vec<_> = live.into_iter().chain(gone).map(|session| view(session, own, now)).collect();
    // The sort is stable: the last used stay in front.
    views.sort_by_key(|session| (session.end.is_some(), !session.is_current));
    Ok(views)
}

/// Ends one of the caller's sessions, or all others. Whether it was the caller's own.
///
/// # Errors
/// [`AuthError::Unauthenticated`], also when the caller's session ended while they asked; [`AuthError::NotFound`] for no
/// session of theirs; [`AuthError::Unavailable`].
pub async fn end(state: &AppState, caller: &Caller, which: Ending<'_>) -> Result<bool, AuthError> {
    let own = caller.require_session()?;
    if matches!(which, Ending::One(id) if !is_id(id)) {
        return Err(AuthError::NotFound);
    }
    match state.store.end_own_sessions(own, which, state.clock.now()).await? {
        Outcome::Done(()) => {}
        Outcome::Gone => return Err(AuthError::NotFound),
        Outcome::Disbelieved | Outcome::LastAdmin => return Err(AuthError::Unauthenticated),
    }
    let account = own.account.view.id.get();
    match which {
        Ending::One(_) => tracing::info!(target: AUDIT, account, "account {account} ended one of its sessions"),
        Ending::Others => tracing::info!(target: AUDIT, account, "account {account} ended all of its other sessions"),
    }
    Ok(matches!(which, Ending::One(id) if id == own.id))
}

/// Whether a text can name a session at all: no database need be asked about others, which some would refuse (API-4).
fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn view(session: SessionSummary, own: Option<&str>, now: Timestamp) -> SessionView {
    let end = session.end.or_else(|| run_out(&session, now));
    SessionView {
        client: client_name(session.user_agent.as_deref()),
        is_browser: session.kind == SessionKind::Browser.as_str(),
        is_current: own == Some(&session.id) && end.is_none(),
        expires_at: session.idle_expires_at.min(session.expires_at),
        id: session.id,
        user_agent: session.user_agent,
        is_kept: session.is_kept,
        address: session.address,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        end,
    }
}

/// A session whose time is over; nobody wrote that down.
fn run_out(session: &SessionSummary, now: Timestamp) -> Option<SessionEnd> {
    let (at, reason) = if session.idle_expires_at < session.expires_at {
        (session.idle_expires_at, EndReason::Idle)
    } else {
        (session.expires_at, EndReason::TooOld)
    };
    (at <= now).then_some(SessionEnd { at, reason })
}
