//! The profile's forms, as both browser doors read them.

use serde::Deserialize;

use super::service::{self, DeletionInput, PasswordInput, ProfileInput};
use crate::domain::{AuthError, Notice, Password, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
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

impl BrowserForm for ProfileForm {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let notice = if self.email.is_some() { Notice::EmailSaved } else { Notice::ProfileSaved };
        let input = ProfileInput {
            email: self.email,
            username: self.username,
            first_name: self.first_name,
            last_name: self.last_name,
            current_password: self.current_password,
        };
        service::update_profile(state, caller, input).await?;
        Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(notice))
    }
}

impl BrowserForm for PasswordForm {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let input = PasswordInput { current_password: self.current_password, new_password: self.new_password };
        service::change_password(state, caller, input).await?;
        Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(Notice::PasswordChanged))
    }
}

impl BrowserForm for DeletionForm {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let input = DeletionInput { current_password: self.current_password, confirmed: self.confirm == "yes" };
        service::delete_account(state, caller, input).await?;
        Ok(BrowserAnswer::go_to(SafePath::own(paths::LOGIN)).without_session().saying(Notice::AccountDeleted))
    }
}
