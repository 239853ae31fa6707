//! What holds for people who use a keyboard, a screen reader, large text.

use leptos::prelude::*;

use crate::components::layout::Layout;
use crate::components::words::say;
use crate::domain::text;
use crate::paths;

/// `/accessibility`
#[component]
pub fn AccessibilityPage() -> impl IntoView {
    let ways = text::accessibility::WAYS.map(|way| view! { <li>{say(way)}</li> });
    view! {
        <Layout title=say(text::accessibility::TITLE) path=paths::ACCESSIBILITY>
            <article class="statement">
                <h1>{say(text::accessibility::TITLE)}</h1>
                <p>{say(text::accessibility::LEAD)}</p>
                <h2>{say(text::accessibility::WAYS_TITLE)}</h2>
                <ul>{ways}</ul>
                <h2>{say(text::accessibility::STANDARD_TITLE)}</h2>
                <p>{say(text::accessibility::STANDARD)}</p>
                <h2>{say(text::accessibility::HELP_TITLE)}</h2>
                <p>{say(text::accessibility::HELP)}</p>
            </article>
        </Layout>
    }
}
