//! The sign-in screen.

pub mod form;
pub mod remembered;
pub mod rpc;

use leptos::prelude::*;

use crate::components::alert::NoticeLine;
use crate::components::auth_card::{AuthCard, Elsewhere};
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::{FormName, PageContext, text};
use crate::paths;
use form::SignInForm;

/// `/login`
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    let state = page.form_state(FormName::SignIn, Vec::new());
    let register = page.sign_up_open.then(|| {
        view! {
            <Elsewhere
                question=say(text::sign_in::NEW_HERE)
                href=paths::REGISTER
                label=say(text::sign_in::REGISTER)
            />
        }
    });
    view! {
        <Layout title=say(text::sign_in::TITLE) path=paths::LOGIN>
            <NoticeLine notice=page.notice/>
            <AuthCard title=say(text::sign_in::TITLE)>
                <SignInForm state next=page.next/>
                {register}
            </AuthCard>
        </Layout>
    }
}
