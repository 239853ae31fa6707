//! The registration form.

use leptos::prelude::*;

use crate::components::account_fields::NameFields;
use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::PasswordField;
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::paths;

const FIELDS: &[Field] = &[Field::Email, Field::Username, Field::FirstName, Field::LastName, Field::Password];

/// All that a new account needs.
#[component]
pub fn RegistrationForm(
    /// The form as the server last saw it.
    state: FormState,
    /// The fewest characters of a password.
    min_length: u16,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Registration.as_str(), FIELDS, state.error.clone());
    view! {
        <Form form action=paths::REGISTER rpc=paths::rpc::SIGN_UP keeps_draft=true>
            <TextField
                form
                field=Field::Email
                label=say(text::form::EMAIL)
                value=state.value(Field::Email)
                autocomplete="email"
                inputmode="email"
            />
            <NameFields form state=state.clone()/>
            <PasswordField
                form
                field=Field::Password
                label=say(text::registration::PASSWORD)
                reveal=say(text::registration::SHOW_PASSWORD)
                min_length
                autocomplete="new-password"
            />
            <SubmitButton
                label=say(text::registration::SUBMIT)
                pending=say(text::registration::PENDING)
            />
        </Form>
    }
}
