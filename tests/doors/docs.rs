//! The pages about the API: what they carry and what they may do.

use axum::http::StatusCode;
use latchkey::paths;

use crate::support::{Door, TestApp};

const PASSWORD: &str = "canary-Docs-Kx7-pw";
const PAGES: [(&str, &str); 2] = [(paths::api::DOCS, ""), (paths::api::REDOC, " 'sha256-")];

#[tokio::test]
async fn web_2_the_pages_about_the_api_open_nothing_but_what_their_nonce_names() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    let mut nonces = Vec::new();
    for (path, own_styles) in PAGES {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(
            (page.header("content-type"), page.header("cache-control")),
            ("text/html; charset=utf-8", "no-store")
        );
        let policy = page.header("content-security-policy");
        let nonce = policy.split('\'').find_map(|word| word.strip_prefix("nonce-")).unwrap();
        for rule in [
            "default-src 'none'; ".to_owned(),
            format!("; script-src 'nonce-{nonce}'; "),
            format!("; style-src 'nonce-{nonce}'{own_styles}"),
            "; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
                .into(),
        ] {
            assert!(policy.contains(&rule), "{path}: {rule:?} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let mark = format!("nonce=\"{nonce}\"");
        for tag in page
            .body
            .split('<')
            .filter(|tag| ["script", "style", "link rel=\"style"].iter().any(|t| tag.starts_with(t)))
        {
            assert!(tag.contains(&mark), "{path}: <{tag}");
        }
        assert!(!page.body.contains("style=") && !page.body.contains("http:") && !page.body.contains("//"), "{path}");
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn the_pages_about_the_api_know_nobody_and_lead_on_without_scripts() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    for (path, _) in PAGES {
        let page = member.get(path).await;
        assert!(page.set_cookies().is_empty() && !page.body.contains("anna"), "{path}");
        for target in [paths::HOME, paths::api::OPENAPI] {
            assert!(page.body.contains(&format!("href=\"{target}\"")), "{path}: {target}");
        }
        let refused = app.send(member.request("POST", path).body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}
