//! The screen that a password link leads to.

pub mod form;
pub mod rpc;

use leptos::prelude::*;

use crate::components::auth_card::{AuthCard, Elsewhere};
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::{FormName, LinkedAccount, PageContext, text};
use crate::paths;
use form::SetPasswordForm;

/// `/set-password`
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    match page.linked_account.clone() {
        Some(linked) => view! { <NewPassword page linked/> }.into_any(),
        None => view! { <NoLink/> }.into_any(),
    }
}

#[component]
fn NewPassword(page: PageContext, linked: LinkedAccount) -> impl IntoView {
    let state = page.form_state(FormName::SetPassword, Vec::new());
    let LinkedAccount { id, username } = linked;
    let (account, shown) = (id.get().to_string(), username.clone());
    view! {
        <Layout title=say(text::password_link::TITLE) path=paths::SET_PASSWORD>
            <AuthCard title=say(text::password_link::TITLE)>
                <p class="account-name">
                    {say(text::password_link::ACCOUNT)} " " <bdi>{shown}</bdi>
                </p>
                <SetPasswordForm state account username min_length=page.password_min_length/>
            </AuthCard>
        </Layout>
    }
}

/// For every link that does not work, whatever the reason.
#[component]
fn NoLink() -> impl IntoView {
    view! {
        <Layout title=say(text::password_link::EXPIRED_TITLE) path=paths::SET_PASSWORD>
            <AuthCard title=say(text::password_link::EXPIRED_TITLE)>
                <p>{say(text::password_link::EXPIRED)}</p>
                <Elsewhere
                    question=say(text::password_link::KNOWN_AFTER_ALL)
                    href=paths::LOGIN
                    label=say(text::password_link::SIGN_IN)
                />
            </AuthCard>
        </Layout>
    }
}
