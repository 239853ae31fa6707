//! The way out, in the header.

use leptos::prelude::*;

use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::components::words::say;
use crate::domain::text;
use crate::paths;

/// A form and not a link: leaving changes something on the server.
#[component]
pub fn SignOutForm() -> impl IntoView {
    let form = FormHandle::new("sign_out", &[], None);
    view! {
        <Form form action=paths::SIGN_OUT rpc=paths::rpc::SIGN_OUT>
            <SubmitButton
                label=say(text::frame::SIGN_OUT)
                pending=say(text::frame::SIGNING_OUT)
                class="button button-quiet"
            />
        </Form>
    }
}
