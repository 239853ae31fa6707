//! The HTML shell, and which page stands at which path.

use std::sync::Arc;

use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, StaticSegment};

use crate::components::scripts::Scripts;
use crate::domain::{AuthError, Brand, Language, PageContext, SiteLinks, Theme, text};
use crate::pages::accessibility::AccessibilityPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::password_links::SetPasswordPage;
use crate::pages::profile::ProfilePage;
use crate::pages::registration::RegistrationPage;
use crate::pages::session_list::SessionsPage;
use crate::pages::sign_in::SignInPage;
use crate::paths;

/// The complete document around [`App`]. `options` only tell `cargo leptos watch` how to reload it.
pub fn shell(options: LeptosOptions, links: SiteLinks) -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    let theme = page.theme.map(Theme::as_str);
    let (icon, icon_type) = page.brand.icon(&links);
    let icon = icon.to_owned();
    let brand_style = page.brand.style_sheet.clone().map(|path| view! { <link rel="stylesheet" href=path/> });
    view! {
        <!DOCTYPE html>
        <html lang=page.language.tag() data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="description" content=text::frame::description(page.language, &page.brand.name)/>
                <meta name="color-scheme" content=theme.unwrap_or("light dark")/>
                <link rel="stylesheet" href=links.style_sheet/>
                {brand_style}
                <link rel="icon" type=icon_type href=icon/>
                <Scripts links/>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The pages. Each is rendered whole before it is sent, so that it needs no script to be read.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=StaticSegment(paths::LOGIN) view=SignInPage ssr=SsrMode::Async/>
                <Route path=StaticSegment(paths::REGISTER) view=RegistrationPage ssr=SsrMode::Async/>
                <Route path=StaticSegment(paths::SET_PASSWORD) view=SetPasswordPage ssr=SsrMode::Async/>
                <Route path=StaticSegment(paths::ACCESSIBILITY) view=AccessibilityPage ssr=SsrMode::Async/>
                <Route path=StaticSegment(paths::SESSIONS) view=SessionsPage ssr=SsrMode::Async/>
                <Route path=StaticSegment(paths::PROFILE) view=ProfilePage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// What stands around the page of last resort.
pub struct ErrorFrame {
    /// Where its files are.
    pub links: SiteLinks,
    /// In which language it is.
    pub language: Language,
    /// Whose site it is.
    pub brand: Arc<Brand>,
    /// The colours that its visitor chose.
    pub theme: Option<Theme>,
}

/// The page for a refusal that no form's own page shows: no script, no database, no view code.
pub fn error_page(error: &AuthError, request_id: &str, frame: &ErrorFrame) -> String {
    let ErrorFrame { links, language, brand, theme } = frame;
    let say = |text: text::Text| escape(text.say(*language));
    let request = match escape(request_id) {
        id if id.is_empty() => String::new(),
        id => format!("<p class=\"request\">{} <code>{id}</code></p>\n", say(text::fault::REQUEST)),
    };
    let style_sheets = [Some(links.style_sheet), brand.style_sheet.as_deref()].into_iter().flatten();
    let style_sheets: String =
        style_sheets.map(|path| format!("<link rel=\"stylesheet\" href=\"{}\">\n", escape(path))).collect();
    let (icon, icon_type) = brand.icon(links);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"{theme}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"{scheme}\">\n<title>{title}</title>\n{style_sheets}\
         <link rel=\"icon\" type=\"{icon_type}\" href=\"{icon}\">\n</head>\n<body>\n\
         <main class=\"main main-narrow\">\n<div class=\"auth-card\">\n\
         <h1 class=\"auth-card-title\">{heading}</h1>\n<p>{body}</p>\n{request}\
         <p><a class=\"button button-primary\" href=\"{home}\">{to_home}</a></p>\n\
         </div>\n</main>\n</body>\n</html>\n",
        lang = language.tag(),
        theme = theme.map(|theme| format!(" data-theme=\"{}\"", theme.as_str())).unwrap_or_default(),
        scheme = theme.map_or("light dark", Theme::as_str),
        title = escape(&text::page_title(*language, text::fault::TITLE.say(*language), &brand.name, false)),
        icon = escape(icon),
        heading = say(text::fault::TITLE),
        body = escape(&text::error(*language, error)),
        home = paths::HOME,
        to_home = say(text::fault::HOME),
    )
}

/// `text` with nothing in it that is markup.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_page_shows_the_request_id_and_lets_no_markup_in() {
        let links = SiteLinks { style_sheet: "/s.css", script: "/s.js", wasm: "/s.wasm", icon: "/i.svg" };
        let brand = Arc::new(Brand { name: "<b>".to_owned(), ..Brand::default() });
        let frame = ErrorFrame { links, language: Language::English, brand, theme: Some(Theme::Dark) };
        let page = error_page(&AuthError::Internal, "a\"b<script>'&", &frame);
        assert!(page.contains("&lt;b&gt;</title>") && page.contains("<html lang=\"en\" data-theme=\"dark\">"));
        assert!(page.contains("<code>a&quot;b&lt;script&gt;&#39;&amp;</code>"));
        assert!(!page.contains("<script"));
        assert!(page.contains(&text::error(Language::English, &AuthError::Internal)) && page.contains("\"/s.css\""));
    }
}
