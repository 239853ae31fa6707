//! The registration screen.

pub mod form;
pub mod rpc;

use leptos::prelude::*;

use crate::components::alert::NoticeLine;
use crate::components::auth_card::{AuthCard, Elsewhere};
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::{FormName, PageContext, text};
use crate::paths;
use form::RegistrationForm;

/// `/register`
#[component]
pub fn RegistrationPage() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    let title = if page.sign_up_open { say(text::registration::TITLE) } else { say(text::registration::CLOSED_TITLE) };
    let content = if page.sign_up_open {
        let state = page.form_state(FormName::Registration, Vec::new());
        view! { <RegistrationForm state min_length=page.password_min_length/> }.into_any()
    } else {
        view! { <p>{say(text::registration::CLOSED)}</p> }.into_any()
    };
    view! {
        <Layout title path=paths::REGISTER>
            <NoticeLine notice=page.notice/>
            <AuthCard title>
                {content}
                <Elsewhere
                    question=say(text::registration::KNOWN_HERE)
                    href=paths::LOGIN
                    label=say(text::registration::SIGN_IN)
                />
            </AuthCard>
        </Layout>
    }
}
