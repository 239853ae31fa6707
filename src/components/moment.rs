//! A moment, for people and for machines.

use leptos::prelude::*;

use super::words::language;
use crate::domain::Timestamp;

/// `22 November 2026, 15:07 UTC`
#[component]
pub fn Moment(
    /// The moment.
    at: Timestamp,
) -> impl IntoView {
    view! { <time datetime=at.to_rfc3339()>{at.to_display(language())}</time> }
}
