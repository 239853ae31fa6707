//! The profile's forms, as both browser doors read them.

use serde::Deserialize;

use super::service::{self, DeletionInput, PasswordInput, ProfileInput};
use crate::domain::{AuthError, Notice, Password, SafePath};
use crate::paths;
use crate::server::browser::BrowserAnswer;
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The fields of the forms "details" and "e-mail": only what was sent is changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    /// New e-mail address.
    pub email: Option<String>,
    /// New username.
    pub username: Option<String>,
    /// New given name.
    pub first_name: Option<String>,
    /// New family name.
    pub last_name: Option<String>,
    /// Current password.
    pub current_password: Password,
}

/// The fields of the form "password".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    /// Current password.
    pub current_password: Password,
    /// New password.
    pub new_password: Password,
}

/// The fields of the form "deletion".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeletionForm {
    /// Current password.
    pub current_password: Password,
    /// `yes` when ticked.
    pub confirm: String,
}

/// Saves the profile.
///
/// # Errors
/// Those of [`service::update_profile`].
pub async fn submit_profile(state: &AppState, caller: &Caller, form: ProfileForm) -> Result<BrowserAnswer, AuthError> {
    let notice = if form.email.is_some() { Notice::EmailSaved } else { Notice::ProfileSaved };
    let input = ProfileInput {
        email: form.email,
        username: form.username,
        first_name: form.first_name,
        last_name: form.last_name,
        current_password: form.current_password,
    };
    service::update_profile(state, caller, input).await?;
    Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(notice))
}

/// Changes the password.
///
/// # Errors
/// Those of [`service::change_password`].
pub async fn submit_password(
    state: &AppState,
    caller: &Caller,
    form: PasswordForm,
) -> Result<BrowserAnswer, AuthError> {
    let input = PasswordInput { current_password: form.current_password, new_password: form.new_password };
    service::change_password(state, caller, input).await?;
    Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(Notice::PasswordChanged))
}

/// Deletes the account.
///
/// # Errors
/// Those of [`service::delete_account`].
pub async fn submit_deletion(
    state: &AppState,
    caller: &Caller,
    form: DeletionForm,
) -> Result<BrowserAnswer, AuthError> {
    let input = DeletionInput { current_password: form.current_password, confirmed: form.confirm == "yes" };
    service::delete_account(state, caller, input).await?;
    Ok(BrowserAnswer::go_to(SafePath::own(paths::LOGIN)).without_session().saying(Notice::AccountDeleted))
}
