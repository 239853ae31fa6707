//! What WASM adds to a form: it is sent without leaving the page, and what was refused shows in place.
//!
//! The server draws the form, with a hidden place for each thing that may show later and the words for it. So the island knows no field,
//! no text and no language, and is the same for every form: that keeps it small (`make weight`). It speaks to the page by attributes:
//!
//! - `data-rpc` on the form: the server function to send it to; `data-offline` and `data-unavailable`: what to say when there is no answer;
//!   `data-sign-in` and its label: where to go when the session has ended; `data-then`: what this browser does once it is accepted ([`remembered`]).
//! - `data-live` on what shows only with WASM; `data-pending` on the button: what it says meanwhile.
//! - `FORM-alert`, `FORM-FIELD` and `FORM-FIELD-problem` as ids.

mod answer;
mod page;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlFormElement, SubmitEvent};

use crate::pages::sign_in::remembered;
use answer::{Refusal, send};

/// Brings the form in it to life.
#[island]
pub fn LiveForm(
    /// The form, as the server draws it.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    Effect::new(move || {
        let form = root.get().and_then(|root| root.query_selector("form").ok().flatten());
        if let Some(form) = form.and_then(|form| form.dyn_into().ok()) {
            begin(form);
        }
    });
    view! {
        <div class="live" node_ref=root on:submit=submit on:click=click>
            {children()}
        </div>
    }
}

fn begin(form: HtmlFormElement) {
    for element in page::all(&form, "[data-live]") {
        element.set_hidden(false);
    }
    remembered::recall(&form);
    page::set(&form, "data-hydrated", "true");
    // A page may come back out of the browser's memory just as it was left: not as "Signing in…".
    window_event_listener_untyped("pagehide", move |_| {
        page::settle(&form);
        page::all(&form, ".reveal").for_each(|button| page::reveal(&button, false));
    });
}

/// The one button that is no submit button shows a password or covers it.
fn click(event: impl AsRef<Event>) {
    let target = event.as_ref().target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(button) = target.and_then(|target| target.closest(".reveal").ok().flatten()) else { return };
    let is_revealed = button.get_attribute("aria-pressed").as_deref() == Some("true");
    page::reveal(&button, !is_revealed);
}

fn submit(event: SubmitEvent) {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some((form, rpc)) = form.and_then(|form| form.get_attribute("data-rpc").map(|rpc| (form, rpc))) else { return };
    event.prevent_default();
    if form.has_attribute("data-pending") {
        return;
    }
    let button: Option<Element> = event.submitter().map(Into::into);
    page::wait(&form, button.as_ref());
    wasm_bindgen_futures::spawn_local(async move {
        let sent = send(&form, button.as_ref(), &rpc).await;
        let left = sent.and_then(|path| {
            let left = window().location().assign(path.as_str()).map_err(|_| Refusal::Unavailable);
            left.map(|()| remembered::then(&form))
        });
        if let Err(refusal) = left {
            page::settle(&form);
            page::uncover(&form);
            page::refuse(&form, refusal);
        }
    });
}
