//! The form of the list of sessions, as both browser doors read it: each of its buttons says what it ends.

use serde::Deserialize;

use super::service;
use crate::domain::{AuthError, Notice, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
use crate::server::caller::Caller;
use crate::server::state::AppState;
use crate::server::store::Ending;

/// The form's buttons.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// The session to end.
    pub session: String,
    /// `yes` to end all others instead.
    pub others: String,
}

impl BrowserForm for Form {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        let (which, notice) = match &*self.others {
            "yes" => (Ending::Others, Notice::OtherSessionsEnded),
            _ => (Ending::One(&self.session), Notice::SessionEnded),
        };
        if service::end(state, caller, which).await? {
            let answer = BrowserAnswer::go_to(SafePath::own(paths::LOGIN));
            return Ok(answer.without_session().saying(Notice::SignedOut));
        }
        Ok(BrowserAnswer::go_to(SafePath::own(paths::SESSIONS)).saying(notice))
    }
}
