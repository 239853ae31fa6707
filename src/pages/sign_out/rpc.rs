//! The browser's door to signing out.

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError};

/// Ends the session; the answer takes its cookies back.
///
/// # Errors
/// Those of `server/sign_out/service.rs`.
#[server(prefix = "/rpc", endpoint = "sign_out")]
pub async fn sign_out() -> Result<Accepted, AuthError> {
    use crate::server::{rpc, sign_out::browser::Form};
    rpc::answer(Form {}).await
}
