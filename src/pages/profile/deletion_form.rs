//! The end of an account.

use leptos::prelude::*;

use crate::components::account_fields::CurrentPasswordField;
use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::AccountHint;
use crate::components::tick::TickField;
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::pages::sign_in::remembered;
use crate::paths;

const FIELDS: &[Field] = &[Field::CurrentPassword, Field::Confirm];

/// The password and a tick: nobody deletes an account by mistake.
#[component]
pub fn DeletionForm(
    /// The form as the server last saw it.
    state: FormState,
    /// Whose account it is.
    username: String,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Deletion.as_str(), FIELDS, state.error);
    view! {
        <Form form action=paths::profile_form(FormName::Deletion) rpc=paths::rpc::DELETE_ACCOUNT then=remembered::FORGET>
            <AccountHint username/>
            <CurrentPasswordField form/>
            <TickField form field=Field::Confirm label=say(text::profile::DELETION_CONFIRM)/>
            <SubmitButton
                label=say(text::profile::DELETION_SUBMIT)
                pending=say(text::profile::DELETION_PENDING)
                class="button button-danger"
            />
        </Form>
    }
}
