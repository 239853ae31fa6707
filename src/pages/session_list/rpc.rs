//! The browser's door to the list of sessions.

#![expect(missing_docs, reason = "the macro's argument struct has no place for the words")]

use leptos::prelude::*;

use crate::domain::{Accepted, AuthError};

/// Ends the session of that id, or all others.
///
/// # Errors
/// Those of `server/session_list/service.rs`.
#[server(prefix = "/rpc", endpoint = "end_sessions")]
pub async fn end_sessions(
    #[server(default)] session: String,
    #[server(default)] others: String,
) -> Result<Accepted, AuthError> {
    use crate::server::{rpc, session_list::browser::Form};
    rpc::answer(Form { session, others }).await
}
