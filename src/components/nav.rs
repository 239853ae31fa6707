//! The header: whose house this is, who is signed in, and the way out.

use leptos::prelude::*;

use super::icon::KeyIcon;
use super::words::{language, say};
use crate::domain::{PageContext, text};
use crate::pages::sign_out::form::SignOutForm;
use crate::paths;

/// The header of every page.
#[component]
pub fn Nav(
    /// The request's page.
    page: PageContext,
    /// The path of the page that is shown.
    path: &'static str,
) -> impl IntoView {
    let mark = match page.brand.logo.as_ref().map(|logo| logo.path.clone()) {
        Some(path) => view! { <img class="mark" src=path alt=""/> }.into_any(),
        None => view! { <KeyIcon/> }.into_any(),
    };
    let name = page.brand.name.clone();
    let links = match page.viewer {
        Some(viewer) => view! { <SignedIn username=viewer.account.username path/> }.into_any(),
        None => view! { <SignedOut path sign_up_open=page.sign_up_open/> }.into_any(),
    };
    view! {
        <header class="header">
            <a class="brand" href=paths::HOME aria-label=text::frame::home(language(), &name)>
                {mark}
                <span>{name.clone()}</span>
            </a>
            <nav class="nav" aria-label=say(text::frame::ACCOUNT)>{links}</nav>
        </header>
    }
}

#[component]
fn SignedIn(username: String, path: &'static str) -> impl IntoView {
    view! {
        <a class="nav-who" href=paths::PROFILE aria-current=current(path, paths::PROFILE)>
            <span class="nav-who-lead">{say(text::frame::SIGNED_IN_AS)}</span>
            " "
            <bdi class="nav-who-name">{username}</bdi>
        </a>
        <SignOutForm/>
    }
}

#[component]
fn SignedOut(path: &'static str, sign_up_open: bool) -> impl IntoView {
    let register = sign_up_open.then(|| {
        view! {
            <a class="nav-link" href=paths::REGISTER aria-current=current(path, paths::REGISTER)>
                {say(text::frame::REGISTER)}
            </a>
        }
    });
    view! {
        <a class="nav-link" href=paths::LOGIN aria-current=current(path, paths::LOGIN)>
            {say(text::frame::SIGN_IN)}
        </a>
        {register}
    }
}

fn current(here: &str, link: &str) -> Option<&'static str> {
    (here == link).then_some("page")
}
