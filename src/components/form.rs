//! The forms' machinery: one plain HTML form that WASM, once there, sends without leaving the page.
//!
//! 1. The server renders the form with what it knows ([`FormState`]): values, problems, the mark of where to look first.
//! 2. Without WASM the browser posts it to `action` and shows the page that comes back.
//! 3. With WASM [`LiveForm`] posts the same fields to the server function, follows an [`Accepted`] and shows a [`Refused`] in place,
//!    at the same fields and in the same words.
//!
//! Inputs are uncontrolled: what was typed before WASM arrived stays (PLATFORM.md, `prop:value`). `novalidate` leaves the
//! judgement to the server in every mode, so that the same mistake is answered by the same words.
//!
//! [`FormState`]: crate::domain::FormState
//! [`Accepted`]: crate::domain::Accepted
//! [`Refused`]: crate::domain::Refused

use leptos::prelude::*;

use super::alert::{FormAlert, Summary};
use super::live_form::LiveForm;
use super::words::{language, say};
use crate::domain::{AuthError, Field, PageContext, Problem, text};
use crate::paths;

/// One form of a page, and what was refused of it.
#[derive(Clone, Copy)]
pub struct FormHandle {
    id: &'static str,
    fields: &'static [Field],
    error: StoredValue<Option<AuthError>>,
}

impl FormHandle {
    /// The form `id` with `fields`, and what the server last said of it.
    pub fn new(id: &'static str, fields: &'static [Field], error: Option<AuthError>) -> Self {
        Self { id, fields, error: StoredValue::new(error) }
    }

    /// The element id of `field`, unique on a page of several forms.
    pub fn field_id(self, field: Field) -> String {
        self.part_id(field.as_str())
    }

    /// The element id of another part of the form.
    pub fn part_id(self, part: &str) -> String {
        format!("{}-{part}", self.id)
    }

    /// What is wrong with `field`.
    pub fn problem(self, field: Field) -> Option<Problem> {
        self.error.with_value(|error| match error {
            Some(AuthError::Invalid(fields)) => fields.get(field),
            _ => None,
        })
    }

    /// `aria-invalid` of `field`.
    pub fn is_invalid(self, field: Field) -> Option<&'static str> {
        self.problem(field).map(|_| "true")
    }

    /// What is wrong with the whole form: all that no field of it can say.
    pub fn general_error(self) -> Option<AuthError> {
        self.error.get_value().filter(|_| self.first_wrong().is_none())
    }

    /// Whether the rendered page starts with its focus at `field`, the first wrong one.
    pub fn starts_at(self, field: Field) -> bool {
        self.first_wrong() == Some(field)
    }

    /// Its fields in their order.
    pub fn fields(self) -> &'static [Field] {
        self.fields
    }

    fn first_wrong(self) -> Option<Field> {
        self.fields.iter().copied().find(|field| self.problem(*field).is_some())
    }
}

/// A form that works as plain HTML and is sent by `fetch` once WASM is there.
#[component]
pub fn Form(
    /// Its state.
    form: FormHandle,
    /// Where the browser posts it without WASM.
    #[prop(into)]
    action: String,
    /// The server function that takes it with WASM.
    rpc: &'static str,
    /// What the browser does once the server has accepted it, before the page is left (`pages/sign_in/remembered.rs`).
    #[prop(optional)]
    then: Option<&'static str>,
    /// Whether what was typed into it outlives a reload, passwords aside.
    #[prop(optional)]
    keeps_draft: bool,
    /// Its fields and its button.
    children: Children,
) -> impl IntoView {
    // Only who was signed in can find that they are so no more.
    let is_member = with_context::<PageContext, _>(|page| page.viewer.is_some()).unwrap_or_default();
    let sign_in = is_member.then(|| paths::login_returning_to(paths::PROFILE));
    view! {
        <LiveForm>
            <form
                id=form.id
                class="form"
                method="post"
                action=action
                novalidate
                data-rpc=rpc
                data-then=then
                data-draft=keeps_draft.then_some("")
                data-offline=text::error(language(), &AuthError::Offline)
                data-sign-in=sign_in
                data-sign-in-label=is_member.then(|| say(text::form::SIGN_IN_AGAIN))
                data-unavailable=text::error(language(), &AuthError::Unavailable)
                data-error=text::title_warning(language())
            >
                <FormAlert form/>
                <Summary form/>
                {children()}
                <p class="hint slow" role="status">
                    <span hidden>{say(text::form::SLOW)}</span>
                </p>
            </form>
        </LiveForm>
    }
}
