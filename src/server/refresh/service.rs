//! The rule of refreshing. The rotation itself is that of all sessions ([`sessions::rotate`]).

use crate::domain::AuthError;
use crate::server::caller::Caller;
use crate::server::crypto::SessionKind;
use crate::server::keys::ring::Disbelief;
use crate::server::sessions::service::{self as sessions, IssuedTokens};
use crate::server::state::AppState;

/// The next tokens of the session of an API client's refresh token. Whether the account is still active, and with which
/// roles, is asked anew (REF-5).
///
/// # Errors
/// [`AuthError::WrongTokenKind`] for an access token, [`AuthError::InvalidRefreshToken`] for anything else that carries no
/// session on; [`AuthError::Unavailable`].
pub async fn refresh(state: &AppState, _caller: &Caller, token: &str) -> Result<IssuedTokens, AuthError> {
    if let Some((_, tokens)) = sessions::rotate(state, token, SessionKind::Api).await? {
        return Ok(tokens);
    }
    match state.keys.read(token).await {
        Ok(_) => Err(AuthError::WrongTokenKind),
        Err(Disbelief::Failure(error)) => Err(error),
        Err(Disbelief::Token(_)) => Err(AuthError::InvalidRefreshToken),
    }
}
