//! The registration form, as both browser doors read it.

use serde::Deserialize;

use super::service::{self, Input};
use crate::domain::{AuthError, Notice, Password, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
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

impl BrowserForm for Form {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let input = Input {
            email: self.email,
            username: self.username,
            password: self.password,
            first_name: self.first_name,
            last_name: self.last_name,
        };
        let registered = service::sign_up(state, caller, input).await?;
        let answer = BrowserAnswer::go_to(SafePath::own(paths::PROFILE)).saying(Notice::Welcome);
        Ok(answer.with_session(registered.tokens, registered.device))
    }
}
