//! The rules of the profile. Every door leads here.
//!
//! - [`update_profile`]: username and names freely; the e-mail address only with the current password.
//! - [`change_password`]: only with the current password; all sessions end and the caller gets a new one (RST-1, SES-2).
//!
//! What was proved must still be true at the write: each is conditional on the caller's session and, where a password was
//! asked for, on that password.
//! - [`delete_account`]: only with the current password and a clear yes; everything goes (PRV-2).

use crate::domain::{
    AccountView, AuthError, EmailAddress, Field, FieldErrors, NewPassword, Password, PersonName, Problem, Username,
};
use crate::server::caller::Caller;
use crate::server::crypto::Verdict;
use crate::server::passwords::refuse_common;
use crate::server::sessions::service::{self as sessions, IssuedTokens};
use crate::server::state::AppState;
use crate::server::store::{AccountChanges, AccountRow, Deletion};

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
pub async fn update_profile(state: &AppState, caller: &Caller, input: ProfileInput) -> Result<(), AuthError> {
    let session = caller.require_session()?;
    let account = &session.account;
    let mut changes = parse(&input)?;
    changes.email = changes.email.filter(|email| email.as_str() != account.view.email);
    if changes.email.is_some() {
        prove_identity(state, account, input.current_password).await?;
    }
    let done = state.store.update_account(account, &session.id, &changes, state.clock.now()).await?;
    if done { Ok(()) } else { Err(AuthError::Unauthenticated) }
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
    refuse_common(state, Field::NewPassword, &new, own_words(&session.account.view)).await?;
    let new_hash = state.hasher.hash(&new).await?;
    // The second try is for a change that a sign-in overtook with a better hash of the same password.
    for _ in 0..2 {
        if let Some(tokens) = sessions::begin_with_new_password(state, caller, &session, &new_hash).await? {
            return Ok(tokens);
        }
        let again = sessions::by_id(state, &session.id).await?;
        session = again.ok_or(AuthError::Unauthenticated)?;
        prove_identity(state, &session.account, input.current_password.clone()).await?;
    }
    Err(AuthError::Unauthenticated)
}

fn own_words(account: &AccountView) -> Vec<String> {
    let names = [account.first_name.clone(), account.last_name.clone()].into_iter().flatten();
    [account.email.clone(), account.username.clone()].into_iter().chain(names).collect()
}

/// Deletes the caller's account with everything that hangs on it.
///
/// # Errors
/// [`AuthError::Unauthenticated`]; [`AuthError::Invalid`] for a wrong password or a missing yes;
/// [`AuthError::LastAdmin`].
pub async fn delete_account(state: &AppState, caller: &Caller, input: DeletionInput) -> Result<(), AuthError> {
    let session = caller.require_session()?;
    let account = &session.account;
    let mut errors = FieldErrors::default();
    errors.take(Field::CurrentPassword, input.current_password.check_bounds());
    if !input.confirmed {
        errors.add(Field::Confirm, Problem::Required);
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    prove_identity(state, account, input.current_password).await?;
    match state.store.delete_account(account, &session.id).await? {
        Deletion::Done => Ok(()),
        Deletion::LastAdmin => Err(AuthError::LastAdmin),
        Deletion::Overtaken => Err(AuthError::Unauthenticated),
    }
}

/// Compares `password` with the account's; a wrong one is the field's fault, not the session's.
async fn prove_identity(state: &AppState, account: &AccountRow, password: Password) -> Result<(), AuthError> {
    password.check_bounds().map_err(|problem| (Field::CurrentPassword, problem))?;
    match state.hasher.verify(Some(account.password_hash.clone()), password).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => Err((Field::CurrentPassword, Problem::Wrong).into()),
    }
}
