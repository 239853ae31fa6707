//! The form for a new password, as both browser doors read it. The token comes in its cookie, never in the form.

use serde::Deserialize;

use super::service::{self, Input};
use crate::domain::{AccountId, AuthError, Notice, Password, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The form's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// The number of the account that the page has named.
    pub account: String,
    /// New password.
    pub new_password: Password,
}

impl BrowserForm for Form {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let account = self.account.parse().map(AccountId::from_stored).ok();
        let input = Input { token: caller.password_link.clone(), account, new_password: self.new_password };
        let account = service::set_password(state, caller, input).await?;
        let answer = BrowserAnswer::go_to(SafePath::own(paths::LOGIN)).without_password_link();
        let answer = answer.saying(Notice::PasswordSet);
        // Their own session is among those that have ended; somebody else's goes on.
        let is_own = caller.session.as_ref().is_some_and(|session| session.account.view.id == account);
        Ok(if is_own { answer.without_session() } else { answer })
    }
}
