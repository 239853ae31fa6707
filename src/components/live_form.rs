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

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, KeyboardEvent, SubmitEvent};

use crate::pages::sign_in::remembered;
use answer::{Refusal, send};

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
    let hear = Closure::<dyn Fn(Event)>::new(move |event: Event| hear(&own, &event)).into_js_value();
    for kind in HEARD {
        page::listen(&form, kind, &hear);
    }
    // A page may come back out of the browser's memory just as it was left: not as "Signing in…".
    page::listen(&window(), "pagehide", &hear);
}

fn hear(form: &HtmlFormElement, event: &Event) {
    let kind = event.type_();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    match (kind.as_str(), target) {
        ("submit", _) => submit(form, event),
        ("pagehide", _) => leave(form),
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

fn leave(form: &HtmlFormElement) {
    page::settle(form);
    page::all(form, ".reveal").for_each(|button| page::reveal(&button, false));
}

/// The one button that is no submit button shows a password or covers it.
fn click(target: &Element) {
    let Some(button) = target.closest(".reveal").ok().flatten() else { return };
    let is_revealed = button.get_attribute("aria-pressed").as_deref() == Some("true");
    page::reveal(&button, !is_revealed);
}

fn submit(form: &HtmlFormElement, event: &Event) {
    event.prevent_default();
    if form.has_attribute("data-pending") {
        return;
    }
    let button: Option<Element> = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter).map(Into::into);
    advice::check_no_more();
    page::wait(form, button.as_ref());
    let slow = page::after(page::SLOW_MILLISECONDS, {
        let form = form.clone();
        move || page::reveal_slow(&form, true)
    });
    let form = form.clone();
    wasm_bindgen_futures::spawn_local(async move {
        let sent = send(&form, button.as_ref()).await;
        page::forget(slow);
        let left = sent.and_then(|path| {
            let left = window().location().assign(path.as_str()).map_err(|_| Refusal::Unavailable);
            left.map(|()| {
                draft::forget();
                remembered::then(&form);
            })
        });
        if let Err(refusal) = left {
            page::settle(&form);
            page::uncover(&form);
            page::refuse(&form, refusal);
        }
    });
}
