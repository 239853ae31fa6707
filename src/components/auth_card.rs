//! The card that the signed-out screens stand on.

use leptos::prelude::*;

/// A titled card in the middle of the page.
#[component]
pub fn AuthCard(
    /// Its heading, the page's first.
    title: &'static str,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="auth-card">
            <h1 class="auth-card-title">{title}</h1>
            {children()}
        </div>
    }
}

/// The line under a form that leads to the other one.
#[component]
pub fn Elsewhere(
    /// Whom it is for.
    question: &'static str,
    /// Where it leads.
    href: &'static str,
    /// What is there.
    label: &'static str,
) -> impl IntoView {
    view! {
        <p class="elsewhere">
            {question} " " <a href=href>{label}</a>
        </p>
    }
}
