//! The sessions screen: where somebody is signed in, and the way to end that.

pub mod entry;
pub mod form;
pub mod rpc;

use leptos::prelude::*;

use crate::components::alert::NoticeLine;
use crate::components::auth_card::SignedOutCard;
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::{FormName, PageContext, SessionView, text};
use crate::paths;
use entry::{GoneEntry, LiveEntry};
use form::SessionsForm;

/// `/sessions`
#[component]
pub fn SessionsPage() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    if page.viewer.is_none() {
        let (title, path) = (say(text::sessions::TITLE), paths::SESSIONS);
        return view! { <SignedOutCard title path sentence=say(text::sessions::SIGNED_OUT)/> }.into_any();
    }
    let (live, gone): (Vec<_>, Vec<_>) = page.sessions.iter().cloned().partition(|session| session.end.is_none());
    view! {
        <Layout title=say(text::sessions::TITLE) path=paths::SESSIONS class="main">
            <h1>{say(text::sessions::TITLE)}</h1>
            <NoticeLine notice=page.notice/>
            <Live page live/>
            <Gone gone/>
        </Layout>
    }
    .into_any()
}

/// One form for all of them: each button says which session it ends, with scripts and without.
#[component]
fn Live(page: PageContext, live: Vec<SessionView>) -> impl IntoView {
    let state = page.form_state(FormName::Sessions, Vec::new());
    let has_others = live.iter().any(|session| !session.is_current);
    let entries = live.into_iter().map(|session| view! { <LiveEntry session/> }).collect_view();
    view! {
        <section class="panel sessions" aria-label=say(text::sessions::TITLE)>
            <SessionsForm state>
                <ul class="session-list">{entries}</ul>
                {if has_others {
                    view! {
                        <p class="hint">{say(text::sessions::LEAD)}</p>
                        <button type="submit" class="button button-danger" name="others" value="yes">
                            {say(text::sessions::OTHERS)}
                        </button>
                    }
                        .into_any()
                } else {
                    view! { <p class="hint">{say(text::sessions::ONLY_HERE)}</p> }.into_any()
                }}
            </SessionsForm>
        </section>
    }
}

#[component]
fn Gone(gone: Vec<SessionView>) -> impl IntoView {
    let entries = gone.into_iter().filter_map(|session| session.end.map(|end| view! { <GoneEntry session end/> }));
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then(|| {
        view! {
            <section class="panel sessions" aria-labelledby="gone-heading">
                <div class="panel-about">
                    <h2 id="gone-heading">{say(text::sessions::GONE_TITLE)}</h2>
                    <p>{say(text::sessions::GONE_LEAD)}</p>
                </div>
                <ul class="session-list">{entries}</ul>
            </section>
        }
    })
}
