//! The sign-in form.

#![expect(missing_docs, reason = "`#[island]` makes a struct of the props, public and without a word")]

use gloo_storage::{LocalStorage, Storage as _};
use leptos::prelude::*;

use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::form::{Form, FormHandle, input};
use crate::components::password_field::PasswordField;
use crate::components::tick::LocalTick;
use crate::domain::{Field, FormName, FormState, text};
use crate::paths;

const FORM: FormName = FormName::SignIn;
const FIELDS: &[Field] = &[Field::Username, Field::Password];
const REMEMBER: &str = "remember";
const STORED_USERNAME: &str = "latchkey.username";

/// Username or e-mail address, password, and whether this browser shall remember the former.
#[island]
pub fn SignInForm(
    /// The form as the server last saw it.
    state: FormState,
    /// The checked path to go on to.
    next: Option<String>,
) -> impl IntoView {
    let form = FormHandle::new(FORM.as_str(), FIELDS, state.error.clone());
    Effect::new(recall);
    view! {
        <Form form action=paths::LOGIN rpc=paths::rpc::SIGN_IN accepted=remember>
            {next.map(|next| view! { <input type="hidden" name=paths::NEXT value=next/> })}
            <TextField
                form
                field=Field::Username
                label=text::sign_in::USERNAME
                value=state.value(Field::Username)
                autocomplete="username"
            />
            <PasswordField
                form
                field=Field::Password
                label=text::sign_in::PASSWORD
                reveal=text::sign_in::SHOW_PASSWORD
                autocomplete="current-password"
            />
            <LocalTick form part=REMEMBER label=text::sign_in::REMEMBER/>
            <SubmitButton form label=text::sign_in::SUBMIT pending=text::sign_in::PENDING/>
        </Form>
    }
}

/// Fills in the remembered username, unless something was typed while WASM was on its way.
fn recall() {
    let Some((username, tick)) = username_and_tick() else {
        return;
    };
    let Ok(stored) = LocalStorage::get::<String>(STORED_USERNAME) else {
        return;
    };
    tick.set_checked(true);
    if username.value().is_empty() {
        username.set_value(&stored);
    }
}

/// Does as the tick says; a browser that refuses to store simply remembers nothing.
fn remember() {
    let Some((username, tick)) = username_and_tick() else {
        return;
    };
    if tick.checked() {
        let _ = LocalStorage::set(STORED_USERNAME, username.value());
    } else {
        LocalStorage::delete(STORED_USERNAME);
    }
}

/// `None` where storage is switched off, which gloo would answer with a panic.
fn username_and_tick() -> Option<(web_sys::HtmlInputElement, web_sys::HtmlInputElement)> {
    window().local_storage().ok().flatten()?;
    let form = FORM.as_str();
    let username = input(&format!("{form}-{}", Field::Username.as_str()))?;
    Some((username, input(&format!("{form}-{REMEMBER}"))?))
}
