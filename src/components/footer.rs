//! The foot of every page: in which language and colours one likes it.

use std::sync::Arc;

use leptos::prelude::*;

use super::words::{self, say};
use crate::domain::text::{self, Text};
use crate::domain::{Brand, Language, Theme};
use crate::paths;

/// Two rows of buttons. Each works without a script; the one that is in force is marked.
#[component]
pub fn Footer(
    /// The colours that its visitor chose; none for those of their system.
    theme: Option<Theme>,
    /// The page, to come back to.
    here: String,
    /// Whose site it is.
    brand: Arc<Brand>,
) -> impl IntoView {
    let languages = Language::ALL.map(|language| {
        let tag = language.tag();
        let is_chosen = language == words::language();
        view! {
            <button type="submit" class="choice" name=paths::LANGUAGE value=tag lang=tag aria-pressed=pressed(is_chosen)>
                {language.own_name()}
            </button>
        }
    });
    let chosen = theme;
    let themes = [None, Some(Theme::Light), Some(Theme::Dark)].map(|theme| {
        let is_chosen = theme == chosen;
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
    let links = [
        Some((paths::ACCESSIBILITY.to_owned(), text::frame::ACCESSIBILITY)),
        brand.terms.clone().map(|path| (path, text::frame::TERMS)),
        brand.privacy.clone().map(|path| (path, text::frame::PRIVACY)),
    ];
    let links = links.into_iter().flatten().map(|(path, name)| view! { <a href=path>{say(name)}</a> }).collect_view();
    view! {
        <footer class="footer">
            <nav class="about" aria-label=say(text::frame::ABOUT)>{links}</nav>
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
