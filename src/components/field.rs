//! A labelled line of text with its hint and its problem.

use leptos::prelude::*;

use super::form::FormHandle;
use super::icon::WarningIcon;
use super::words::{language, say};
use crate::domain::{Field, Problem, text};

/// A one-line input.
///
/// E-mail addresses are `type="text"` with `inputmode="email"` on purpose: `type="email"` turns an international domain into
/// its ASCII form before we see it, and the profile would show `xn--…` to the person who typed letters.
#[component]
pub fn TextField(
    /// The form it belongs to.
    form: FormHandle,
    /// Which field it is.
    field: Field,
    /// What it is called.
    label: &'static str,
    /// Its value as the server knows it.
    value: String,
    /// What browsers and password managers fill in.
    autocomplete: &'static str,
    /// The keyboard that a phone shows.
    #[prop(default = "text")]
    inputmode: &'static str,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// What to know before typing.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// The server function that says whether what is typed could be had.
    #[prop(optional)]
    check: Option<&'static str>,
) -> impl IntoView {
    let id = form.field_id(field);
    let advice = check.map(|_| {
        // The words that it mostly has, for its place to be as large as they are.
        let taken = text::problem(language(), field, Problem::Taken);
        vec![("free", say(text::form::USERNAME_FREE).to_owned()), ("problem", taken)]
    });
    let advice = advice.unwrap_or_default();
    view! {
        <div class="field">
            <Label id=id.clone() label optional/>
            <Hint id=id.clone() hint=hint.map(str::to_owned) advice/>
            <input
                class="input"
                type="text"
                id=id.clone()
                name=field.as_str()
                value=value
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize=if optional { "words" } else { "none" }
                spellcheck="false"
                required=!optional
                autofocus=form.starts_at(field)
                aria-invalid=form.is_invalid(field)
                aria-describedby=described_by(&id, hint.is_some())
                data-own=names_its_owner(field).then_some("")
                data-check=check
            />
            <FieldProblem form field/>
        </div>
    }
}

/// The name of an input.
#[component]
pub fn Label(
    /// The input's element id.
    id: String,
    /// The name.
    label: &'static str,
    /// Whether the input may stay empty.
    optional: bool,
) -> impl IntoView {
    view! {
        <label class="label" for=id>
            {label}
            {optional.then(|| view! { " " <span class="label-note">{say(text::form::OPTIONAL)}</span> })}
        </label>
    }
}

/// What to know before typing, and what stands there instead while one types (`live_form/advice.rs`).
///
/// All lines have the same place, as large as the largest of them: were one more to come, what is below would move away under the
/// pointer that is about to press it.
#[component]
pub fn Hint(
    /// The input's element id.
    id: String,
    /// Nothing is shown when there is none.
    hint: Option<String>,
    /// The lines that only WASM shows, each with its name there.
    #[prop(optional)]
    advice: Vec<(&'static str, String)>,
) -> impl IntoView {
    hint.map(|hint| {
        let has_advice = !advice.is_empty();
        let advice = advice.into_iter().map(|(name, words)| view! { <p hidden data-advice=name>{words}</p> });
        view! {
            <div class="hints" id={id + "-hint"}>
                <p data-advice="hint">{hint}</p>
                {has_advice.then(|| view! { <div class="advice" role="status">{advice.collect_view()}</div> })}
            </div>
        }
    })
}

/// What is wrong with a field, when something is; its place is there in any case.
#[component]
pub fn FieldProblem(
    /// The form.
    form: FormHandle,
    /// The field.
    field: Field,
) -> impl IntoView {
    let problem = form.problem(field).map(|problem| text::problem(language(), field, problem));
    let is_hidden = problem.is_none();
    view! {
        <p class="problem" id=format!("{}-problem", form.field_id(field)) hidden=is_hidden>
            <WarningIcon/>
            <span>{problem}</span>
        </p>
    }
}

/// Whether a password with this in it is easy to guess for who knows its owner.
fn names_its_owner(field: Field) -> bool {
    matches!(field, Field::Email | Field::Username | Field::FirstName | Field::LastName)
}

/// Ties hint and problem to the input of that id, so that a screen reader tells them with it.
pub fn described_by(id: &str, has_hint: bool) -> String {
    if has_hint { format!("{id}-hint {id}-problem") } else { format!("{id}-problem") }
}
