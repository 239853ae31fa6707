//! The sign-in form, as both browser doors read it.

use serde::Deserialize;

use super::service::{self, Input};
use crate::domain::{AuthError, Password, SafePath};
use crate::paths;
use crate::server::browser::BrowserAnswer;
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// The form's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Username or e-mail address.
    pub username: String,
    /// Password.
    pub password: Password,
    /// Where to go afterwards.
    pub next: String,
}

/// Signs in and goes where the person wanted to be.
///
/// # Errors
/// Those of [`service::sign_in`].
pub async fn submit(state: &AppState, caller: &Caller, form: Form) -> Result<BrowserAnswer, AuthError> {
    let input = Input { username: form.username, password: form.password };
    let signed_in = service::sign_in(state, caller, input).await?;
    let target = SafePath::parse(&form.next).unwrap_or_else(|| SafePath::own(paths::PROFILE));
    Ok(BrowserAnswer::go_to(target).with_session(signed_in.tokens))
}
