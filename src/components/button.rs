//! The one action of a form.

use leptos::prelude::*;

/// Sends the form and shows that it is on its way.
///
/// It is never `disabled`: that would drop the keyboard focus while the answer is awaited. [`LiveForm`] ignores a second press.
///
/// [`LiveForm`]: super::live_form::LiveForm
#[component]
pub fn SubmitButton(
    /// What it does.
    label: &'static str,
    /// What it says while that is under way.
    pending: &'static str,
    /// Its look.
    #[prop(default = "button button-primary")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=class data-pending=pending>
            {label}
        </button>
    }
}
