//! The profile screen: what is known of the signed-in person, and a panel for each thing they may change.

pub mod deletion_form;
pub mod details_form;
pub mod email_form;
pub mod overview;
pub mod panel;
pub mod password_form;
pub mod rpc;

use leptos::prelude::*;

use crate::components::alert::NoticeLine;
use crate::components::auth_card::SignedOutCard;
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::{AccountView, Field, FormName, PageContext, text};
use crate::paths;
use deletion_form::DeletionForm;
use details_form::DetailsForm;
use email_form::EmailForm;
use overview::Overview;
use panel::Panel;
use password_form::PasswordForm;

/// `/profile`
#[component]
pub fn ProfilePage() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    match page.viewer.clone() {
        Some(viewer) => view! { <Panels page account=viewer.account/> }.into_any(),
        None => {
            let (title, path) = (say(text::profile::TITLE), paths::PROFILE);
            view! { <SignedOutCard title path sentence=say(text::profile::SIGNED_OUT)/> }.into_any()
        }
    }
}

#[component]
fn Panels(page: PageContext, account: AccountView) -> impl IntoView {
    let username = account.username.clone();
    let min_length = page.password_min_length;
    let state = |form, values| page.form_state(form, values);
    let details = state(FormName::Details, details_of(&account));
    let email = state(FormName::Email, vec![(Field::Email, account.email.clone())]);
    let password = state(FormName::Password, Vec::new());
    let deletion = state(FormName::Deletion, Vec::new());

    let details = view! { <DetailsForm state=details/> };
    let email = view! { <EmailForm state=email username=username.clone()/> };
    let password = view! { <PasswordForm state=password username=username.clone() min_length/> };
    let deletion = view! { <DeletionForm state=deletion username/> };
    view! {
        <Layout title=say(text::profile::TITLE) path=paths::PROFILE class="main">
            <h1>{say(text::profile::TITLE)}</h1>
            <NoticeLine notice=page.notice/>
            <Overview account/>
            <SessionsLink/>
            <Panel form=FormName::Details title=say(text::profile::DETAILS) lead=say(text::profile::DETAILS_LEAD)>
                {details}
            </Panel>
            <Panel form=FormName::Email title=say(text::profile::EMAIL_TITLE) lead=say(text::profile::EMAIL_LEAD)>
                {email}
            </Panel>
            <Panel
                form=FormName::Password
                title=say(text::profile::PASSWORD_TITLE)
                lead=say(text::profile::PASSWORD_LEAD)
            >
                {password}
            </Panel>
            <Panel
                form=FormName::Deletion
                title=say(text::profile::DELETION_TITLE)
                lead=say(text::profile::DELETION_LEAD)
                class="panel panel-danger"
            >
                {deletion}
            </Panel>
        </Layout>
    }
}

/// The way to the list of sessions.
#[component]
fn SessionsLink() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="sessions-heading">
            <div class="panel-about">
                <h2 id="sessions-heading">{say(text::sessions::LINK_TITLE)}</h2>
                <p>{say(text::sessions::LINK_LEAD)}</p>
            </div>
            <a class="button" href=paths::SESSIONS>{say(text::sessions::LINK)}</a>
        </section>
    }
}

fn details_of(account: &AccountView) -> Vec<(Field, String)> {
    vec![
        (Field::Username, account.username.clone()),
        (Field::FirstName, account.first_name.clone().unwrap_or_default()),
        (Field::LastName, account.last_name.clone().unwrap_or_default()),
    ]
}
