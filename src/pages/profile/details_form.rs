//! Username and names.

use leptos::prelude::*;

use crate::components::account_fields::NameFields;
use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::pages::sign_in::remembered;
use crate::paths;

const FIELDS: &[Field] = &[Field::Username, Field::FirstName, Field::LastName];

/// How one signs in and what one is called.
#[component]
pub fn DetailsForm(
    /// The form as the server last saw it.
    state: FormState,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Details.as_str(), FIELDS, state.error.clone());
    view! {
        <Form form action=paths::profile_form(FormName::Details) rpc=paths::rpc::UPDATE_PROFILE then=remembered::RENAME>
            <NameFields form state=state.clone()/>
            <SubmitButton
                label=say(text::profile::DETAILS_SUBMIT)
                pending=say(text::profile::DETAILS_PENDING)
                class="button"
            />
        </Form>
    }
}
