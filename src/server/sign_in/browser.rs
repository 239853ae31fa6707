//! The sign-in form, as both browser doors read it.

use serde::Deserialize;

use super::service::{self, Input};
use crate::domain::{AuthError, Password, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
use crate::server::caller::Caller;
use crate::server::sessions::service::Means;
use crate::server::state::AppState;

/// The form's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Username or e-mail address.
    pub username: String,
    /// Password.
    pub password: Password,
    /// `yes` to stay signed in when the browser is closed.
    pub keep: String,
    /// Where to go afterwards.
    pub next: String,
}

impl BrowserForm for Form {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let means = Means { is_kept: self.keep == "yes", ..Means::BROWSER };
        let input = Input { username: self.username, password: self.password, means };
        let signed_in = service::sign_in(state, caller, input).await?;
        let target = SafePath::parse_next(&self.next).unwrap_or_else(|| SafePath::own(paths::PROFILE));
        Ok(BrowserAnswer::go_to(target).with_session(signed_in.tokens, signed_in.device))
    }
}
