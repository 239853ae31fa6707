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

/// The line that stands there as long as there is no advice.
const HINT: &str = "hint";

thread_local! {
    /// The check that is to come.
    static CHECK: Cell<i32> = const { Cell::new(0) };
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
            let name = own.value();
            // Of an address what stands before the host.
            let name = name.split('@').next().unwrap_or_default();
            name.chars().count() >= TELLING && typed.includes(&String::from(lower(name)), 0)
        });
        let was_short = line(&password, "short").is_some_and(|line| !line.has_attribute("hidden"));
        let name = match () {
            () if is_own => "own",
            () if is_short(&password) && (was_short || left == Some(&password)) => "short",
            () => HINT,
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
    let least = input.get_attribute("data-least").and_then(|least| least.parse::<usize>().ok());
    // As the server counts: composed (PWD-2).
    let typed = String::from(JsString::from(input.value()).normalize("NFC"));
    least.is_some_and(|least| (1..least).contains(&typed.chars().count()))
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
    page::unmark(form, input);
    advise(input, HINT);
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
            if let Some((problem, line)) = text(&answer, "problem").zip(line(&input, "problem")) {
                line.set_text_content(Some(&problem));
                page::set(&input, "aria-invalid", "true");
                advise(&input, "problem");
            } else if is_true(&answer, "is_free") {
                advise(&input, "free");
            }
        });
    }));
}

/// The form is sent: what it is told then is the answer.
pub(super) fn check_no_more() {
    page::forget(CHECK.get());
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
