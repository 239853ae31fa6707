//! The words of a page, in its language.

use leptos::prelude::use_context;

use crate::domain::Language;
use crate::domain::text::Text;

/// The language of the page that is being rendered.
pub fn language() -> Language {
    use_context().unwrap_or_default()
}

/// What the text says in it.
pub fn say(text: Text) -> &'static str {
    text.say(language())
}
