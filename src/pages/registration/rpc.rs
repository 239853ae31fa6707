//! The browser's door to registration.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError, Checked};

/// Makes an account and signs it in; the session's cookies come with the answer.
///
/// # Errors
/// Those of `server/registration/service.rs`.
#[server(prefix = "/rpc", endpoint = "sign_up")]
pub async fn sign_up(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] first_name: String,
    #[server(default)] last_name: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{registration::browser::Form, rpc};
    rpc::answer(Form { email, username, password: password.into(), first_name, last_name }).await
}

/// Says what is wrong with a username while it is being typed, or that it could be had. Nothing is reserved.
///
/// # Errors
/// Those of `server/registration/service.rs`.
#[server(prefix = "/rpc", endpoint = "check_username")]
pub async fn check_username(#[server(default)] username: String) -> Result<Checked, AuthError> {
    use crate::domain::{Field, text};
    use crate::server::{language, registration::service, rpc};
    let (state, caller) = rpc::asked()?;
    let choice = service::check_username(&state, &caller, &username).await?;
    let words = |problem| text::problem(language::current(), Field::Username, problem);
    Ok(Checked { is_free: choice == service::Choice::Free, problem: choice.problem().map(words) })
}
