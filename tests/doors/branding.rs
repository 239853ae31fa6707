//! The screens as the operator's own: name, logo, colour, links, by settings alone.

use axum::body::Body;
use axum::http::StatusCode;

use crate::support::{Browser, Door, ORIGIN, Reply, TestApp};

const PASSWORD: &str = "canary-branding-1";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><script>alert(1)</script></svg>";

/// The values of `attribute` in the page's elements of that name.
fn values(page: &Reply, element: &str, attribute: &str) -> Vec<String> {
    let begin = format!("<{element} ");
    let tags = page.body.split(&begin).skip(1).filter_map(|rest| rest.split('>').next());
    let value = |tag: &str| {
        let rest = tag.split_once(&format!("{attribute}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    tags.filter_map(value).collect()
}

/// The name, the logo and the colours are on pages for everybody and for members.
async fn is_on_every_page(app: &TestApp, mark: &str, style_sheet: &str) {
    let browser = app.browser(Door::Form);
    let member = app.register("anna", PASSWORD).await;
    for (browser, path) in [
        (&browser, "/register"),
        (&browser, "/accessibility"),
        (&browser, "/none"),
        (&member, "/profile"),
        (&member, "/sessions"),
    ] {
        let page = browser.get(path).await;
        assert!(
            page.body.contains("· Blue &lt;Door&gt;</title>") && !page.body.contains("Latchkey"),
            "{path}: {}",
            page.body
        );
        assert_eq!(values(&page, "img", "src"), [mark], "{path}");
        assert!(values(&page, "link", "href").contains(&style_sheet.to_owned()), "{path}");
        assert!(values(&page, "a", "href").contains(&"/legal/privacy".to_owned()), "{path}");
    }
}

/// A page that no form and no route of ours has.
async fn page_of_last_resort(browser: &Browser<'_>) -> Reply {
    let request = browser.request("POST", "/login").header("origin", ORIGIN).header("content-type", "text/plain");
    let reply = browser.exchange(request.body(Body::from("x")).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    reply
}

#[tokio::test]
async fn every_page_has_the_operators_name_logo_colour_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, SVG).unwrap();
    let app = TestApp::with(&[
        ("LATCHKEY_PRODUCT_NAME", "Blue <Door>"),
        ("LATCHKEY_LOGO", logo.to_str().unwrap()),
        ("LATCHKEY_ACCENT", "#ffd400"),
        ("LATCHKEY_TERMS_URL", "https://example.com/terms?v=1&l=en"),
        ("LATCHKEY_PRIVACY_URL", "/legal/privacy"),
    ])
    .await;
    let browser = app.browser(Door::Form);
    let page = browser.get("/login").await;
    assert!(page.body.contains("<title>Sign in · Blue &lt;Door&gt;</title>"), "{}", page.body);
    assert!(!page.body.contains("Latchkey"), "{}", page.body);
    let [mark] = values(&page, "img", "src").try_into().unwrap();
    let links = values(&page, "a", "href");
    assert!(links.contains(&"https://example.com/terms?v=1&amp;l=en".to_owned()), "{links:?}");
    assert!(links.contains(&"/legal/privacy".to_owned()), "{links:?}");
    let files = values(&page, "link", "href");
    assert!(files.contains(&mark), "the logo is the icon of the tab, too: {files:?}");

    let picture = browser.get(&mark).await;
    assert_eq!(
        (picture.status, picture.body.as_str(), picture.header("content-type")),
        (StatusCode::OK, SVG, "image/svg+xml")
    );
    assert_eq!(picture.header("cache-control"), "public, max-age=31536000, immutable");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    assert_eq!(picture.header("content-security-policy"), policy, "WEB-4");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert_eq!(browser.get("/apple-touch-icon.png").await.status, StatusCode::NOT_FOUND, "that is our key");
    let style_sheet = files.iter().find(|path| path.starts_with("/brand/") && path.ends_with(".css")).unwrap();
    let colours = browser.get(style_sheet).await;
    assert_eq!(colours.header("content-type"), "text/css; charset=utf-8");
    assert!(colours.body.starts_with(":root{--accent:#"), "{}", colours.body);
    assert!(!colours.body.starts_with(":root{--accent:#ffd400"), "yellow on white cannot be read");

    is_on_every_page(&app, &mark, style_sheet).await;

    browser.set_cookie("latchkey-theme", Some("dark"));
    let fault = page_of_last_resort(&browser).await;
    assert!(
        fault.body.contains("· Blue &lt;Door&gt;</title>") && fault.body.contains("data-theme=\"dark\""),
        "{}",
        fault.body
    );
    assert!(values(&fault, "link", "href").contains(style_sheet), "{}", fault.body);
    assert_eq!(browser.get("/brand/0123456789abcdef.svg").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_settings_the_screens_are_ours_and_load_nothing_more() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    for page in [browser.get("/login").await, page_of_last_resort(&browser).await] {
        assert!(page.body.contains("· Latchkey</title>") && !page.body.contains("/brand/"), "{}", page.body);
        assert!(values(&page, "img", "src").is_empty());
    }
}

#[tokio::test]
async fn the_accessibility_statement_is_there_for_everybody_and_takes_no_notice_away() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let browser = app.browser(Door::Form);
    let page = browser.get("/login").await;
    assert!(values(&page, "a", "href").contains(&"/accessibility".to_owned()));
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    browser.submit("details", &[("username", "anna"), ("first_name", "Anna")]).await;
    let statement = browser.get("/accessibility").await;
    assert!(
        statement.body.contains("WCAG 2.2") && !statement.body.contains("Your details are saved."),
        "{}",
        statement.body
    );
    assert!(browser.get("/profile").await.body.contains("Your details are saved."));
}

#[tokio::test]
async fn password_managers_are_told_what_a_new_password_may_be() {
    let app = TestApp::with(&[("LATCHKEY_PASSWORD_MIN_LENGTH", "15")]).await;
    let browser = app.browser(Door::Form);
    let page = browser.get("/register").await;
    assert!(page.body.contains("passwordrules=\"minlength: 15; maxlength: 256; allowed: unicode;\""), "{}", page.body);
    assert!(!browser.get("/login").await.body.contains("passwordrules"));
}
