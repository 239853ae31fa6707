//! The registration form, as both browser doors read it.

use serde::Deserialize;

use super::service::{self, Input};
use crate::domain::{AuthError, Notice, Password, SafePath};
use crate::paths;
use crate::server::browser::BrowserAnswer;
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The form's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// E-mail address.
    pub email: String,
    /// Username.
    pub username: String,
    /// Password.
    pub password: Password,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// Registers, signs in and lands on the profile.
///
/// # Errors
/// Those of [`service::sign_up`].
pub async fn submit(state: &AppState, caller: &Caller, form: Form) -> Result<BrowserAnswer, AuthError> {
    let input = Input {
        email: form.email,
        username: form.username,
        password: form.password,
        first_name: form.first_name,
        last_name: form.last_name,
    };
    let registered = service::sign_up(state, caller, input).await?;
    Ok(BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).with_session(registered.tokens).saying(Notice::Welcome))
}
