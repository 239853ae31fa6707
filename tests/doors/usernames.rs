//! Whether a username could be had, asked while it is being typed.

use axum::http::StatusCode;

use crate::support::{Browser, Door, TestApp};

const PASSWORD: &str = "canary-usernames-1";

/// What the answer says is wrong.
async fn problem(browser: &Browser<'_>, username: &str) -> Option<String> {
    let reply = browser.submit("check_username", &[("username", username)]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.said());
    let answer = reply.json();
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
    answer["problem"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_username_is_said_to_be_free_taken_or_impossible_in_the_words_of_the_form() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let browser = app.browser(Door::Rpc);
    assert_eq!(problem(&browser, "bela").await, None);
    for taken in ["anna", "ANNA", " anna "] {
        assert_eq!(
            problem(&browser, taken).await.as_deref(),
            Some("That username is taken. Try another."),
            "{taken:?}"
        );
    }
    for (typed, sentence) in [
        ("a b", "Use only letters, digits, - and _."),
        // An e-mail address is none, so that nothing is told of one.
        ("anna@example.com", "Use only letters, digits, - and _."),
        ("", "Enter your username."),
    ] {
        assert_eq!(problem(&browser, typed).await.as_deref(), Some(sentence), "{typed:?}");
    }
    // Nothing is kept for who has asked.
    assert!(
        browser
            .submit("registration", &[("email", "b@example.com"), ("username", "bela"), ("password", PASSWORD)])
            .await
            .status
            .is_success()
    );
}

#[tokio::test]
async fn ones_own_username_is_free_to_keep() {
    let open = TestApp::new().await;
    open.register("anna", PASSWORD).await;
    open.register("bela", PASSWORD).await;
    let app = open.another(&[("LATCHKEY_SIGN_UP", "closed")]).await.unwrap();
    let browser = app.browser(Door::Rpc);
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(problem(&browser, "Anna").await, None);
    assert_eq!(problem(&browser, "bela").await.as_deref(), Some("That username is taken. Try another."));
}

#[tokio::test]
async fn reg_6_where_nobody_may_register_a_stranger_is_told_nothing() {
    let open = TestApp::new().await;
    open.register("anna", PASSWORD).await;
    let app = open.another(&[("LATCHKEY_SIGN_UP", "closed")]).await.unwrap();
    let browser = app.browser(Door::Rpc);
    for username in ["anna", "bela", "a b"] {
        let reply = browser.submit("check_username", &[("username", username)]).await;
        assert_eq!((reply.status, reply.json()["error"].clone()), (StatusCode::FORBIDDEN, "sign_up_closed".into()));
    }
}

#[tokio::test]
async fn who_asks_for_many_usernames_is_told_no_more_for_a_while_and_may_still_register() {
    let app = TestApp::with(&[("LATCHKEY_SOURCE_ATTEMPTS", "5")]).await;
    app.register("anna", PASSWORD).await;
    let (one, other) =
        (app.browser(Door::Rpc).coming_from("192.0.2.1"), app.browser(Door::Rpc).coming_from("192.0.2.2"));
    for number in 0..25 {
        // What the rule of usernames refuses costs nothing and counts for nothing.
        assert!(problem(&one, "a b").await.is_some());
        assert_eq!(problem(&one, &format!("bela-{number}")).await, None);
    }
    for username in ["anna", "bela-99"] {
        let reply = one.submit("check_username", &[("username", username)]).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(reply.header("retry-after").parse::<u16>().is_ok_and(|seconds| (1..=600).contains(&seconds)));
    }
    assert!(problem(&other, "anna").await.is_some());
    let fields = [("email", "b@example.com"), ("username", "bela-99"), ("password", PASSWORD)];
    assert_eq!(one.submit("registration", &fields).await.status, StatusCode::OK);
    app.advance(601);
    assert!(problem(&one, "anna").await.is_some());
}
