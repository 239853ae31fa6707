//! The foot of every page: in which language and colours one likes it.

use leptos::prelude::*;

use super::words::say;
use crate::domain::text::{self, Text};
use crate::domain::{Language, PageContext, Theme};
use crate::paths;

/// Two rows of buttons. Each works without a script; the one that is in force is marked.
#[component]
pub fn Footer(
    /// The request's page.
    page: PageContext,
) -> impl IntoView {
    let languages = Language::ALL.map(|language| {
        let tag = language.tag();
        let is_chosen = language == page.language;
        view! {
            <button type="submit" class="choice" name=paths::LANGUAGE value=tag lang=tag aria-pressed=pressed(is_chosen)>
                {language.own_name()}
            </button>
        }
    });
    let themes = [None, Some(Theme::Light), Some(Theme::Dark)].map(|theme| {
        let is_chosen = theme == page.theme;
        view! {
            <button
                type="submit"
                class="choice"
                name=paths::THEME
                value=theme.map_or("system", Theme::as_str)
                aria-pressed=pressed(is_chosen)
            >
                {say(name(theme))}
            </button>
        }
    });
    let here = page.next.map_or_else(|| page.path.clone(), |next| paths::returning_to(&page.path, &next));
    view! {
        <footer class="footer">
            <form method="post" action=paths::PREFERENCES class="preferences">
                <input type="hidden" name=paths::NEXT value=here/>
                <div class="choices" role="group" aria-label=say(text::frame::LANGUAGE)>
                    {languages}
                </div>
                <div class="choices" role="group" aria-label=say(text::frame::THEME)>
                    {themes}
                </div>
            </form>
        </footer>
    }
}

const fn name(theme: Option<Theme>) -> Text {
    match theme {
        None => text::frame::THEME_SYSTEM,
        Some(Theme::Light) => text::frame::THEME_LIGHT,
        Some(Theme::Dark) => text::frame::THEME_DARK,
    }
}

const fn pressed(is_chosen: bool) -> &'static str {
    if is_chosen { "true" } else { "false" }
}
