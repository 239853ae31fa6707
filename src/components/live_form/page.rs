//! What a form's island changes on the page.

use js_sys::{Array, Reflect};
use leptos::prelude::document;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::answer::{Refusal, text};
use crate::domain::SafePath;

/// Every element of the form that `selector` finds.
pub(super) fn all(form: &HtmlFormElement, selector: &str) -> impl Iterator<Item = HtmlElement> {
    let found = form.query_selector_all(selector).ok();
    let count = found.as_ref().map_or(0, web_sys::NodeList::length);
    (0..count).filter_map(move |index| found.as_ref()?.get(index)?.dyn_into().ok())
}

/// A browser that refuses an attribute of ours lacks a comfort, and nothing else is amiss.
pub(super) fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

fn unset(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}

/// The form is on its way, and shows it on the button that was pressed. On its way a password is covered again, so that password managers
/// know it for what it is.
pub(super) fn wait(form: &HtmlFormElement, button: Option<&Element>) {
    set(form, "data-pending", "");
    for button in all(form, ".reveal") {
        cover(&button);
    }
    let Some(button) = button else { return };
    // Never `disabled`: that would drop the keyboard focus while the answer is awaited.
    set(button, "aria-disabled", "true");
    if let Some(pending) = button.get_attribute("data-pending") {
        set(button, "data-label", &button.text_content().unwrap_or_default());
        button.set_text_content(Some(&pending));
    }
}

/// It is on its way no more. Passwords stay covered.
pub(super) fn settle(form: &HtmlFormElement) {
    unset(form, "data-pending");
    for button in all(form, "[aria-disabled]") {
        unset(&button, "aria-disabled");
        if let Some(label) = button.get_attribute("data-label") {
            button.set_text_content(Some(&label));
        }
    }
}

/// Shows the passwords that were shown before the form was on its way.
pub(super) fn uncover(form: &HtmlFormElement) {
    for button in all(form, ".reveal[aria-pressed=true]") {
        set_kind(&button, "text");
    }
}

/// Shows the password of that button, or covers it; on its way it stays covered.
pub(super) fn reveal(button: &Element, is_revealed: bool) {
    set(button, "aria-pressed", if is_revealed { "true" } else { "false" });
    let is_pending = button.closest("[data-pending]").is_ok_and(|form| form.is_some());
    if is_revealed && !is_pending { set_kind(button, "text") } else { cover(button) }
}

fn cover(button: &Element) {
    set_kind(button, "password");
}

fn set_kind(button: &Element, kind: &str) {
    let input = button.get_attribute("aria-controls").and_then(|id| document().get_element_by_id(&id));
    if let Some(input) = input {
        set(&input, "type", kind);
    }
}

/// Shows what was refused, each problem at its field and all else above them, and moves the focus to the first. What was said before goes,
/// and so does a refused password: nothing of it stays on the screen.
pub(super) fn refuse(form: &HtmlFormElement, refusal: Refusal) {
    for field in all(form, "[aria-invalid]") {
        unset(&field, "aria-invalid");
    }
    for said in all(form, ".problem, .alert") {
        said.set_hidden(true);
        // What is hidden still counts for the description of a field that names it.
        if let Ok(Some(words)) = said.query_selector("span") {
            words.set_text_content(None);
        }
    }
    for password in
        all(form, "[autocomplete$='-password']").filter_map(|input| input.dyn_into::<HtmlInputElement>().ok())
    {
        password.set_value("");
    }
    let answer = match refusal {
        Refusal::Said(answer) => answer,
        Refusal::Offline => return alert(form, &form.get_attribute("data-offline").unwrap_or_default(), false),
        Refusal::Unavailable => return alert(form, &form.get_attribute("data-unavailable").unwrap_or_default(), false),
    };
    let fields = Reflect::get(&answer, &"fields".into()).ok().and_then(|fields| fields.dyn_into::<Array>().ok());
    for problem in fields.into_iter().flatten() {
        show(form, &problem);
    }
    match all(form, "[aria-invalid]").next() {
        Some(first) => focus(&first),
        None => alert(
            form,
            &text(&answer, "message").unwrap_or_default(),
            text(&answer, "error").as_deref() == Some("unauthenticated"),
        ),
    }
}

/// Shows the problem of a field, if the form has that field.
fn show(form: &HtmlFormElement, problem: &JsValue) {
    let Some((field, message)) = text(problem, "field").zip(text(problem, "message")) else { return };
    let id = format!("{}-{field}", form.id());
    let Some(field) = document().get_element_by_id(&id) else { return };
    set(&field, "aria-invalid", "true");
    say(&(id + "-problem"), &message);
}

fn alert(form: &HtmlFormElement, message: &str, is_signed_out: bool) {
    let Some(alert) = say(&format!("{}-alert", form.id()), message) else { return };
    let link = alert.query_selector("a").ok().flatten();
    match (link, is_signed_out) {
        (None, true) => offer_sign_in(form, &alert),
        (Some(link), false) => link.remove(),
        _ => {}
    }
    focus(&alert);
}

/// The session has ended while the form was being filled in: the way to a new one.
fn offer_sign_in(form: &HtmlFormElement, alert: &HtmlElement) {
    let path = form.get_attribute("data-sign-in").as_deref().and_then(SafePath::parse);
    let (Some(path), Ok(link)) = (path, document().create_element("a")) else { return };
    set(&link, "href", path.as_str());
    link.set_text_content(form.get_attribute("data-sign-in-label").as_deref());
    if let Ok(Some(words)) = alert.query_selector("p") {
        let _ = words.append_with_str_1(" ").and_then(|()| words.append_with_node_1(&link));
    }
}

/// Puts `message` into the element of that id, and shows it.
fn say(id: &str, message: &str) -> Option<HtmlElement> {
    let element: HtmlElement = document().get_element_by_id(id)?.dyn_into().ok()?;
    element.query_selector("span").ok()??.set_text_content(Some(message));
    element.set_hidden(false);
    Some(element)
}

fn focus(element: &HtmlElement) {
    // It fails for an element that cannot have the focus, and then there is nothing better to do.
    let _ = element.focus();
}
