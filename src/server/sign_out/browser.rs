//! The sign-out button, as both browser doors read it.

use serde::Deserialize;

use super::service;
use crate::domain::{AuthError, Notice, SafePath};
use crate::paths;
use crate::server::browser::{BrowserAnswer, BrowserForm};
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The form has no fields.
#[derive(Debug, Default, Deserialize)]
pub struct Form {}

impl BrowserForm for Form {
    async fn submit(self, state: &AppState, caller: &Caller) -> Result<BrowserAnswer, AuthError> {
        service::sign_out(state, caller).await?;
        Ok(BrowserAnswer::go_to(SafePath::own(paths::LOGIN)).without_session().saying(Notice::SignedOut))
    }
}
