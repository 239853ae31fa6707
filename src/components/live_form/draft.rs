//! What was typed into a long form outlives a reload: in this tab alone, for half an hour, and until the form is accepted or somebody is
//! signed in here. Never a password.

use gloo_storage::{SessionStorage, Storage as _};
use js_sys::{Date, Number};
use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlFormElement, HtmlInputElement, Storage};

use super::page::all;

const PREFIX: &str = "latchkey.draft.";
/// When something was last typed, in milliseconds.
const TYPED_AT: &str = "latchkey.draft.at";
const KEPT_MILLISECONDS: f64 = 30.0 * 60.0 * 1000.0;

/// Fills in what was typed before, where nothing else stands.
pub(super) fn recall(form: &HtmlFormElement) {
    let Some(storage) = storage() else { return };
    // The browser's numbers: Rust's way to read and write one would weigh more than all of this.
    let typed_at = storage.get_item(TYPED_AT).ok().flatten().map_or(0.0, |at| Number::parse_float(&at));
    let is_fresh = Date::now() - typed_at < KEPT_MILLISECONDS;
    // Only a member's form knows the way back to a session: whoever typed that has arrived, by whichever door.
    if !is_fresh || form.has_attribute("data-sign-in") {
        return forget();
    }
    for input in all(form, TEXTS).filter_map(|input| input.dyn_into::<HtmlInputElement>().ok()) {
        if let Ok(Some(typed)) = storage.get_item(&key(&input))
            && input.value().is_empty()
        {
            input.set_value(&typed);
        }
    }
}

/// Keeps what has just been typed. A browser that is full keeps no draft.
pub(super) fn keep(input: &HtmlInputElement) {
    if input.matches(TEXTS).unwrap_or_default()
        && let Some(storage) = storage()
    {
        let _ = storage.set_item(&key(input), &input.value());
        let _ = storage.set_item(TYPED_AT, &String::from(Number::from(Date::now()).to_js_string()));
    }
}

/// There is no draft any more.
pub(super) fn forget() {
    let Some(storage) = storage() else { return };
    // From the end: what is removed changes the places of those behind it.
    for index in (0..storage.length().unwrap_or_default()).rev() {
        if let Ok(Some(key)) = storage.key(index)
            && key.starts_with(PREFIX)
        {
            let _ = storage.remove_item(&key);
        }
    }
}

/// A password that is shown is a text, too, and known by what browsers are told of it alone.
const TEXTS: &str = "[data-draft] input[type=text]:not([autocomplete$='password'])";

fn key(input: &HtmlInputElement) -> String {
    PREFIX.to_owned() + &input.id()
}

/// Where the browser stores nothing at all, gloo would panic.
fn storage() -> Option<Storage> {
    let can_store = window().session_storage().is_ok_and(|storage| storage.is_some());
    can_store.then(SessionStorage::raw)
}
