//! The forms' machinery: one plain HTML form that WASM, once there, sends without leaving the page.
//!
//! 1. The server renders the form with what it knows ([`FormState`]): values, problems, the mark of where to look first.
//! 2. Without WASM the browser posts it to `action` and shows the page that comes back.
//! 3. With WASM [`FormHandle::submit`] posts the same fields to the server function, follows an [`Accepted`] and shows
//!    an [`AuthError`] in place, at the same fields and in the same words.
//!
//! Inputs are uncontrolled: what was typed before WASM arrived stays (PLATFORM.md, `prop:value`). `novalidate` leaves the
//! judgement to the server in every mode, so that the same mistake is answered by the same words.
//!
//! [`FormState`]: crate::domain::FormState
//! [`Accepted`]: crate::domain::Accepted

use leptos::{ev, prelude::*, task};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::alert::FormAlert;
use super::post;
use crate::domain::{AuthError, Field, Problem};

/// One form of a page: what was refused, whether it is on its way, whether WASM has reached it.
#[derive(Clone, Copy)]
pub struct FormHandle {
    id: &'static str,
    fields: &'static [Field],
    error: RwSignal<Option<AuthError>>,
    is_pending: RwSignal<bool>,
    is_alive: RwSignal<bool>,
}

impl FormHandle {
    /// The form `id` with `fields`, and what the server last said of it.
    pub fn new(id: &'static str, fields: &'static [Field], error: Option<AuthError>) -> Self {
        Self {
            id,
            fields,
            error: RwSignal::new(error),
            is_pending: RwSignal::new(false),
            is_alive: RwSignal::new(false),
        }
    }

    /// The element id of `field`, unique on a page of several forms.
    pub fn field_id(self, field: Field) -> String {
        self.part_id(field.as_str())
    }

    /// The element id of another part of the form.
    pub fn part_id(self, part: &str) -> String {
        format!("{}-{part}", self.id)
    }

    /// Whether the form is on its way to the server.
    pub fn is_pending(self) -> bool {
        self.is_pending.get()
    }

    /// Whether WASM has reached the form; controls that need it show from then on.
    pub fn is_alive(self) -> bool {
        self.is_alive.get()
    }

    /// What is wrong with `field`.
    pub fn problem(self, field: Field) -> Option<Problem> {
        self.error.with(|error| match error {
            Some(AuthError::Invalid(fields)) => fields.get(field),
            _ => None,
        })
    }

    /// What is wrong with the whole form: all that no field of it can say.
    pub fn general_error(self) -> Option<AuthError> {
        let has_place = || self.first_wrong().is_some();
        self.error.get().filter(|_| !has_place())
    }

    /// Whether the rendered page starts with its focus at `field`, the first wrong one.
    pub fn starts_at(self, field: Field) -> bool {
        untrack(|| self.first_wrong() == Some(field))
    }

    fn first_wrong(self) -> Option<Field> {
        self.fields.iter().copied().find(|field| self.problem(*field).is_some())
    }

    fn submit(self, event: &ev::SubmitEvent, rpc: &'static str, accepted: fn()) {
        event.prevent_default();
        let target = event.target().and_then(|target| target.dyn_into().ok());
        let Some(element): Option<HtmlFormElement> = target else {
            return;
        };
        if self.is_pending.get_untracked() {
            return;
        }
        self.is_pending.set(true);
        let button: Option<Element> = event.submitter().map(Into::into);
        mark(button.as_ref(), true);
        task::spawn_local(async move {
            let answer = post::send(&element, button.as_ref(), rpc).await;
            match answer.and_then(|path| post::go_to(&path).map(|()| accepted())) {
                Ok(()) => {}
                Err(error) => {
                    mark(button.as_ref(), false);
                    self.refuse(error, &element).await;
                }
            }
        });
    }

    async fn refuse(self, error: AuthError, element: &HtmlFormElement) {
        clear_passwords(element);
        self.is_pending.set(false);
        self.error.set(Some(error));
        // The messages are drawn by effects, which run before the next tick.
        task::tick().await;
        let first = untrack(|| self.first_wrong()).map(|field| self.field_id(field));
        focus(&first.unwrap_or_else(|| self.part_id("alert")));
    }
}

/// A form that works as plain HTML and is sent by `fetch` once WASM is there.
#[component]
pub fn Form<View>(
    /// Its state.
    form: FormHandle,
    /// Where the browser posts it without WASM.
    #[prop(into)]
    action: String,
    /// The server function that takes it with WASM.
    rpc: &'static str,
    /// Called once the server has accepted it, before the page is left.
    #[prop(default = || ())]
    accepted: fn(),
    /// Its fields and its button.
    children: TypedChildren<View>,
) -> impl IntoView
where
    View: IntoView + 'static,
{
    let children = children.into_inner();
    Effect::new(move || {
        form.is_alive.set(true);
        // A page may come back out of the browser's memory just as it was left: not as "Signing in…".
        window_event_listener_untyped("pagehide", move |_| form.is_pending.set(false));
    });
    view! {
        <form
            id=form.id
            class="form"
            method="post"
            action=action
            novalidate
            data-hydrated=move || form.is_alive()
            on:submit=move |event| form.submit(&event, rpc, accepted)
        >
            <FormAlert form/>
            {children()}
        </form>
    }
}

/// Shows on a button that the server has drawn that its form is on its way; those of islands show it by themselves.
fn mark(button: Option<&Element>, is_pending: bool) {
    let Some(button) = button.filter(|button| button.has_attribute("name")) else { return };
    // A browser that refuses has no spinner there, and nothing else is amiss.
    let _ = if is_pending {
        button.set_attribute("aria-disabled", "true")
    } else {
        button.remove_attribute("aria-disabled")
    };
}

/// The input of that id.
pub fn input(id: &str) -> Option<HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // It fails for an element that cannot have the focus, and then there is nothing better to do.
        let _ = element.focus();
    }
}

/// A password that was refused is typed anew; nothing of it stays on the screen.
fn clear_passwords(form: &HtmlFormElement) {
    let Ok(inputs) = form.query_selector_all("[autocomplete$='-password']") else {
        return;
    };
    for node in (0..inputs.length()).filter_map(|index| inputs.get(index)) {
        if let Ok(input) = node.dyn_into::<HtmlInputElement>() {
            input.set_value("");
        }
    }
}
