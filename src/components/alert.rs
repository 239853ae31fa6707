//! Lines that say how something went: an alert for what did not work, a notice for what did.

use leptos::prelude::*;

use super::form::FormHandle;
use super::icon::{CheckIcon, WarningIcon};
use crate::domain::{AuthError, Notice, text};
use crate::paths;

/// What is wrong with a form as a whole, when something is. A refusal that no field can tell moves the focus here.
#[component]
pub fn FormAlert(
    /// The form.
    form: FormHandle,
) -> impl IntoView {
    let error = form.general_error();
    view! {
        <div
            class="alert"
            id=form.part_id("alert")
            role="alert"
            tabindex="-1"
            autofocus=error.is_some()
            hidden=error.is_none()
        >
            <WarningIcon/>
            <p>
                <span>{error.as_ref().map(text::error)}</span>
                " "
                <a
                    href=paths::login_returning_to(paths::PROFILE)
                    hidden=error != Some(AuthError::Unauthenticated)
                >
                    {text::form::SIGN_IN_AGAIN}
                </a>
            </p>
        </div>
    }
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
                <p>{text::notice(notice)}</p>
            </div>
        }
    })
}
