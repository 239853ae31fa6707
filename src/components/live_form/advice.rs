//! Help while typing. It is advice: the server judges. What is typed into a password field is looked at here and sent nowhere.

use std::cell::Cell;

use js_sys::JsString;
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use super::answer::{self, text};
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

/// What is amiss with a new password as it stands: its own owner's name at once, its length only once its field is left, for nobody wants
/// to hear after the first letter that there are too few.
pub(super) fn password(form: &HtmlFormElement, input: &HtmlInputElement, is_typing: bool) {
    let Some(least) = input.get_attribute("data-least").and_then(|least| least.parse::<usize>().ok()) else { return };
    let typed = input.value();
    let id = input.id();
    let is_short = (1..least).contains(&typed.chars().count());
    if !is_short || !is_typing {
        say(&id, "short", is_short);
    }
    let folded = lower(&typed);
    let is_own = all(form, "[data-own]").filter_map(|own| own.dyn_into::<HtmlInputElement>().ok()).any(|own| {
        let name = own.value();
        // Of an address what stands before the host.
        let name = name.split('@').next().unwrap_or_default();
        name.chars().count() >= TELLING && folded.includes(&String::from(lower(name)), 0)
    });
    say(&id, "own", is_own);
}

/// By the browser's tables: Rust's own would weigh more than all of this.
fn lower(text: &str) -> JsString {
    JsString::from(text).to_lower_case()
}

/// Asks the server, after a pause, whether a name could be had. Whatever is said of the name before is said no more.
pub(super) fn check_later(form: &HtmlFormElement, input: HtmlInputElement) {
    let Some(rpc) = input.get_attribute("data-check") else { return };
    page::forget(CHECK.get());
    page::unmark(&input);
    say(&input.id(), "free", false);
    let form = form.clone();
    CHECK.set(page::after(PAUSE_MILLISECONDS, move || {
        wasm_bindgen_futures::spawn_local(async move {
            let asked = input.value();
            if asked.is_empty() || asked == input.default_value() {
                return;
            }
            // Who gets no answer hears of it when the form is sent.
            let Ok(answer) = answer::ask(&rpc, &input.name(), &asked).await else { return };
            if input.value() != asked || form.has_attribute("data-pending") {
                return;
            }
            match text(&answer, "problem") {
                Some(problem) => page::mark(&input, &problem),
                None => say(&input.id(), "free", true),
            }
        });
    }));
}

/// Shows or hides a line of the advice at the field of that id.
fn say(id: &str, line: &str, is_shown: bool) {
    let advice = document().get_element_by_id(&format!("{id}-advice"));
    if let Some(line) = advice.and_then(|advice| advice.query_selector(&format!("[data-advice={line}]")).ok().flatten())
    {
        let _ = line.toggle_attribute_with_force("hidden", !is_shown);
    }
}
