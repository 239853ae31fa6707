//! The browser's doors to the profile.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError, Sent};

/// Changes what was sent and leaves the rest.
///
/// # Errors
/// Those of `server/profile/service.rs`.
#[server(prefix = "/rpc", endpoint = "update_profile")]
pub async fn update_profile(
    #[server(default)] email: Sent,
    #[server(default)] username: Sent,
    #[server(default)] first_name: Sent,
    #[server(default)] last_name: Sent,
    #[server(default)] current_password: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{profile::browser::ProfileForm, rpc};
    let current_password = current_password.into();
    rpc::answer(ProfileForm { email, username, first_name, last_name, current_password }).await
}

/// Changes the password and ends the other sessions.
///
/// # Errors
/// Those of `server/profile/service.rs`.
#[server(prefix = "/rpc", endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{profile::browser::PasswordForm, rpc};
    let (current_password, new_password) = (current_password.into(), new_password.into());
    rpc::answer(PasswordForm { current_password, new_password }).await
}

/// Deletes the account.
///
/// # Errors
/// Those of `server/profile/service.rs`.
#[server(prefix = "/rpc", endpoint = "delete_account")]
pub async fn delete_account(
    #[server(default)] current_password: String,
    #[server(default)] confirm: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{profile::browser::DeletionForm, rpc};
    rpc::answer(DeletionForm { current_password: current_password.into(), confirm }).await
}
