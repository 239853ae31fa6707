//! The password.

use leptos::prelude::*;

use crate::components::account_fields::{CurrentPasswordField, NewPasswordField};
use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::AccountHint;
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::paths;

const FIELDS: &[Field] = &[Field::CurrentPassword, Field::NewPassword];

/// The old one and the new one. There is no "repeat it": the new one can be looked at instead.
#[component]
pub fn PasswordForm(
    /// The form as the server last saw it.
    state: FormState,
    /// Whose account it is.
    username: String,
    /// The fewest characters of the new one.
    min_length: u16,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Password.as_str(), FIELDS, state.error);
    view! {
        <Form form action=paths::profile_form(FormName::Password) rpc=paths::rpc::CHANGE_PASSWORD>
            <AccountHint username/>
            <CurrentPasswordField form/>
            <NewPasswordField form min_length/>
            <SubmitButton
                label=say(text::profile::PASSWORD_SUBMIT)
                pending=say(text::profile::PASSWORD_PENDING)
                class="button"
            />
        </Form>
    }
}
