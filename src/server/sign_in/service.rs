//! The rule of signing in. Every door leads here.
//!
//! 1. The password's bounds: too long is refused before any work is done on it.
//! 2. The hash of the password is looked up by e-mail or username, unless too much was guessed from there.
//! 3. The guess is counted and the password compared, as [`guesses`] says: with a stand-in when there is no account, so that both
//!    cost the same (LOG-2).
//! 4. An account that may not sign in looks like a wrong password (LOG-1).
//! 5. The account is read, and a session begins; in the same transaction the sign-in is noted and a weaker hash replaced.

use crate::domain::{AccountView, AuthError, Field, FieldErrors, Login, Password, Problem};
use crate::server::caller::Caller;
use crate::server::crypto::{DeviceToken, Verdict};
use crate::server::limits::guesses::{self, Claim};
use crate::server::sessions::service::{self as sessions, IssuedTokens, Means};
use crate::server::state::AppState;
use crate::server::store::AccountRow;

/// What somebody typed.
#[derive(Debug)]
pub struct Input {
    /// Username or e-mail address.
    pub username: String,
    /// Password.
    pub password: Password,
    /// What signs in.
    pub means: Means,
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: AccountView,
    /// Their new session's tokens.
    pub tokens: IssuedTokens,
    /// Lets a browser be known at its next sign-in; of no use to anybody else.
    pub device: DeviceToken,
}

/// Signs in.
///
/// # Errors
/// [`AuthError::Invalid`] for an empty field or an over-long password, [`AuthError::InvalidCredentials`] for anything
/// that is not a right password of an active account, [`AuthError::TooManyAttempts`], [`AuthError::Busy`],
/// [`AuthError::Unavailable`].
pub async fn sign_in(state: &AppState, caller: &Caller, input: Input) -> Result<SignedIn, AuthError> {
    check_bounds(&input)?;
    let login = Login::parse(&input.username).ok();
    // The second try is for a sign-in that another one overtook with a better hash of the same password.
    for _ in 0..2 {
        guesses::admit(state, caller).await?;
        let credential = match &login {
            Some(login) => state.store.credential_by_login(login).await?,
            None => None,
        };
        let claim = Claim::Named(credential.as_ref(), &input.username);
        let verdict = guesses::compare(state, caller, claim, input.password.clone()).await?;
        let (Some(credential), Verdict::Right { rehash }) = (credential, verdict) else { break };
        let Some(found) = state.store.account_by_id(credential.id).await? else { break };
        // The session begins only if this is still its hash.
        let account = AccountRow { password_hash: credential.password_hash, ..found };
        if let Some(tokens) = sessions::begin(state, caller, (&account, input.means), rehash.clone()).await? {
            // A device is known by the hash that stands from now on.
            let hash = rehash.as_ref().unwrap_or(&account.password_hash);
            let device = state.limits.devices.issue(account.view.id, hash)?;
            return Ok(SignedIn { account: account.view, tokens, device });
        }
    }
    Err(AuthError::InvalidCredentials)
}

/// Step 1.
fn check_bounds(input: &Input) -> Result<(), AuthError> {
    let mut errors = FieldErrors::default();
    if input.username.trim().is_empty() {
        errors.add(Field::Username, Problem::Required);
    }
    errors.take(Field::Password, input.password.check_bounds());
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}
