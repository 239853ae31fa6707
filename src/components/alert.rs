//! Lines that say how something went: an alert for what did not work, a notice for what did.

use leptos::prelude::*;

use super::form::FormHandle;
use super::icon::{CheckIcon, WarningIcon};
use super::words::{language, say};
use crate::domain::{Notice, text};

/// What is wrong with a form as a whole, when something is. A refusal that no field can tell moves the focus here.
#[component]
pub fn FormAlert(
    /// The form.
    form: FormHandle,
) -> impl IntoView {
    let error = form.general_error();
    let is_hidden = error.is_none();
    let sentence = error.map(|error| text::error(language(), &error));
    view! {
        <div
            class="alert"
            id=form.part_id("alert")
            role="alert"
            tabindex="-1"
            autofocus=!is_hidden
            hidden=is_hidden
        >
            <WarningIcon/>
            <p>
                <span>{sentence}</span>
            </p>
        </div>
    }
}

/// A form of so many fields that one may look for the wrong ones lists its problems, each as a way to its field.
#[component]
pub fn Summary(
    /// The form.
    form: FormHandle,
) -> impl IntoView {
    const FEW: usize = 2;
    (form.fields().len() > FEW).then(|| {
        let problems = form.fields().iter().copied().filter_map(|field| Some((field, form.problem(field)?)));
        let problems: Vec<_> = problems.collect();
        let is_hidden = problems.len() < 2;
        let items = problems.into_iter().map(|(field, problem)| {
            let line = format!("{}: {}", say(text::form::label(field)), text::problem(language(), field, problem));
            view! {
                <li>
                    <a href=format!("#{}", form.field_id(field))>{line}</a>
                </li>
            }
        });
        view! {
            <div
                class="alert"
                id=form.part_id("summary")
                role="group"
                aria-labelledby=form.part_id("summary-heading")
                hidden=is_hidden
            >
                <WarningIcon/>
                <div>
                    <p id=form.part_id("summary-heading")>{say(text::form::SUMMARY)}</p>
                    <ul>{items.collect_view()}</ul>
                </div>
            </div>
        }
    })
}

/// What has just worked.
#[component]
pub fn NoticeLine(
    /// Nothing is shown when there is none.
    notice: Option<Notice>,
) -> impl IntoView {
    notice.map(|notice| {
        view! {
            <div class="notice" role="status">
                <CheckIcon/>
                <p>{say(text::notice(notice))}</p>
            </div>
        }
    })
}
