//! What is known of the account, to read.

use leptos::prelude::*;

use crate::components::moment::Moment;
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
    let roles = account.roles.iter().map(text::role).collect::<Vec<_>>().join(", ");
    view! {
        <section class="panel overview" aria-labelledby="overview-heading">
            <h2 id="overview-heading">{text::profile::OVERVIEW}</h2>
            <dl class="facts">
                <Fact name=text::profile::USERNAME>
                    <bdi>{account.username}</bdi>
                </Fact>
                <Fact name=text::profile::EMAIL>
                    <bdi>{account.email}</bdi>
                </Fact>
                <Fact name=text::profile::NAME>
                    {if has_name {
                        view! { <bdi>{name}</bdi> }.into_any()
                    } else {
                        view! { <Absent label=text::profile::NOT_GIVEN/> }.into_any()
                    }}
                </Fact>
                <Fact name=text::profile::ROLES>
                    <span>{roles}</span>
                </Fact>
                <Fact name=text::profile::CREATED>
                    <Moment at=account.created_at/>
                </Fact>
                <Fact name=text::profile::LAST_LOGIN>
                    {match account.last_login {
                        Some(at) => view! { <Moment at/> }.into_any(),
                        None => view! { <Absent label=text::profile::NEVER/> }.into_any(),
                    }}
                </Fact>
                <Fact name=text::profile::ID>
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
