//! What WASM adds to a form: it is sent without leaving the page, what was refused shows in place, and there is help while typing.
//!
//! The server draws the form, with a hidden place for each thing that may show later and the words for it. So the island knows no field,
//! no text and no language, and is the same for every form: that keeps it small (`make weight`). It speaks to the page by attributes:
//!
//! - `data-rpc` on the form: the server function to send it to; `data-offline` and `data-unavailable`: what to say when there is no answer;
//!   `data-error`: what the title begins with after a refusal; `data-sign-in` and its label: where to go when the session has ended;
//!   `data-then`: what this browser does once it is accepted ([`remembered`]); `data-draft`: what was typed outlives a reload ([`draft`]).
//! - `data-live` on what shows only with WASM; `data-pending` on the button: what it says meanwhile.
//! - `data-check` on a field: the server function that says whether its value could be taken; `data-least`: a new password's fewest
//!   characters; `data-own`: that a new password should not have this in it ([`advice`]).
//! - `FORM-alert`, `FORM-summary`, `FORM-slow`, `FORM-FIELD`, `FORM-FIELD-problem` and `FORM-FIELD-advice` as ids.

mod advice;
mod answer;
mod draft;
mod page;

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, KeyboardEvent, SubmitEvent};

use crate::pages::sign_in::remembered;
use answer::{Refusal, send};

/// After so long a form says that it takes longer than usual.
const SLOW_MILLISECONDS: i32 = 5_000;
/// So long the next page may take, once the form was accepted, until one may press again.
const STUCK_MILLISECONDS: i32 = 15_000;
/// What a form listens to.
const HEARD: [&str; 5] = ["submit", "click", "input", "focusout", "keyup"];

/// Brings the form in it to life.
///
/// The island draws nothing itself and holds no signal, so that of Leptos' reactive graph as little as can be is linked into WASM.
#[island]
pub fn LiveForm(
    /// The form, as the server draws it.
    children: Children,
) -> impl IntoView {
    if cfg!(target_arch = "wasm32") {
        page::forms().for_each(begin);
    }
    children()
}

fn begin(form: HtmlFormElement) {
    for element in page::all(&form, "[data-live]") {
        element.set_hidden(false);
    }
    draft::recall(&form);
    remembered::recall(&form);
    page::tell_notice();
    page::set(&form, "data-hydrated", "true");
    let own = form.clone();
    let attempt = Attempt::default();
    let hear = Closure::<dyn Fn(Event)>::new(move |event: Event| hear(&own, &attempt, &event)).into_js_value();
    for kind in HEARD {
        page::listen(&form, kind, &hear);
    }
    // A page may come back out of the browser's memory just as it was left: not as "Signing in…".
    page::listen(&window(), "pagehide", &hear);
}

/// Tells the times that a form was sent apart: what comes late of an earlier one changes nothing any more.
#[derive(Clone, Default)]
struct Attempt(Rc<Cell<u32>>);

impl Attempt {
    /// Ends the last one; gives the next.
    fn next(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(1));
        self.0.get()
    }

    fn is(&self, number: u32) -> bool {
        self.0.get() == number
    }
}

fn hear(form: &HtmlFormElement, attempt: &Attempt, event: &Event) {
    let kind = event.type_();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    match (kind.as_str(), target) {
        ("submit", _) => submit(form, attempt, event),
        ("pagehide", _) => leave(form, attempt),
        ("click", Some(target)) => click(&target),
        ("keyup", Some(target)) => {
            let key = event.dyn_ref::<KeyboardEvent>();
            advice::caps_lock(&target, key.is_some_and(|key| key.get_modifier_state("CapsLock")));
        }
        (_, Some(target)) => {
            let Ok(input) = target.dyn_into::<HtmlInputElement>() else { return };
            if kind == "focusout" {
                advice::caps_lock(&input, false);
                advice::passwords(form, Some(&input));
            } else {
                advice::passwords(form, None);
                draft::keep(&input);
                advice::check_later(form, &input);
            }
        }
        _ => {}
    }
}

fn leave(form: &HtmlFormElement, attempt: &Attempt) {
    attempt.next();
    page::settle(form);
    page::all(form, ".reveal").for_each(|button| page::reveal(&button, false));
}

/// The one button that is no submit button shows a password or covers it.
fn click(target: &Element) {
    let Some(button) = target.closest(".reveal").ok().flatten() else { return };
    let is_revealed = button.get_attribute("aria-pressed").as_deref() == Some("true");
    page::reveal(&button, !is_revealed);
}

fn submit(form: &HtmlFormElement, attempt: &Attempt, event: &Event) {
    event.prevent_default();
    if form.has_attribute("data-pending") {
        return;
    }
    let button: Option<Element> = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter).map(Into::into);
    advice::check_no_more();
    page::wait(form, button.as_ref());
    let number = attempt.next();
    later(form, (attempt, number), SLOW_MILLISECONDS, |form| page::reveal_slow(form, true));
    let (form, attempt) = (form.clone(), attempt.clone());
    wasm_bindgen_futures::spawn_local(async move {
        let sent = send(&form, button.as_ref()).await;
        if !attempt.is(number) {
            return;
        }
        let left = sent.and_then(|path| {
            let left = window().location().assign(path.as_str()).map_err(|_| Refusal::Unavailable);
            left.map(|()| {
                draft::forget();
                remembered::then(&form);
                // The next page may be stopped on its way, and nobody says so.
                later(&form, (&attempt, number), STUCK_MILLISECONDS, page::settle);
            })
        });
        if let Err(refusal) = left {
            attempt.next();
            page::settle(&form);
            page::uncover(&form);
            page::refuse(&form, refusal);
        }
    });
}

/// Does `act` later, if the form still waits for that attempt then.
fn later(form: &HtmlFormElement, (attempt, number): (&Attempt, u32), milliseconds: i32, act: fn(&HtmlFormElement)) {
    let (form, attempt) = (form.clone(), attempt.clone());
    page::after(milliseconds, move || {
        if attempt.is(number) {
            act(&form);
        }
    });
}
