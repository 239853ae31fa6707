//! The sign-in form.

use leptos::prelude::*;

use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::form::{Form, FormHandle};
use crate::components::password_field::PasswordField;
use crate::components::tick::{ChoiceTick, LocalTick};
use crate::components::words::say;
use crate::domain::{Field, FormName, FormState, text};
use crate::pages::sign_in::remembered;
use crate::paths;

const FORM: FormName = FormName::SignIn;
const FIELDS: &[Field] = &[Field::Username, Field::Password];

/// Username or e-mail address, password, and whether this browser shall remember the former.
#[component]
pub fn SignInForm(
    /// The form as the server last saw it.
    state: FormState,
    /// The checked path to go on to.
    next: Option<String>,
) -> impl IntoView {
    let form = FormHandle::new(FORM.as_str(), FIELDS, state.error.clone());
    view! {
        <Form form action=paths::LOGIN rpc=paths::rpc::SIGN_IN then=remembered::REMEMBER>
            {next.map(|next| view! { <input type="hidden" name=paths::NEXT value=next/> })}
            <TextField
                form
                field=Field::Username
                label=say(text::sign_in::USERNAME)
                value=state.value(Field::Username)
                autocomplete="username"
            />
            <PasswordField
                form
                field=Field::Password
                label=say(text::sign_in::PASSWORD)
                reveal=say(text::sign_in::SHOW_PASSWORD)
                autocomplete="current-password"
            />
            <ChoiceTick
                form
                field=Field::Keep
                label=say(text::sign_in::KEEP)
                is_ticked=state.value(Field::Keep) == "yes"
            />
            <LocalTick form part=remembered::TICK label=say(text::sign_in::REMEMBER)/>
            <SubmitButton label=say(text::sign_in::SUBMIT) pending=say(text::sign_in::PENDING)/>
        </Form>
    }
}
