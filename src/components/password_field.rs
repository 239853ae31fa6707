//! A password, which its owner may look at while typing.

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;

use super::field::{FieldProblem, Hint, Label, described_by};
use super::form::FormHandle;
use super::icon::EyeIcon;
use super::words::{language, say};
use crate::domain::{Field, Password, text};

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
    /// Of a new password the fewest characters.
    #[prop(optional)]
    min_length: Option<u16>,
) -> impl IntoView {
    let id = form.field_id(field);
    let hint = min_length.map(|least| text::form::new_password_hint(language(), least));
    let has_hint = hint.is_some();
    let advice = min_length.map(|least| {
        let short = text::form::too_short_yet(language(), least);
        vec![("short", short), ("own", say(text::form::OWN_NAME).to_owned())]
    });
    let advice = advice.unwrap_or_default();
    let rules = custom_attribute("passwordrules", min_length.map(password_rules));
    view! {
        <div class="field">
            <div class="label-line">
                <Label id=id.clone() label optional=false/>
                <p class="caps" role="status">
                    <span hidden id=format!("{id}-caps")>{say(text::form::CAPS_LOCK)}</span>
                </p>
            </div>
            <Hint id=id.clone() hint advice/>
            <div class="password">
                <input
                    class="input"
                    type="password"
                    id=id.clone()
                    name=field.as_str()
                    autocomplete=autocomplete
                    minlength=min_length
                    data-least=min_length
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=form.starts_at(field)
                    aria-invalid=form.is_invalid(field)
                    aria-describedby=described_by(&id, has_hint)
                    {..rules}
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

/// What password managers may make up (<https://developer.apple.com/password-rules/>): any characters, and as long as we take.
fn password_rules(min_length: u16) -> String {
    format!("minlength: {min_length}; maxlength: {}; allowed: unicode;", Password::MAX)
}

/// Tells password managers whose password a form is about; nobody sees it and it is not sent.
#[component]
pub fn AccountHint(
    /// The account's username.
    username: String,
) -> impl IntoView {
    view! { <input type="text" autocomplete="username" value=username data-own="" hidden readonly/> }
}
