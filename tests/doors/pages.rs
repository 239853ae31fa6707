//! What a page shows, to whom, and after a refusal.

use axum::http::StatusCode;
use futures_util::StreamExt as _;

use crate::support::{Door, TestApp, Verdict};

const PASSWORD: &str = "canary-Pages-Kx7-pw";

#[tokio::test]
async fn the_start_page_sends_everybody_to_the_right_place() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    let visitor = app.browser(Door::Form);
    for (browser, path, target) in [
        (&visitor, "/", "/login"),
        (&visitor, "/profile", "/login?next=/profile"),
        (&member, "/", "/profile"),
        (&member, "/login", "/profile"),
        (&member, "/register", "/profile"),
        (&member, "/login?next=/profile%3Fx=1", "/profile?x=1"),
        (&member, "/login?next=//evil.example", "/profile"),
    ] {
        assert_eq!(browser.get(path).await.verdict(), Verdict::goes_to(target), "{path}");
    }
    for path in ["/login", "/register"] {
        assert_eq!(visitor.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn the_profile_shows_the_account_and_the_notice_once() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let first = anna.get("/profile").await;
    assert_eq!(first.status, StatusCode::OK);
    let id = app.count("select id from accounts").await.to_string();
    for shown in ["anna@example.com", "anna", id.as_str(), "15 January 2027, 08:00 UTC", "Welcome"] {
        assert!(first.body.contains(shown), "{shown}");
    }
    assert!(!anna.get("/profile").await.body.contains("Welcome"));
}

#[tokio::test]
async fn a_refused_form_comes_back_with_its_values_but_no_password() {
    let app = TestApp::new().await;
    let fields = [
        ("email", "\"><script>alert(1)</script>@x.io"),
        ("username", "someone"),
        ("first_name", "</textarea><b>"),
        ("password", "canary7"),
    ];
    let reply = app.browser(Door::Form).submit("registration", &fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.refused_on_page().is_some());
    assert!(!reply.body.contains("canary7"), "a password came back");
    assert!(!reply.body.contains("<script>alert"), "WEB-4: markup came back alive");
    assert!(reply.body.contains("value=\"someone\""));
    assert!(reply.body.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;@x.io\""), "{}", reply.body);
    assert!(reply.body.contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn a_sign_in_that_is_refused_still_knows_where_to_go() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let browser = app.browser(Door::Form);
    let fields = [("username", "anna"), ("password", "canary-wrong-pw"), ("next", "/profile?x=1")];
    let reply = browser.submit("sign_in", &fields).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(reply.body.contains("value=\"/profile?x=1\""), "{}", reply.body);
    assert!(reply.body.contains("value=\"/login?next=/profile%3Fx%3D1\""), "also in another language: {}", reply.body);
}

#[tokio::test]
async fn an_error_in_the_address_does_nothing() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    let plain = browser.get("/login").await;
    let forged = browser.get("/login?__path=/rpc/sign_in&__err=ImludmFsaWRfY3JlZGVudGlhbHMi").await;
    assert_eq!(forged.status, StatusCode::OK);
    assert_eq!(forged.refused_on_page(), None);
    assert_eq!(forged.body.len(), plain.body.len());
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_a_page_for_browsers_and_a_problem_for_others() {
    let app = TestApp::new().await;
    let page = app.browser(Door::Form).get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    let request = axum::http::Request::builder().uri("/nowhere").body(axum::body::Body::empty()).unwrap();
    let problem = app.send(request).await;
    assert_eq!(problem.status, StatusCode::NOT_FOUND);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let body: serde_json::Value = serde_json::from_str(&problem.body).unwrap();
    assert_eq!((body["status"].as_u64(), body["status_code"].as_u64()), (Some(404), Some(404)));
    assert_eq!(body["request_id"].as_str(), Some(problem.header("x-request-id")));
}

#[tokio::test]
async fn ses_6_two_hundred_people_see_only_themselves() {
    let app = TestApp::new().await;
    let mut browsers = Vec::new();
    for number in 0..200 {
        browsers.push(app.register(&format!("person-{number:03}"), PASSWORD).await);
    }
    // Forty at a time: more would wait for each other's rendering longer than the server lets anybody wait for its database.
    let visits = futures_util::stream::iter(&browsers).map(|browser| browser.get("/profile")).buffered(40);
    let pages: Vec<_> = visits.collect().await;
    for (number, page) in pages.iter().enumerate() {
        assert_eq!(page.header("cache-control"), "no-store");
        for other in 0..200 {
            let shown = page.body.contains(&format!("person-{other:03}@example.com"));
            assert_eq!(shown, other == number, "page {number}, person {other}");
        }
    }
}
