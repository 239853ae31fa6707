//! The browser's door to setting a password by a link.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError};

/// Sets the password of `account`, whose link the request's cookie holds.
///
/// # Errors
/// Those of `server/password_links/service.rs`.
#[server(prefix = "/rpc", endpoint = "set_password")]
pub async fn set_password(
    #[server(default)] account: String,
    #[server(default)] new_password: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{password_links::browser::Form, rpc};
    rpc::answer(Form { account, new_password: new_password.into() }).await
}
