//! A password, which its owner may look at while typing.

use leptos::prelude::*;

use super::field::{FieldProblem, Hint, Label, described_by};
use super::form::FormHandle;
use super::icon::EyeIcon;
use crate::domain::Field;

/// A password input with a button that reveals it.
///
/// It never has a value to start with: a page does not echo a password. On its way to the server it is covered again, so
/// that password managers know it for what it is.
#[component]
pub fn PasswordField(
    /// The form it belongs to.
    form: FormHandle,
    /// Which field it is.
    field: Field,
    /// What it is called.
    label: &'static str,
    /// What the button that reveals it is called.
    reveal: &'static str,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// What to know before typing.
    #[prop(optional)]
    hint: Option<String>,
) -> impl IntoView {
    let id = form.field_id(field);
    let has_hint = hint.is_some();
    view! {
        <div class="field">
            <Label id=id.clone() label optional=false/>
            <Hint id=id.clone() hint/>
            <div class="password">
                <input
                    class="input"
                    type="password"
                    id=id.clone()
                    name=field.as_str()
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=form.starts_at(field)
                    aria-invalid=form.is_invalid(field)
                    aria-describedby=described_by(&id, has_hint)
                />
                <button
                    type="button"
                    class="reveal"
                    hidden
                    data-live=""
                    aria-label=reveal
                    aria-controls=id.clone()
                    aria-pressed="false"
                >
                    <EyeIcon/>
                </button>
            </div>
            <FieldProblem form field/>
        </div>
    }
}

/// Tells password managers whose password a form is about; nobody sees it and it is not sent.
#[component]
pub fn AccountHint(
    /// The account's username.
    username: String,
) -> impl IntoView {
    view! { <input type="text" autocomplete="username" value=username hidden readonly/> }
}
