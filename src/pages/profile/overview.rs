//! What is known of the account, to read.

use leptos::prelude::*;

use crate::components::moment::Moment;
use crate::components::words::{language, say};
use crate::domain::{AccountView, text};

/// The account's facts.
#[component]
pub fn Overview(
    /// The signed-in person's account.
    account: AccountView,
) -> impl IntoView {
    let name = [account.first_name, account.last_name].into_iter().flatten().collect::<Vec<_>>();
    let name = name.join(" ");
    let has_name = !name.is_empty();
    let roles = account.roles.iter().map(|role| text::role(language(), role)).collect::<Vec<_>>().join(", ");
    view! {
        <section class="panel overview" aria-labelledby="overview-heading">
            <h2 id="overview-heading">{say(text::profile::OVERVIEW)}</h2>
            <dl class="facts">
                <Fact name=say(text::profile::USERNAME)>
                    <bdi>{account.username}</bdi>
                </Fact>
                <Fact name=say(text::profile::EMAIL)>
                    <bdi>{account.email}</bdi>
                </Fact>
                <Fact name=say(text::profile::NAME)>
                    {if has_name {
                        view! { <bdi>{name}</bdi> }.into_any()
                    } else {
                        view! { <Absent label=say(text::profile::NOT_GIVEN)/> }.into_any()
                    }}
                </Fact>
                <Fact name=say(text::profile::ROLES)>
                    <span>{roles}</span>
                </Fact>
                <Fact name=say(text::profile::CREATED)>
                    <Moment at=account.created_at/>
                </Fact>
                <Fact name=say(text::profile::LAST_LOGIN)>
                    {match account.last_login {
                        Some(at) => view! { <Moment at/> }.into_any(),
                        None => view! { <Absent label=say(text::profile::NEVER)/> }.into_any(),
                    }}
                </Fact>
                <Fact name=say(text::profile::ID)>
                    <span class="number">{account.id.get()}</span>
                </Fact>
            </dl>
        </section>
    }
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

#[component]
fn Absent(label: &'static str) -> impl IntoView {
    view! { <span class="absent">{label}</span> }
}
