//! The browser's door to signing in.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError};

/// Signs in; the session's cookies come with the answer.
///
/// # Errors
/// Those of `server/sign_in/service.rs`.
#[server(prefix = "/rpc", endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] keep: String,
    #[server(default)] next: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{rpc, sign_in::browser::Form};
    rpc::answer(Form { username, password: password.into(), keep, next }).await
}
