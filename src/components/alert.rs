//! Lines that say how something went: an alert for what did not work, a notice for what did.

use leptos::prelude::*;

use super::form::FormHandle;
use super::icon::{CheckIcon, WarningIcon};
use crate::domain::{AuthError, Notice, text};
use crate::paths;

/// What is wrong with a form as a whole. A refusal that no field can tell moves the focus here.
#[component]
pub fn FormAlert(
    /// The form.
    form: FormHandle,
) -> impl IntoView {
    // Only the page itself may take the focus this way; later it is moved by hand.
    let autofocus = move || untrack(|| !form.is_alive());
    move || {
        form.general_error().map(|error| {
            let sign_in_again = matches!(error, AuthError::Unauthenticated).then(|| {
                view! {
                    " "
                    <a href=paths::login_returning_to(paths::PROFILE)>{text::form::SIGN_IN_AGAIN}</a>
                }
            });
            view! {
                <div
                    class="alert"
                    id=form.part_id("alert")
                    role="alert"
                    tabindex="-1"
                    autofocus=autofocus()
                >
                    <WarningIcon/>
                    <p>{text::error(&error)} {sign_in_again}</p>
                </div>
            }
        })
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
