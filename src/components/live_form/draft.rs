//! What was typed into a long form outlives a reload, in this tab alone and until the form is accepted. Never a password.

use gloo_storage::{SessionStorage, Storage as _};
use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlFormElement, HtmlInputElement, Storage};

use super::page::all;

/// Fills in what was typed before, where nothing else stands.
pub(super) fn recall(form: &HtmlFormElement) {
    for_each(form, |storage, input, key| {
        if let Ok(Some(typed)) = storage.get_item(&key)
            && input.value().is_empty()
        {
            input.set_value(&typed);
        }
    });
}

/// Keeps what has just been typed.
pub(super) fn keep(form: &HtmlFormElement, typed: &HtmlInputElement) {
    for_each(form, |storage, input, key| {
        if input == *typed {
            // A browser that is full keeps no draft.
            let _ = storage.set_item(&key, &input.value());
        }
    });
}

/// The form was accepted.
pub(super) fn forget(form: &HtmlFormElement) {
    for_each(form, |storage, _, key| {
        let _ = storage.remove_item(&key);
    });
}

/// Every field of a form that keeps drafts, with what it is kept under. A password that is shown is a text, too, and known by its name alone.
fn for_each(form: &HtmlFormElement, act: impl Fn(&Storage, HtmlInputElement, String)) {
    if !form.has_attribute("data-draft") || !window().session_storage().is_ok_and(|storage| storage.is_some()) {
        return;
    }
    let storage = SessionStorage::raw();
    for input in all(form, "input[type=text]:not([autocomplete$='password'])") {
        let key = format!("latchkey.draft.{}", input.id());
        if let Ok(input) = input.dyn_into() {
            act(&storage, input, key);
        }
    }
}
