//! The rule of signing out: the caller's session ends, so that none of its tokens works any more. Doing it twice is fine.

use crate::domain::AuthError;
use crate::server::caller::Caller;
use crate::server::state::AppState;
use crate::server::store::EndReason;

/// Ends the caller's session.
///
/// # Errors
/// [`AuthError::Unavailable`]: an outage is never reported as a sign-out (OUT-3).
pub async fn sign_out(state: &AppState, caller: &Caller) -> Result<(), AuthError> {
    if let Some(session) = &caller.session {
        state.store.end_session(&session.id, EndReason::SignedOut, state.clock.now()).await?;
    }
    Ok(())
}
