//! Help while typing. It is advice: the server judges. What is typed into a password field is looked at here and sent nowhere.

use std::cell::Cell;

use js_sys::JsString;
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use super::answer::{self, is_true, text};
use super::page::{self, all};

/// How long somebody may think between two letters of a name.
const PAUSE_MILLISECONDS: i32 = 500;
/// A name of fewer letters is in too many good passwords by chance.
const TELLING: usize = 4;

thread_local! {
    /// The check that is to come.
    static CHECK: Cell<i32> = const { Cell::new(0) };
}

/// Says that Caps Lock is on where a password is being typed, and stops saying so.
pub(super) fn caps_lock(target: &Element, is_on: bool) {
    if target.matches("[autocomplete$='-password']").unwrap_or_default() {
        say(&target.id(), "caps", is_on);
    }
}

/// A field is left. Whether a new password has too few characters is said only now, for nobody wants to hear it after the first letter.
pub(super) fn leave(input: &HtmlInputElement) {
    say(&input.id(), "caps", false);
    say(&input.id(), "short", is_short(input));
}

fn is_short(input: &HtmlInputElement) -> bool {
    let least = input.get_attribute("data-least").and_then(|least| least.parse::<usize>().ok());
    // As the server counts: composed (PWD-2).
    let typed = String::from(JsString::from(input.value()).normalize("NFC"));
    least.is_some_and(|least| (1..least).contains(&typed.chars().count()))
}

/// Says that a new password has a name of its owner's in it, whichever of the two was typed last; and of one that has grown long enough
/// that it is too short no more.
pub(super) fn own_names(form: &HtmlFormElement) {
    for password in inputs(form, "[data-least]") {
        let typed = lower(&password.value());
        let is_own = inputs(form, "[data-own]").any(|own| {
            let name = own.value();
            // Of an address what stands before the host.
            let name = name.split('@').next().unwrap_or_default();
            name.chars().count() >= TELLING && typed.includes(&String::from(lower(name)), 0)
        });
        say(&password.id(), "own", is_own);
        if !is_short(&password) {
            say(&password.id(), "short", false);
        }
    }
}

fn inputs(form: &HtmlFormElement, selector: &str) -> impl Iterator<Item = HtmlInputElement> {
    all(form, selector).filter_map(|input| input.dyn_into().ok())
}

/// By the browser's tables: Rust's own would weigh more than all of this.
fn lower(text: &str) -> JsString {
    JsString::from(text).to_lower_case()
}

/// Asks the server, after a pause, whether a name could be had. Whatever is said of the name before is said no more.
pub(super) fn check_later(form: &HtmlFormElement, input: &HtmlInputElement) {
    let Some(rpc) = input.get_attribute("data-check") else { return };
    check_no_more();
    page::unmark(input);
    say(&input.id(), "free", false);
    let (form, input) = (form.clone(), input.clone());
    CHECK.set(page::after(PAUSE_MILLISECONDS, move || {
        wasm_bindgen_futures::spawn_local(async move {
            let asked = input.value();
            if asked.is_empty() {
                return;
            }
            // Who gets no answer hears of it when the form is sent.
            let Ok(answer) = answer::ask(&rpc, &input.name(), &asked).await else { return };
            if input.value() != asked || form.has_attribute("data-pending") {
                return;
            }
            if let Some(problem) = text(&answer, "problem") {
                page::mark(&input, &problem);
            }
            say(&input.id(), "free", is_true(&answer, "is_free"));
        });
    }));
}

/// The form is sent: what it is told then is the answer.
pub(super) fn check_no_more() {
    page::forget(CHECK.get());
}

/// Shows or hides a line of the advice at the field of that id.
fn say(id: &str, line: &str, is_shown: bool) {
    let advice = document().get_element_by_id(&format!("{id}-advice"));
    if let Some(line) = advice.and_then(|advice| advice.query_selector(&format!("[data-advice={line}]")).ok().flatten())
    {
        let _ = line.toggle_attribute_with_force("hidden", !is_shown);
    }
}
