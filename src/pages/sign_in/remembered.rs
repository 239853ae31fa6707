//! The username that this browser keeps when the person wishes it. Never a password, and nothing that is sent anywhere.

use gloo_storage::{LocalStorage, Storage as _};
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlFormElement, HtmlInputElement, Storage};

use crate::domain::{Field, FormName};

/// The tick's part of its element's id.
pub const TICK: &str = "remember";
/// What a form says that shall be done when it was accepted: as the tick says.
pub const REMEMBER: &str = "remember";
/// Follow a change of the username, so that the next visit is not offered the old one.
pub const RENAME: &str = "rename";
/// Forget somebody whose account is gone; somebody else's name stays.
pub const FORGET: &str = "forget";

const STORED_USERNAME: &str = "latchkey.username";

/// Fills in the remembered username, unless something was typed while WASM was on its way.
pub fn recall(form: &HtmlFormElement) {
    if wish(form).as_deref() != Some(REMEMBER) {
        return;
    }
    let Some((username, tick)) = username_and_tick() else { return };
    let Some(stored) = stored() else { return };
    tick.set_checked(true);
    if username.value().is_empty() {
        username.set_value(&stored);
    }
}

/// Does as an accepted form says; a browser that refuses to store simply remembers nothing.
pub fn then(form: &HtmlFormElement) {
    match wish(form).as_deref() {
        Some(REMEMBER) => remember(),
        Some(RENAME) => rename(),
        Some(FORGET) => forget(),
        _ => {}
    }
}

fn wish(form: &HtmlFormElement) -> Option<String> {
    form.get_attribute("data-then")
}

fn remember() {
    match username_and_tick() {
        Some((username, tick)) if tick.checked() => store(&username.value()),
        Some(_) => delete(),
        None => {}
    }
}

fn rename() {
    let field = profile_field(FormName::Details, Field::Username);
    if let Some(field) = field.filter(|field| stored() == Some(field.default_value())) {
        store(&field.value());
    }
}

fn forget() {
    let own = [(FormName::Details, Field::Username), (FormName::Email, Field::Email)];
    let own = own.into_iter().filter_map(|(form, field)| profile_field(form, field));
    if stored().is_some_and(|stored| own.map(|field| field.default_value()).any(|own| own == stored)) {
        delete();
    }
}

fn username_and_tick() -> Option<(HtmlInputElement, HtmlInputElement)> {
    let form = FormName::SignIn.as_str();
    let username = input(&format!("{form}-{}", Field::Username.as_str()))?;
    Some((username, input(&format!("{form}-{TICK}"))?))
}

/// A field of the profile; its default value is what the account had when the page came.
fn profile_field(form: FormName, field: Field) -> Option<HtmlInputElement> {
    input(&format!("{}-{}", form.as_str(), field.as_str()))
}

fn input(id: &str) -> Option<HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn stored() -> Option<String> {
    storage()?.get_item(STORED_USERNAME).ok()?
}

fn store(username: &str) {
    let _ = storage().map(|storage| storage.set_item(STORED_USERNAME, username));
}

fn delete() {
    let _ = storage().map(|storage| storage.remove_item(STORED_USERNAME));
}

/// As it is, without JSON around it, which would weigh more than all else here. Where the browser stores nothing at all, gloo would panic.
fn storage() -> Option<Storage> {
    let can_store = window().local_storage().is_ok_and(|storage| storage.is_some());
    can_store.then(LocalStorage::raw)
}
