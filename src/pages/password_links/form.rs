//! The form for a new password.

use leptos::prelude::*;

use crate::components::account_fields::NewPasswordField;
use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::AccountHint;
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::paths;

const FIELDS: &[Field] = &[Field::NewPassword];

/// The new password, and for whom. What proves that one may set it is a cookie, out of reach of this form; another tab may
/// change that cookie, so that the form says which account it was shown for.
#[component]
pub fn SetPasswordForm(
    /// The form as the server last saw it.
    state: FormState,
    /// The account's number.
    account: String,
    /// Whose account it is.
    username: String,
    /// The fewest characters of a password.
    min_length: u16,
) -> impl IntoView {
    let form = FormHandle::new(FormName::SetPassword.as_str(), FIELDS, state.error);
    view! {
        <Form form action=paths::SET_PASSWORD rpc=paths::rpc::SET_PASSWORD>
            <input type="hidden" name=paths::ACCOUNT value=account/>
            <AccountHint username/>
            <NewPasswordField form min_length/>
            <SubmitButton
                label=say(text::password_link::SUBMIT)
                pending=say(text::password_link::PENDING)
            />
        </Form>
    }
}
