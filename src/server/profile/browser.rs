//! The profile's forms, as both browser doors read them.

use serde::Deserialize;

use super::service::{self, DeletionInput, PasswordInput, ProfileInput, Saved};
use crate::domain::{AuthError, Notice, Password, SafePath, Sent};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The fields of the forms "details" and "e-mail": only what was sent is changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    /// New e-mail address.
    pub email: Sent,
    /// New username.
    pub username: Sent,
    /// New given name.
    pub first_name: Sent,
    /// New family name.
    pub last_name: Sent,
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
        let input = ProfileInput {
            email: self.email.0,
            username: self.username.0,
            first_name: self.first_name.0,
            last_name: self.last_name.0,
            current_password: Some(self.current_password),
        };
        let notice = match service::update_profile(state, caller, input).await?.saved {
            Saved::Email => Notice::EmailSaved,
            Saved::Details => Notice::ProfileSaved,
        };
        Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(notice))
    }
}

impl BrowserForm for PasswordForm {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let input = PasswordInput { current_password: self.current_password, new_password: self.new_password };
        let answer = BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(Notice::PasswordChanged);
        Ok(match service::change_password(state, caller, input).await? {
            Some((tokens, device)) => answer.with_session(tokens, device),
            None => answer,
        })
    }
}

impl BrowserForm for DeletionForm {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let input = DeletionInput { current_password: Some(self.current_password), confirmed: self.confirm == "yes" };
        service::delete_account(state, caller, input).await?;
        Ok(BrowserAnswer::go_to(SafePath::own(paths::LOGIN)).without_session().saying(Notice::AccountDeleted))
    }
}
