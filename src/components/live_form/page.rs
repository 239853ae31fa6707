//! What a form's island changes on the page.

use js_sys::{Array, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, NodeList};

use super::advice;
use super::answer::{Refusal, text};
use crate::domain::SafePath;

/// The forms that no island has reached yet.
pub(super) fn forms() -> impl Iterator<Item = HtmlFormElement> {
    each(document().query_selector_all("form[data-rpc]:not([data-hydrated])").ok())
}

/// Every element of the form that `selector` finds.
pub(super) fn all(form: &HtmlFormElement, selector: &str) -> impl Iterator<Item = HtmlElement> {
    each(form.query_selector_all(selector).ok())
}

/// What was found, as what it is.
pub(super) fn each<T: wasm_bindgen::JsCast>(found: Option<NodeList>) -> impl Iterator<Item = T> {
    let count = found.as_ref().map_or(0, NodeList::length);
    (0..count).filter_map(move |index| found.as_ref()?.get(index)?.dyn_into().ok())
}

/// A browser that refuses an attribute of ours lacks a comfort, and nothing else is amiss. So it is with what follows.
pub(super) fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Whether it shows.
pub(super) fn show(element: &Element, is_shown: bool) {
    let _ = element.toggle_attribute_with_force("hidden", !is_shown);
}

fn unset(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}

/// Calls `hear` with each event of that kind.
pub(super) fn listen(target: &EventTarget, kind: &str, hear: &JsValue) {
    let _ = target.add_event_listener_with_callback(kind, hear.unchecked_ref());
}

/// Does `act` later.
pub(super) fn after(milliseconds: i32, act: impl FnOnce() + 'static) {
    let act = Closure::once_into_js(act);
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), milliseconds);
}

/// Reads the page's notice out: it was there before anybody listened, and only what changes is told.
pub(super) fn tell_notice() {
    let notice = document().query_selector(".notice p:not([data-told])").ok().flatten();
    if let Some(notice) = notice {
        set(&notice, "data-told", "");
        after(100, move || notice.set_text_content(notice.text_content().as_deref()));
    }
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
    reveal_slow(form, false);
    for button in all(form, "[aria-disabled]") {
        unset(&button, "aria-disabled");
        if let Some(label) = button.get_attribute("data-label") {
            button.set_text_content(Some(&label));
        }
    }
}

/// Says that it takes longer than usual, or no more.
pub(super) fn reveal_slow(form: &HtmlFormElement, is_slow: bool) {
    for line in all(form, ".slow span") {
        line.set_hidden(!is_slow);
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

/// Shows what was refused, each problem at its field and all else above them, and moves the focus to the first. What was said before goes.
/// So does a password that was refused: nothing of it stays on the screen. One that never arrived stays, to be sent again.
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
    advice::take_back(form);
    warn_in_title(form);
    let answer = match refusal {
        Refusal::Said(answer) => answer,
        Refusal::Offline => return alert(form, &form.get_attribute("data-offline").unwrap_or_default(), false),
        Refusal::Unavailable => return alert(form, &form.get_attribute("data-unavailable").unwrap_or_default(), false),
    };
    for password in
        all(form, "[autocomplete$='-password']").filter_map(|input| input.dyn_into::<HtmlInputElement>().ok())
    {
        password.set_value("");
    }
    let fields = Reflect::get(&answer, &"fields".into()).ok().and_then(|fields| fields.dyn_into::<Array>().ok());
    for problem in fields.into_iter().flatten() {
        let told = text(&problem, "field").zip(text(&problem, "message"));
        let field = told.and_then(|(field, message)| {
            let field = document().get_element_by_id(&format!("{}-{field}", form.id()))?;
            Some((field, message))
        });
        if let Some((field, message)) = field {
            mark(&field, &message);
        }
    }
    sum_up(form);
    match all(form, "[aria-invalid]").next() {
        Some(first) => focus(&first),
        None => alert(
            form,
            &text(&answer, "message").unwrap_or_default(),
            text(&answer, "error").as_deref() == Some("unauthenticated"),
        ),
    }
}

/// Says what is wrong with a field.
fn mark(field: &Element, problem: &str) {
    set(field, "aria-invalid", "true");
    say(&problem_id(field), problem);
}

/// Says it no more, nor does the list of the form's problems.
pub(super) fn unmark(form: &HtmlFormElement, field: &Element) {
    unset(field, "aria-invalid");
    for listed in all(form, &format!("li:has(a[href='#{}'])", field.id())) {
        listed.remove();
    }
    let summary = document().get_element_by_id(&(form.id() + "-summary"));
    if let Some(summary) = summary.filter(|_| all(form, "li").count() < 2) {
        show(&summary, false);
    }
    if let Some(line) = say(&problem_id(field), "") {
        line.set_hidden(true);
    }
}

fn problem_id(field: &Element) -> String {
    field.id() + "-problem"
}

/// The title says it, too: it is what a screen reader reads when one comes back to the tab.
fn warn_in_title(form: &HtmlFormElement) {
    let warning = form.get_attribute("data-error").unwrap_or_default();
    let title = document().title();
    if !title.starts_with(&warning) {
        document().set_title(&(warning + &title));
    }
}

/// A long form lists what is wrong with it, each problem as a way to its field.
fn sum_up(form: &HtmlFormElement) {
    let summary = document().get_element_by_id(&(form.id() + "-summary"));
    let list = summary.as_ref().and_then(|summary| summary.query_selector("ul").ok().flatten());
    let (Some(summary), Some(list)) = (summary, list) else { return };
    list.set_text_content(None);
    let wrong: Vec<HtmlElement> = all(form, "[aria-invalid]").collect();
    for field in &wrong {
        let text_of = |element: Option<Element>| element.and_then(|element| element.text_content()).unwrap_or_default();
        let problem = text_of(document().get_element_by_id(&problem_id(field)));
        // Its first node: behind it may stand that the field is optional.
        let label = document().query_selector(&format!("label[for={}]", field.id())).ok().flatten();
        let label = label.and_then(|label| label.first_child()).and_then(|label| label.text_content());
        let (Ok(item), Ok(link)) = (document().create_element("li"), document().create_element("a")) else { return };
        set(&link, "href", &format!("#{}", field.id()));
        link.set_text_content(Some(&(label.unwrap_or_default() + ": " + &problem)));
        let _ = item.append_child(&link).and_then(|_| list.append_child(&item));
    }
    show(&summary, wrong.len() > 1);
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
