//! The rules of the profile. Every door leads here.
//!
//! - [`update_profile`]: username and names freely; the e-mail address only with a proof.
//! - [`change_password`]: only with the current password; all other sessions end, and a browser's own is replaced (RST-1,
//!   SES-2). An API client's own goes on with the tokens it has: the answer has no room for others.
//! - [`delete_account`]: only with a proof and a clear yes; everything goes (PRV-2).
//!
//! A proof is the current password, or else a sign-in less than five minutes ago (EML-2, ASVS 7.5.1). Who sends a password
//! is judged by it: our forms always do, so that nobody changes much at a screen that was left alone for a minute. A wrong one
//! counts like one at sign-in (LOG-3).
//!
//! What was proved must still be true at the write: each is conditional on the caller's session and, where a password was
//! asked for, on that password.

use crate::domain::{
    AccountView, AuthError, EmailAddress, Field, FieldErrors, NewPassword, Password, PersonName, Problem, Username,
};
use crate::server::caller::Caller;
use crate::server::crypto::{DeviceToken, SessionKind, Verdict};
use crate::server::limits::guesses::{self, Claim};
use crate::server::passwords::refuse_common;
use crate::server::sessions::service::{self as sessions, IssuedTokens};
use crate::server::state::AppState;
use crate::server::store::{AccountChanges, AccountRow, Deletion, SessionRow};

/// How often a conditional write is tried: once more than it can be overtaken by a harmless change.
const TRIES: u32 = 2;

/// What to change; `None` leaves a value as it is, an empty name removes it.
#[derive(Debug, Default)]
pub struct ProfileInput {
    /// New e-mail address.
    pub email: Option<String>,
    /// New username.
    pub username: Option<String>,
    /// New given name.
    pub first_name: Option<String>,
    /// New family name.
    pub last_name: Option<String>,
    /// Proves who asks when the e-mail address changes.
    pub current_password: Option<Password>,
}

/// The account after a change, and what was changed.
#[derive(Debug)]
pub struct Updated {
    /// What was saved.
    pub saved: Saved,
    /// As it is now.
    pub account: AccountView,
}

/// What was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The e-mail address, perhaps among others.
    Email,
    /// Anything else, or nothing new.
    Details,
}

/// The old password and the new one.
#[derive(Debug)]
pub struct PasswordInput {
    /// Proves who asks.
    pub current_password: Password,
    /// The one to change to.
    pub new_password: Password,
}

/// A wish to go.
#[derive(Debug)]
pub struct DeletionInput {
    /// Proves who asks.
    pub current_password: Option<Password>,
    /// Whether the box was ticked, or the request says it by itself.
    pub confirmed: bool,
}

/// The caller's account.
///
/// # Errors
/// [`AuthError::Unauthenticated`], or why the caller's token was not believed.
pub async fn show(_state: &AppState, caller: &Caller, _input: ()) -> Result<AccountView, AuthError> {
    Ok(caller.require_session()?.account.view.clone())
}

/// Changes the caller's profile.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] with every refused field, among them a wrong `current_password`
/// when the e-mail address changes; [`AuthError::ReauthenticationRequired`] when it changes without a proof.
pub async fn update_profile(state: &AppState, caller: &Caller, input: ProfileInput) -> Result<Updated, AuthError> {
    let mut session = caller.require_session()?.clone();
    let mut changes = parse(&input)?;
    changes.email = changes.email.filter(|email| email.as_str() != session.account.view.email);
    let is_sensitive = changes.email.is_some();
    let proof = input.current_password.as_ref().filter(|_| is_sensitive);
    if is_sensitive {
        prove(state, caller, &session, proof).await?;
    }
    for _ in 0..TRIES {
        if state.store.update_account(&session.account, &session.id, &changes, state.clock.now()).await? {
            let now = sessions::by_id(state, &session.id).await?.ok_or(AuthError::Unauthenticated)?;
            let saved = if is_sensitive { Saved::Email } else { Saved::Details };
            return Ok(Updated { saved, account: now.account.view });
        }
        session = believed_again(state, caller, &session, proof).await?;
    }
    Err(AuthError::Unauthenticated)
}

fn parse(input: &ProfileInput) -> Result<AccountChanges, AuthError> {
    let mut errors = FieldErrors::default();
    let mut name =
        |field, given: &Option<String>| given.as_deref().and_then(|text| errors.take(field, PersonName::parse(text)));
    let first_name = name(Field::FirstName, &input.first_name);
    let last_name = name(Field::LastName, &input.last_name);
    let email = input.email.as_deref().and_then(|text| errors.take(Field::Email, EmailAddress::parse(text)));
    let username = input.username.as_deref().and_then(|text| errors.take(Field::Username, Username::parse(text)));
    // Also where it is not asked for: how long it may be does not depend on the other fields. Whether it may be empty does.
    if let Some(Err(problem @ Problem::TooLong(_))) = input.current_password.as_ref().map(Password::check_bounds) {
        errors.add(Field::CurrentPassword, problem);
    }
    let changes = AccountChanges { email, username, first_name, last_name };
    if errors.is_empty() { Ok(changes) } else { Err(errors.into()) }
}

/// Changes the caller's password and ends all of their other sessions. A browser gets a new one in place of its own; that of
/// an API client goes on, and nothing is given.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] for a wrong current or an unfit new password;
/// [`AuthError::TooManyAttempts`].
pub async fn change_password(
    state: &AppState,
    caller: &Caller,
    input: PasswordInput,
) -> Result<Option<(IssuedTokens, DeviceToken)>, AuthError> {
    let session = caller.require_session()?;
    let mut errors = FieldErrors::default();
    errors.take(Field::CurrentPassword, input.current_password.check_bounds());
    let new = errors.take(Field::NewPassword, NewPassword::parse(input.new_password, state.password_policy()));
    let Some(new) = new.filter(|_| errors.is_empty()) else { return Err(errors.into()) };
    let mut session = session.clone();
    prove_identity(state, caller, &session.account, input.current_password.clone()).await?;
    refuse_common(state, Field::NewPassword, &new, &session.account.view.own_words()).await?;
    let new_hash = state.hasher.hash(&new).await?;
    for _ in 0..TRIES {
        match session.kind {
            SessionKind::Browser => {
                let begun = sessions::begin_with_new_password(state, caller, &session, &new_hash).await?;
                if let Some(tokens) = begun {
                    // The new password has voided every device, this one too.
                    let device = state.limits.devices.issue(session.account.view.id, &new_hash)?;
                    return Ok(Some((tokens, device)));
                }
            }
            SessionKind::Api => {
                if sessions::keep_with_new_password(state, &session, &new_hash).await? {
                    return Ok(None);
                }
            }
        }
        session = believed_again(state, caller, &session, Some(&input.current_password)).await?;
    }
    Err(AuthError::Unauthenticated)
}

/// Deletes the caller's account with everything that hangs on it.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] for a wrong password or a missing yes;
/// [`AuthError::ReauthenticationRequired`] without a proof; [`AuthError::LastAdmin`].
pub async fn delete_account(state: &AppState, caller: &Caller, input: DeletionInput) -> Result<(), AuthError> {
    let mut session = caller.require_session()?.clone();
    let mut errors = FieldErrors::default();
    let proof = input.current_password.as_ref();
    errors.take(Field::CurrentPassword, proof.map_or(Ok(()), Password::check_bounds));
    if !input.confirmed {
        errors.add(Field::Confirm, Problem::Required);
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    prove(state, caller, &session, proof).await?;
    for _ in 0..TRIES {
        match state.store.delete_account(&session.account, &session.id).await? {
            Deletion::Done => return Ok(()),
            Deletion::LastAdmin => return Err(AuthError::LastAdmin),
            Deletion::Overtaken => session = believed_again(state, caller, &session, proof).await?,
        }
    }
    Err(AuthError::Unauthenticated)
}

/// The session as it is now, after a write found that something had changed: a sign-in elsewhere may have replaced the
/// password's hash by a better one. Ended, or no longer of this password: refused.
async fn believed_again(
    state: &AppState,
    caller: &Caller,
    session: &SessionRow,
    proof: Option<&Password>,
) -> Result<SessionRow, AuthError> {
    let session = sessions::by_id(state, &session.id).await?.ok_or(AuthError::Unauthenticated)?;
    if let Some(password) = proof {
        prove_identity(state, caller, &session.account, password.clone()).await?;
    }
    Ok(session)
}

/// Makes sure that it is the owner who asks: by the password they sent, or else by how lately they signed in.
async fn prove(
    state: &AppState,
    caller: &Caller,
    session: &SessionRow,
    password: Option<&Password>,
) -> Result<(), AuthError> {
    match password {
        Some(password) => prove_identity(state, caller, &session.account, password.clone()).await,
        None if sessions::is_fresh(state, session) => Ok(()),
        None => Err(AuthError::ReauthenticationRequired),
    }
}

/// Compares `password` with the account's; a wrong one is the field's fault, not the session's.
async fn prove_identity(
    state: &AppState,
    caller: &Caller,
    account: &AccountRow,
    password: Password,
) -> Result<(), AuthError> {
    password.check_bounds().map_err(|problem| (Field::CurrentPassword, problem))?;
    match guesses::compare(state, caller, Claim::Own(account), password).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => Err((Field::CurrentPassword, Problem::Wrong).into()),
    }
}
