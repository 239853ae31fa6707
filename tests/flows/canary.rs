//! No secret in any answer or log line (PWD-6): each [`TestApp`] checks its own when it goes. Here is what it watches for,
//! and that it would notice.

use crate::support::{Door, TestApp, log_text};

const PASSWORD: &str = "canary-Log-Kx7-pw";

#[tokio::test]
async fn statements_are_logged_without_their_values() {
    let app = TestApp::with(&[("LATCHKEY_LOG_SQL", "true")]).await;
    let anna = app.register("canary-log-name", PASSWORD).await;
    anna.submit("details", &[("username", "canary-log-name"), ("first_name", "Canarylogfirst")]).await;
    let log = log_text();
    assert!(log.contains("insert into accounts") && log.contains("select s.id"), "statements are there");
    for value in ["canary-log-name@example.com", "Canarylogfirst", PASSWORD, "$argon2"] {
        assert!(!log.contains(value), "a bind value is in the log: {value}");
    }
}

#[tokio::test]
async fn a_password_sent_in_the_wrong_place_is_not_logged() {
    let app = TestApp::new().await;
    app.is_secret(PASSWORD);
    let browser = app.browser(Door::Form);
    browser.get(&format!("/login?password={PASSWORD}")).await;
    browser.submit("sign_in", &[("username", PASSWORD), ("password", "canary-other-pw")]).await;
    assert!(!log_text().contains(PASSWORD));
    // The page gives the username back, as any form does; nothing else may.
    drop(browser);
    std::mem::forget(app);
}

#[tokio::test]
#[should_panic(expected = "an answer holds a secret")]
async fn an_answer_with_a_secret_would_be_noticed() {
    let app = TestApp::new().await;
    app.is_secret("Sign in · Latchkey");
    app.browser(Door::Form).get("/login").await;
}

#[tokio::test]
#[should_panic(expected = "the log holds a secret")]
async fn a_log_line_with_a_secret_would_be_noticed() {
    let app = TestApp::new().await;
    app.is_secret("/canary-path-in-the-log");
    app.browser(Door::Form).at(Door::Rpc).submit("sign_in", &[]).await;
    let request =
        axum::http::Request::builder().uri("/canary-path-in-the-log").body(axum::body::Body::empty()).unwrap();
    app.send(request).await;
}
