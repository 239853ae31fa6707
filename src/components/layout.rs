//! What every page has around it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;

use super::footer::Footer;
use super::nav::Nav;
use super::words::{language, say};
use crate::app::escape;
use crate::domain::{PageContext, text};
use crate::paths;

/// The page's title, the way past the header, the header, and the content.
#[component]
pub fn Layout(
    /// The page's name in the browser's tab.
    title: &'static str,
    /// Its path, so that the header marks where one is.
    path: &'static str,
    /// Narrow pages hold one card; wide ones hold panels.
    #[prop(default = "main main-narrow")]
    class: &'static str,
    /// The content.
    children: Children,
) -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    let here = match &page.next {
        Some(next) => paths::returning_to(&page.path, next),
        None => page.path.clone(),
    };
    // leptos_meta writes a title as it is.
    let title = escape(&text::page_title(language(), title, &page.brand.name, page.refused.is_some()));
    let (theme, brand) = (page.theme, Arc::clone(&page.brand));
    view! {
        <Title text=title/>
        <a class="skip" href="#content">{say(text::frame::SKIP)}</a>
        <Nav page path/>
        <main class=class id="content" tabindex="-1">
            {children()}
        </main>
        <Footer theme here brand/>
    }
}
