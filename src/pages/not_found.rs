//! The page for an address with nothing behind it.

use leptos::prelude::*;

use crate::components::auth_card::AuthCard;
use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::text;
use crate::paths;

/// Says so, and shows the way back.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Layout title=say(text::not_found::TITLE) path="">
            <AuthCard title=say(text::not_found::TITLE)>
                <p>{say(text::not_found::BODY)}</p>
                <p>
                    <a class="button button-primary" href=paths::HOME>{say(text::not_found::HOME)}</a>
                </p>
            </AuthCard>
        </Layout>
    }
}
