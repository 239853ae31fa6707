//! Username and names.

#![expect(missing_docs, reason = "`#[island]` makes a struct of the props, public and without a word")]

use leptos::prelude::*;

use crate::components::account_fields::NameFields;
use crate::components::button::SubmitButton;
use crate::components::form::{Form, FormHandle};
use crate::domain::{Field, FormName, FormState, text};
use crate::pages::sign_in::remembered;
use crate::paths;

const FIELDS: &[Field] = &[Field::Username, Field::FirstName, Field::LastName];

/// How one signs in and what one is called.
#[island]
pub fn DetailsForm(
    /// The form as the server last saw it.
    state: FormState,
) -> impl IntoView {
    let form = FormHandle::new(FormName::Details.as_str(), FIELDS, state.error.clone());
    view! {
        <Form form action=paths::profile_form(FormName::Details) rpc=paths::rpc::UPDATE_PROFILE accepted=remembered::rename>
            <NameFields form state=state.clone()/>
            <SubmitButton
                form
                label=text::profile::DETAILS_SUBMIT
                pending=text::profile::DETAILS_PENDING
                class="button"
            />
        </Form>
    }
}
