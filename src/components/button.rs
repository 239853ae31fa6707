//! The one action of a form.

use leptos::prelude::*;

use super::form::FormHandle;

/// Sends the form and shows that it is on its way.
///
/// It is never `disabled`: that would drop the keyboard focus while the answer is awaited. [`FormHandle`] ignores a
/// second press.
#[component]
pub fn SubmitButton(
    /// The form it belongs to.
    form: FormHandle,
    /// What it does.
    label: &'static str,
    /// What it says while that is under way.
    pending: &'static str,
    /// Its look.
    #[prop(default = "button button-primary")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class=class
            aria-disabled=move || form.is_pending().then_some("true")
        >
            {move || if form.is_pending() { pending } else { label }}
        </button>
    }
}
