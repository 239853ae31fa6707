//! The rule of signing out: a session ends, so that none of its tokens works any more. Doing it twice is fine.

use crate::domain::{AuthError, EndReason};
use crate::server::caller::Caller;
use crate::server::crypto::SessionKind;
use crate::server::sessions::service as sessions;
use crate::server::state::AppState;

/// Ends the caller's session.
///
/// # Errors
/// [`AuthError::Unavailable`]: an outage is never reported as a sign-out (OUT-3).
pub async fn sign_out(state: &AppState, caller: &Caller) -> Result<(), AuthError> {
    match &caller.session {
        Some(session) => end(state, &session.id).await,
        None => Ok(()),
    }
}

/// Ends the session of an API client's refresh token. A token of no session is fine: what is asked for is so already
/// (RFC 7009 §2.2).
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn sign_out_by_refresh_token(state: &AppState, caller: &Caller, token: &str) -> Result<(), AuthError> {
    if let Some(session) = sessions::by_refresh_token(state, token, SessionKind::Api).await? {
        return end(state, &session.id).await;
    }
    // RFC 7009 §2.1: who mixes the two up means the same session.
    match sign_out_by_access_token(state, caller, token).await {
        Err(error @ (AuthError::Unavailable | AuthError::Internal)) => Err(error),
        _ => Ok(()),
    }
}

/// Ends the session of an API client's access token, which may have expired: who wants to leave need not first come in
/// again (OUT-1).
///
/// # Errors
/// [`AuthError::InvalidToken`], [`AuthError::WrongTokenKind`], [`AuthError::InactiveAccount`], [`AuthError::Unavailable`].
pub async fn sign_out_by_access_token(state: &AppState, _caller: &Caller, token: &str) -> Result<(), AuthError> {
    match sessions::by_access_token_of_any_age(state, token, SessionKind::Api).await? {
        Some(session) => end(state, &session.id).await,
        None => Ok(()),
    }
}

async fn end(state: &AppState, session: &str) -> Result<(), AuthError> {
    Ok(state.store.end_session(session, EndReason::SignedOut, state.clock.now()).await?)
}
