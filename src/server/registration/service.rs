//! The rule of registration. Every door leads here.
//!
//! 1. Sign-up must be open (REG-6).
//! 2. The attempt is counted where it comes from: its answer may tell who has an account here (REG-3).
//! 3. The account is made, as [`creation`] says.
//! 4. In a browser, its first session begins.

use crate::domain::{AccountView, AuthError, Password};
use crate::server::accounts::creation::{self, NewAccountFields};
use crate::server::caller::Caller;
use crate::server::crypto::DeviceToken;
use crate::server::limits::count_registration;
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
