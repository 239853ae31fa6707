//! The card that the signed-out screens stand on.

use leptos::prelude::*;

use super::layout::Layout;
use super::words::say;
use crate::domain::text;
use crate::paths;

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

/// What stands behind a page for members: the server sends everybody else to the sign-in page.
#[component]
pub fn SignedOutCard(
    /// The page's heading.
    title: &'static str,
    /// The page's path, to come back to.
    path: &'static str,
    /// What there is not to be seen.
    sentence: &'static str,
) -> impl IntoView {
    view! {
        <Layout title path>
            <AuthCard title>
                <p>{sentence}</p>
                <p>
                    <a class="button button-primary" href=paths::login_returning_to(path)>
                        {say(text::frame::SIGN_IN)}
                    </a>
                </p>
            </AuthCard>
        </Layout>
    }
}
