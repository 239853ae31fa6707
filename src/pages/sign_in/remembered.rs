//! The username that this browser keeps when the person wishes it. Never a password, and nothing that is sent anywhere.

use gloo_storage::{LocalStorage, Storage as _};
use leptos::prelude::window;

use crate::components::form::input;
use crate::domain::{Field, FormName};

/// The tick's part of its element's id.
pub const TICK: &str = "remember";
const STORED_USERNAME: &str = "latchkey.username";

/// Fills in the remembered username, unless something was typed while WASM was on its way.
pub fn recall() {
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
pub fn remember() {
    let Some((username, tick)) = username_and_tick() else {
        return;
    };
    if tick.checked() {
        let _ = LocalStorage::set(STORED_USERNAME, username.value());
    } else {
        LocalStorage::delete(STORED_USERNAME);
    }
}

fn username_and_tick() -> Option<(web_sys::HtmlInputElement, web_sys::HtmlInputElement)> {
    if !can_store() {
        return None;
    }
    let form = FormName::SignIn.as_str();
    let username = input(&format!("{form}-{}", Field::Username.as_str()))?;
    Some((username, input(&format!("{form}-{TICK}"))?))
}

/// Follows a change of the username, so that the next visit is not offered the old one.
pub fn rename() {
    let field = profile_field(FormName::Details, Field::Username);
    if let Some(field) = field.filter(|field| stored() == Some(field.default_value())) {
        let _ = LocalStorage::set(STORED_USERNAME, field.value());
    }
}

/// Forgets somebody whose account is gone; somebody else's name stays.
pub fn forget() {
    let own = [(FormName::Details, Field::Username), (FormName::Email, Field::Email)];
    let own = own.into_iter().filter_map(|(form, field)| profile_field(form, field));
    if stored().is_some_and(|stored| own.map(|field| field.default_value()).any(|own| own == stored)) {
        LocalStorage::delete(STORED_USERNAME);
    }
}

fn stored() -> Option<String> {
    if can_store() { LocalStorage::get(STORED_USERNAME).ok() } else { None }
}

/// A field of the profile; its default value is what the account had when the page came.
fn profile_field(form: FormName, field: Field) -> Option<web_sys::HtmlInputElement> {
    input(&format!("{}-{}", form.as_str(), field.as_str()))
}

/// Whether the browser stores anything at all; where it does not, gloo would panic.
fn can_store() -> bool {
    window().local_storage().is_ok_and(|storage| storage.is_some())
}
