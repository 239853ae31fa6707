//! Icons: drawn in the text's own colour, and silent, since the words beside them say the same.

use leptos::prelude::*;

/// A ring with an exclamation mark, beside what went wrong.
#[component]
pub fn WarningIcon() -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" viewBox="0 0 20 20">
            <path d="M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 1.6a6.4 6.4 0 1 1 0 12.8 6.4 6.4 0 0 1 0-12.8ZM9.2 6v5h1.6V6Zm0 6.4V14h1.6v-1.6Z"></path>
        </svg>
    }
}

/// A ring with a tick, beside what went well.
#[component]
pub fn CheckIcon() -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" viewBox="0 0 20 20">
            <path d="M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 1.6a6.4 6.4 0 1 1 0 12.8 6.4 6.4 0 0 1 0-12.8Zm3.1 3.6L9 11.3 6.9 9.2l-1.1 1.1L9 13.5l5.2-5.2Z"></path>
        </svg>
    }
}

/// An eye; the style sheet strikes it through while the password shows.
#[component]
pub fn EyeIcon() -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" viewBox="0 0 20 20">
            <path d="M10 4C5.6 4 2.3 7.3 1 10c1.3 2.7 4.6 6 9 6s7.7-3.3 9-6c-1.3-2.7-4.6-6-9-6Zm0 1.6c3.3 0 5.8 2.3 7.2 4.4-1.4 2.1-3.9 4.4-7.2 4.4S4.2 12.1 2.8 10C4.2 7.9 6.7 5.6 10 5.6Zm0 1.4a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z"></path>
            <path class="icon-strike" d="m3.1 2 14.9 14.9-1.1 1.1L2 3.1Z"></path>
        </svg>
    }
}

/// The product's mark: a key.
#[component]
pub fn KeyIcon() -> impl IntoView {
    view! {
        <svg class="mark" aria-hidden="true" viewBox="0 -3 32 32">
            <path d="M11 5a8 8 0 1 0 7.4 11H21v4h4v-4h4v-4H18.4A8 8 0 0 0 11 5Zm0 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z"></path>
        </svg>
    }
}
