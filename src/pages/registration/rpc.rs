//! The browser's door to registration.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError};

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
