//! A labelled line of text with its hint and its problem.

use leptos::prelude::*;

use super::form::FormHandle;
use super::icon::WarningIcon;
use super::words::{language, say};
use crate::domain::{Field, text};

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
    view! {
        <div class="field">
            <Label id=id.clone() label optional/>
            <Hint id=id.clone() hint=hint.map(str::to_owned)/>
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
                aria-describedby=described_by(&id, hint.is_some(), check.is_some())
                data-own=names_its_owner(field).then_some("")
                data-check=check
            />
            {match check {
                None => view! { <FieldProblem form field/> }.into_any(),
                // What is said of it while one types is told without moving the focus there.
                Some(_) => {
                    view! {
                        <div role="status">
                            <FieldProblem form field/>
                            <Advice id lines=vec![("free", say(text::form::USERNAME_FREE).to_owned())]/>
                        </div>
                    }
                        .into_any()
                }
            }}
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

/// What to know before typing.
#[component]
pub fn Hint(
    /// The input's element id.
    id: String,
    /// Nothing is shown when there is none.
    hint: Option<String>,
) -> impl IntoView {
    hint.map(|hint| view! { <p class="hint" id={id + "-hint"}>{hint}</p> })
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

/// Lines that WASM shows and hides while one types (`live_form/advice.rs`), by their names there.
#[component]
pub fn Advice(
    /// The input's element id.
    id: String,
    /// Each line's name and words.
    lines: Vec<(&'static str, String)>,
) -> impl IntoView {
    let lines = lines.into_iter().map(|(name, words)| view! { <span hidden data-advice=name>{words}</span> });
    view! {
        <p class="hint advice" id={id + "-advice"}>
            {lines.collect_view()}
        </p>
    }
}

/// Whether a password with this in it is easy to guess for who knows its owner.
fn names_its_owner(field: Field) -> bool {
    matches!(field, Field::Email | Field::Username | Field::FirstName | Field::LastName)
}

/// Ties hint, problem and advice to the input of that id, so that a screen reader tells them with it.
pub fn described_by(id: &str, has_hint: bool, has_advice: bool) -> String {
    let hint = has_hint.then(|| format!("{id}-hint"));
    let advice = has_advice.then(|| format!("{id}-advice"));
    let parts = [hint, Some(format!("{id}-problem")), advice];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
