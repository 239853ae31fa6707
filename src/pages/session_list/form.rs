//! The form around the list of sessions.

#![expect(missing_docs, reason = "`#[island]` makes a struct of the props, public and without a word")]

use leptos::prelude::*;

use crate::components::form::{Form, FormHandle};
use crate::domain::{FormName, FormState};
use crate::paths;

/// Its entries and buttons are drawn by the server; the island only sends it without leaving the page.
#[island]
pub fn SessionsForm(
    /// The form as the server last saw it.
    state: FormState,
    /// The list.
    children: Children,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Sessions.as_str(), &[], state.error);
    view! {
        <Form form action=paths::SESSIONS rpc=paths::rpc::END_SESSIONS>
            {children()}
        </Form>
    }
}
