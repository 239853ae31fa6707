//! A box to tick.

use leptos::prelude::*;

use super::field::{FieldProblem, described_by};
use super::form::FormHandle;
use crate::domain::Field;

/// A tick that the server asks for; its value is `yes`. It is never ticked beforehand.
#[component]
pub fn TickField(
    /// The form it belongs to.
    form: FormHandle,
    /// Which field it is.
    field: Field,
    /// What ticking it says.
    label: &'static str,
) -> impl IntoView {
    let id = form.field_id(field);
    view! {
        <div class="field">
            <div class="tick">
                <input
                    type="checkbox"
                    id=id.clone()
                    name=field.as_str()
                    value="yes"
                    required
                    autofocus=form.starts_at(field)
                    aria-invalid=form.is_invalid(field)
                    aria-describedby=described_by(&id, false)
                />
                <label for=id.clone()>{label}</label>
            </div>
            <FieldProblem form field/>
        </div>
    }
}

/// A tick that one may set or leave; its value is `yes`.
#[component]
pub fn ChoiceTick(
    /// The form it belongs to.
    form: FormHandle,
    /// Which field it is.
    field: Field,
    /// What ticking it says.
    label: &'static str,
    /// Whether it was ticked when the form was refused.
    is_ticked: bool,
) -> impl IntoView {
    let id = form.field_id(field);
    view! {
        <div class="tick">
            <input type="checkbox" id=id.clone() name=field.as_str() value="yes" checked=is_ticked/>
            <label for=id>{label}</label>
        </div>
    }
}

/// A tick that only this browser knows of: it is not sent, and shows only once WASM can act on it.
#[component]
pub fn LocalTick(
    /// The form it belongs to.
    form: FormHandle,
    /// Its part of the form's element ids.
    part: &'static str,
    /// What ticking it says.
    label: &'static str,
) -> impl IntoView {
    let id = form.part_id(part);
    view! {
        <div class="tick tick-local" hidden data-live="">
            <input type="checkbox" id=id.clone()/>
            <label for=id>{label}</label>
        </div>
    }
}
