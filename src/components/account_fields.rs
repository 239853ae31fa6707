//! Fields that several forms share, in the same order and words everywhere.

use leptos::prelude::*;

use super::field::TextField;
use super::form::FormHandle;
use super::password_field::PasswordField;
use super::words::say;
use crate::domain::{Field, FormState, text};
use crate::paths;

/// How somebody is called: username, first and last name.
#[component]
pub fn NameFields(
    /// The form they stand in.
    form: FormHandle,
    /// The form as the server last saw it.
    state: FormState,
) -> impl IntoView {
    view! {
        <TextField
            form
            field=Field::Username
            label=say(text::form::USERNAME)
            hint=say(text::form::USERNAME_HINT)
            value=state.value(Field::Username)
            autocomplete="username"
            check=paths::rpc::CHECK_USERNAME
        />
        <div class="pair">
            <TextField
                form
                field=Field::FirstName
                label=say(text::form::FIRST_NAME)
                value=state.value(Field::FirstName)
                autocomplete="given-name"
                optional=true
            />
            <TextField
                form
                field=Field::LastName
                label=say(text::form::LAST_NAME)
                value=state.value(Field::LastName)
                autocomplete="family-name"
                optional=true
            />
        </div>
    }
}

/// The proof of who asks, before a sensitive change.
#[component]
pub fn CurrentPasswordField(
    /// The form it stands in.
    form: FormHandle,
) -> impl IntoView {
    view! {
        <PasswordField
            form
            field=Field::CurrentPassword
            label=say(text::form::CURRENT_PASSWORD)
            reveal=say(text::form::SHOW_CURRENT_PASSWORD)
            autocomplete="current-password"
        />
    }
}

/// The password to have from now on. There is no "repeat it": it can be looked at instead.
#[component]
pub fn NewPasswordField(
    /// The form it stands in.
    form: FormHandle,
    /// The fewest characters it may have.
    min_length: u16,
) -> impl IntoView {
    view! {
        <PasswordField
            form
            field=Field::NewPassword
            label=say(text::form::NEW_PASSWORD)
            reveal=say(text::form::SHOW_NEW_PASSWORD)
            min_length
            autocomplete="new-password"
        />
    }
}
