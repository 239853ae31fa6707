//! The rule of registration. Every door leads here.
//!
//! 1. Sign-up must be open (REG-6).
//! 2. The attempt is counted where it comes from: its answer may tell who has an account here (REG-3).
//! 3. The account is made, as [`creation`] says.
//! 4. In a browser, its first session begins.
//!
//! While somebody is still choosing, [`check_username`] tells whether a username could be had.

use crate::domain::{AccountView, AuthError, Password, Problem, Username};
use crate::server::accounts::creation::{self, NewAccountFields};
use crate::server::caller::Caller;
use crate::server::crypto::DeviceToken;
use crate::server::limits::{count_registration, count_username_check};
use crate::server::sessions::service::{self as sessions, IssuedTokens, Means};
use crate::server::state::AppState;
use crate::server::store::AccountRow;

/// What somebody typed.
#[derive(Debug)]
pub struct Input {
    /// E-mail address.
    pub email: String,
    /// Username.
    pub username: String,
    /// Password.
    pub password: Password,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
}

/// A new account, signed in.
#[derive(Debug)]
pub struct Registered {
    /// The account.
    pub account: AccountView,
    /// Its first session's tokens.
    pub tokens: IssuedTokens,
    /// Lets the browser be known at its next sign-in.
    pub device: DeviceToken,
}

/// Registers and signs the browser in.
///
/// # Errors
/// Those of [`register`].
pub async fn sign_up(state: &AppState, caller: &Caller, input: Input) -> Result<Registered, AuthError> {
    let account = register(state, caller, input).await?;
    let begun = sessions::begin(state, caller, (&account, Means::BROWSER), None).await?;
    let tokens = begun.ok_or(AuthError::Unauthenticated)?;
    let device = state.limits.devices.issue(account.view.id, &account.password_hash)?;
    Ok(Registered { account: account.view, tokens, device })
}

/// Makes an account for whoever asks, and no session.
///
/// # Errors
/// [`AuthError::SignUpClosed`], [`AuthError::TooManyAttempts`], [`AuthError::Invalid`] with every refused field,
/// [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn register(state: &AppState, caller: &Caller, input: Input) -> Result<AccountRow, AuthError> {
    if !state.is_sign_up_open() {
        return Err(AuthError::SignUpClosed);
    }
    count_registration(state, caller).await?;
    let fields = NewAccountFields {
        email: input.email,
        username: input.username,
        password: Some(input.password),
        first_name: input.first_name,
        last_name: input.last_name,
        role: None,
    };
    creation::create(state, fields).await
}

/// A username that somebody thinks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It could be had.
    Free,
    /// They have it.
    Own,
    /// It could not be had.
    Wrong(Problem),
}

impl Choice {
    /// What is wrong with it.
    pub const fn problem(self) -> Option<Problem> {
        match self {
            Self::Free | Self::Own => None,
            Self::Wrong(problem) => Some(problem),
        }
    }
}

/// What there is to say of a username before anybody takes it. It tells no more than taking it would, by registering or in the profile,
/// and nothing of e-mail addresses: a username has no `@`. Who asks too often is told nothing more for a while.
///
/// # Errors
/// [`AuthError::SignUpClosed`] for who could not take it, [`AuthError::TooManyAttempts`], [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn check_username(state: &AppState, caller: &Caller, typed: &str) -> Result<Choice, AuthError> {
    if !state.is_sign_up_open() && caller.session.is_none() {
        return Err(AuthError::SignUpClosed);
    }
    let username = match Username::parse(typed) {
        Ok(username) => username,
        Err(problem) => return Ok(Choice::Wrong(problem)),
    };
    let own = caller.viewer().and_then(|viewer| Username::parse(&viewer.account.username).ok());
    if own.is_some_and(|own| own.canonical() == username.canonical()) {
        return Ok(Choice::Own);
    }
    count_username_check(state, caller).await?;
    let is_taken = state.store.is_username_taken(&username).await?;
    Ok(if is_taken { Choice::Wrong(Problem::Taken) } else { Choice::Free })
}
