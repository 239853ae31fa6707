//! Help while typing. It is advice: the server judges. What is typed into a password field is looked at here and sent nowhere.

use std::cell::Cell;

use js_sys::{Array, JsString, Number};
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use super::answer::{self, is_true, text};
use super::page::{self, all};

/// How long somebody may think between two letters of a name.
const PAUSE_MILLISECONDS: i32 = 500;
/// A name of fewer letters is in too many good passwords by chance.
const TELLING: u32 = 4;

/// The line that stands there as long as there is no advice.
const HINT: &str = "hint";

thread_local! {
    /// Tells the check that is to come from those that were given up.
    static CHECK: Cell<u32> = const { Cell::new(0) };
}

/// Says that Caps Lock is on where a password is being typed, and stops saying so.
pub(super) fn caps_lock(target: &Element, is_on: bool) {
    let line = document().get_element_by_id(&(target.id() + "-caps"));
    if let Some(line) = line {
        page::show(&line, is_on);
    }
}

/// What is amiss with each new password of the form as it stands: a name of its owner's in it at once, whichever of the two was typed
/// last; too few characters only once the field was `left`, for nobody wants to hear it after the first letter.
pub(super) fn passwords(form: &HtmlFormElement, left: Option<&HtmlInputElement>) {
    for password in inputs(form, "[data-least]") {
        let typed = lower(&password.value());
        let is_own = inputs(form, "[data-own]").any(|own| {
            // Of an address what stands before the host.
            let name = lower(&own.value()).split("@").get(0).unchecked_into::<JsString>();
            name.length() >= TELLING && typed.includes(&String::from(name), 0)
        });
        let was_short = line(&password, "short").is_some_and(|line| !line.has_attribute("hidden"));
        let says_short = was_short || left == Some(&password);
        let name = if is_own {
            "own"
        } else if says_short && is_short(&password) {
            "short"
        } else {
            HINT
        };
        advise(&password, name);
    }
}

/// The form was refused: nothing of the advice counts any more.
pub(super) fn take_back(form: &HtmlFormElement) {
    for input in inputs(form, "[data-least], [data-check]") {
        advise(&input, HINT);
    }
}

fn is_short(input: &HtmlInputElement) -> bool {
    let least = Number::parse_float(&input.get_attribute("data-least").unwrap_or_default());
    // As the server counts: composed (PWD-2), and each character once, which is how a string is gone through.
    let typed = Array::from(&JsString::from(input.value()).normalize("NFC")).length();
    typed > 0 && f64::from(typed) < least
}

fn inputs(form: &HtmlFormElement, selector: &str) -> impl Iterator<Item = HtmlInputElement> {
    all(form, selector).filter_map(|input| input.dyn_into().ok())
}

/// Strings are the browser's here: Rust's own ways with them would weigh more than all of this.
fn lower(text: &str) -> JsString {
    JsString::from(text).to_lower_case()
}

/// Asks the server, after a pause, whether a name could be had. Whatever is said of the name before is said no more.
pub(super) fn check_later(form: &HtmlFormElement, input: &HtmlInputElement) {
    let Some(rpc) = input.get_attribute("data-check") else { return };
    let number = check_no_more();
    page::unmark(form, input);
    advise(input, HINT);
    let input = input.clone();
    page::after(PAUSE_MILLISECONDS, move || {
        let asked = input.value();
        if CHECK.get() != number || asked.is_empty() {
            return;
        }
        wasm_bindgen_futures::spawn_local(async move {
            // Who gets no answer hears of it when the form is sent.
            let Ok(answer) = answer::ask(&rpc, &input.name(), &asked).await else { return };
            if CHECK.get() != number {
                return;
            }
            if let Some((problem, line)) = text(&answer, "problem").zip(line(&input, "problem")) {
                line.set_text_content(Some(&problem));
                page::set(&input, "aria-invalid", "true");
                advise(&input, "problem");
            } else if is_true(&answer, "is_free") {
                advise(&input, "free");
            }
        });
    });
}

/// Gives up what was to be checked, or is; the form is sent, perhaps, and what it is told then is the answer. Gives the next one's number.
pub(super) fn check_no_more() -> u32 {
    CHECK.set(CHECK.get().wrapping_add(1));
    CHECK.get()
}

/// Shows one of the lines that have the hint's place at that field.
fn advise(input: &HtmlInputElement, name: &str) {
    for line in page::each::<Element>(hints(input).and_then(|hints| hints.query_selector_all("p").ok())) {
        page::show(&line, line.get_attribute("data-advice").as_deref() == Some(name));
    }
}

fn line(input: &HtmlInputElement, name: &str) -> Option<Element> {
    hints(input)?.query_selector(&format!("[data-advice={name}]")).ok()?
}

fn hints(input: &HtmlInputElement) -> Option<Element> {
    document().get_element_by_id(&(input.id() + "-hint"))
}
