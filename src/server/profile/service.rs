//! The rules of the profile. Every door leads here.
//!
//! - [`update_profile`]: username and names freely; the e-mail address only with the current password.
//! - [`change_password`]: only with the current password; all sessions end and the caller gets a new one (RST-1, SES-2).
//! - [`delete_account`]: only with the current password and a clear yes; everything goes (PRV-2).
//!
//! What was proved must still be true at the write: each is conditional on the caller's session and, where a password was
//! asked for, on that password.

use crate::domain::{
    AuthError, EmailAddress, Field, FieldErrors, NewPassword, Password, PersonName, Problem, Username,
};
use crate::server::caller::Caller;
use crate::server::crypto::Verdict;
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
    pub current_password: Password,
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
    pub current_password: Password,
    /// Whether the box was ticked.
    pub confirmed: bool,
}

/// Changes the caller's profile.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] with every refused field, among them a wrong or missing
/// `current_password` when the e-mail address changes.
pub async fn update_profile(state: &AppState, caller: &Caller, input: ProfileInput) -> Result<Saved, AuthError> {
    let mut session = caller.require_session()?.clone();
    let mut changes = parse(&input)?;
    changes.email = changes.email.filter(|email| email.as_str() != session.account.view.email);
    let proof = changes.email.is_some().then_some(input.current_password);
    if let Some(password) = &proof {
        prove_identity(state, &session.account, password.clone()).await?;
    }
    for _ in 0..TRIES {
        if state.store.update_account(&session.account, &session.id, &changes, state.clock.now()).await? {
            return Ok(if proof.is_some() { Saved::Email } else { Saved::Details });
        }
        session = believed_again(state, &session, proof.as_ref()).await?;
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
    let changes = AccountChanges { email, username, first_name, last_name };
    if errors.is_empty() { Ok(changes) } else { Err(errors.into()) }
}

/// Changes the caller's password, ends all of their sessions and begins a new one for the caller.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] for a wrong current or an unfit new password.
pub async fn change_password(
    state: &AppState,
    caller: &Caller,
    input: PasswordInput,
) -> Result<IssuedTokens, AuthError> {
    let session = caller.require_session()?;
    let mut errors = FieldErrors::default();
    errors.take(Field::CurrentPassword, input.current_password.check_bounds());
    let new = errors.take(Field::NewPassword, NewPassword::parse(input.new_password, state.password_policy()));
    let Some(new) = new.filter(|_| errors.is_empty()) else { return Err(errors.into()) };
    let mut session = session.clone();
    prove_identity(state, &session.account, input.current_password.clone()).await?;
    refuse_common(state, Field::NewPassword, &new, &session.account.view.own_words()).await?;
    let new_hash = state.hasher.hash(&new).await?;
    for _ in 0..TRIES {
        if let Some(tokens) = sessions::begin_with_new_password(state, caller, &session, &new_hash).await? {
            return Ok(tokens);
        }
        session = believed_again(state, &session, Some(&input.current_password)).await?;
    }
    Err(AuthError::Unauthenticated)
}

/// Deletes the caller's account with everything that hangs on it.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] for a wrong password or a missing yes;
/// [`AuthError::LastAdmin`].
pub async fn delete_account(state: &AppState, caller: &Caller, input: DeletionInput) -> Result<(), AuthError> {
    let mut session = caller.require_session()?.clone();
    let mut errors = FieldErrors::default();
    errors.take(Field::CurrentPassword, input.current_password.check_bounds());
    if !input.confirmed {
        errors.add(Field::Confirm, Problem::Required);
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    prove_identity(state, &session.account, input.current_password.clone()).await?;
    for _ in 0..TRIES {
        match state.store.delete_account(&session.account, &session.id).await? {
            Deletion::Done => return Ok(()),
            Deletion::LastAdmin => return Err(AuthError::LastAdmin),
            Deletion::Overtaken => session = believed_again(state, &session, Some(&input.current_password)).await?,
        }
    }
    Err(AuthError::Unauthenticated)
}

/// The session as it is now, after a write found that something had changed: a sign-in elsewhere may have replaced the
/// password's hash by a better one. Ended, or no longer of this password: refused.
async fn believed_again(
    state: &AppState,
    session: &SessionRow,
    proof: Option<&Password>,
) -> Result<SessionRow, AuthError> {
    let session = sessions::by_id(state, &session.id).await?.ok_or(AuthError::Unauthenticated)?;
    if let Some(password) = proof {
        prove_identity(state, &session.account, password.clone()).await?;
    }
    Ok(session)
}

/// Compares `password` with the account's; a wrong one is the field's fault, not the session's.
async fn prove_identity(state: &AppState, account: &AccountRow, password: Password) -> Result<(), AuthError> {
    password.check_bounds().map_err(|problem| (Field::CurrentPassword, problem))?;
    match state.hasher.verify(Some(account.password_hash.clone()), password).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => Err((Field::CurrentPassword, Problem::Wrong).into()),
    }
}
