//! One session of the list.

use leptos::prelude::*;

use crate::components::moment::Moment;
use crate::components::words::{language, say};
use crate::domain::{EndReason, SessionEnd, SessionView, text};
use crate::paths;

/// One that can be used, with the button that ends it; the one on which the list is looked at has its button in the header.
#[component]
pub fn LiveEntry(
    /// The session.
    session: SessionView,
) -> impl IntoView {
    let client = text::sessions::client(language(), &session.client);
    let which = text::sessions::end_which(language(), &client, &session.created_at.to_display(language()));
    let id = session.id.clone();
    let is_current = session.is_current;
    view! {
        <li class="session">
            <div class="session-about">
                <p class="session-client">
                    <bdi>{client}</bdi>
                    <Badges session=session.clone()/>
                </p>
                <dl class="facts">
                    <Origin session=session.clone()/>
                    <div class="fact">
                        <dt>{say(text::sessions::LAST_SEEN)}</dt>
                        <dd>
                            <Moment at=session.last_seen_at/>
                        </dd>
                    </div>
                </dl>
            </div>
            {(!is_current)
                .then(|| {
                    view! {
                        <button type="submit" class="button" name="session" value=id aria-label=which>
                            {say(text::sessions::END)}
                        </button>
                    }
                })}
        </li>
    }
}

/// One that has ended, and why.
#[component]
pub fn GoneEntry(
    /// The session.
    session: SessionView,
    /// When and why it ended.
    end: SessionEnd,
) -> impl IntoView {
    let is_alarming = end.reason == EndReason::Reuse;
    let advice = is_alarming.then(|| {
        view! {
            " "
            <a href=format!("{}#password-heading", paths::PROFILE)>{say(text::sessions::CHANGE_PASSWORD)}</a>
        }
    });
    view! {
        <li class="session">
            <div class="session-about">
                <p class="session-client">
                    <bdi>{text::sessions::client(language(), &session.client)}</bdi>
                </p>
                <dl class="facts">
                    <Origin session=session/>
                    <div class="fact">
                        <dt>{say(text::sessions::ENDED)}</dt>
                        <dd>
                            <Moment at=end.at/>
                        </dd>
                    </div>
                    <div class="fact" class:fact-alarming=is_alarming>
                        <dt>{say(text::sessions::WHY)}</dt>
                        <dd>{say(text::sessions::reason(end.reason))} {advice}</dd>
                    </div>
                </dl>
            </div>
        </li>
    }
}

#[component]
fn Badges(session: SessionView) -> impl IntoView {
    [
        (session.is_current, "badge badge-here", say(text::sessions::THIS_ONE)),
        (session.is_kept, "badge", say(text::sessions::KEPT)),
        (!session.is_browser, "badge", say(text::sessions::FOR_PROGRAMS)),
    ]
    .into_iter()
    .filter(|(is_shown, ..)| *is_shown)
    .map(|(_, class, label)| view! { " " <span class=class>{label}</span> })
    .collect_view()
}

/// Where and when its owner signed in.
#[component]
fn Origin(session: SessionView) -> impl IntoView {
    let address = match session.address {
        Some(address) => view! { <bdi>{address}</bdi> }.into_any(),
        None => view! { <span class="absent">{say(text::sessions::UNKNOWN)}</span> }.into_any(),
    };
    view! {
        <div class="fact">
            <dt>{say(text::sessions::ADDRESS)}</dt>
            <dd>{address}</dd>
        </div>
        <div class="fact">
            <dt>{say(text::sessions::SIGNED_IN)}</dt>
            <dd>
                <Moment at=session.created_at/>
            </dd>
        </div>
    }
}
