//! The form around the list of sessions.

use leptos::prelude::*;

use crate::components::form::{Form, FormHandle};
use crate::domain::{FormName, FormState};
use crate::paths;

/// Its entries and buttons are drawn by the server; one form for all of them.
#[component]
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
