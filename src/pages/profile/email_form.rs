//! The e-mail address, which takes the password to change: whoever has it can ask for the account.

use leptos::prelude::*;

use crate::components::account_fields::CurrentPasswordField;
use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::AccountHint;
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::paths;

const FIELDS: &[Field] = &[Field::Email, Field::CurrentPassword];

/// The address and the password that allows to change it.
#[component]
pub fn EmailForm(
    /// The form as the server last saw it.
    state: FormState,
    /// Whose account it is.
    username: String,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Email.as_str(), FIELDS, state.error.clone());
    view! {
        <Form form action=paths::profile_form(FormName::Email) rpc=paths::rpc::UPDATE_PROFILE>
            <AccountHint username/>
            <TextField
                form
                field=Field::Email
                label=say(text::form::EMAIL)
                value=state.value(Field::Email)
                autocomplete="email"
                inputmode="email"
            />
            <CurrentPasswordField form/>
            <SubmitButton
                label=say(text::profile::EMAIL_SUBMIT)
                pending=say(text::profile::EMAIL_PENDING)
                class="button"
            />
        </Form>
    }
}
