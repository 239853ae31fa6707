//! Whether a username could be had, asked while it is being typed.

use axum::http::StatusCode;

use crate::support::{Browser, Door, TestApp, log_contains};

const PASSWORD: &str = "canary-usernames-1";

/// What the answer says: what is wrong, or whether nobody has it.
async fn asked(browser: &Browser<'_>, username: &str) -> Result<bool, String> {
    let reply = browser.submit("check_username", &[("username", username)]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.said());
    let answer = reply.json();
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(2), "{answer}");
    let is_free = answer["is_free"].as_bool().unwrap();
    answer["problem"].as_str().map_or(Ok(is_free), |problem| Err(problem.to_owned()))
}

#[tokio::test]
async fn a_username_is_said_to_be_free_taken_or_impossible_in_the_words_of_the_form() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let browser = app.browser(Door::Rpc);
    assert_eq!(asked(&browser, "bela").await, Ok(true));
    for taken in ["anna", "ANNA", " anna "] {
        assert_eq!(asked(&browser, taken).await, Err("That username is taken. Try another.".to_owned()), "{taken:?}");
    }
    for (typed, sentence) in [
        ("a b", "Use only letters, digits, - and _."),
        // An e-mail address is none, so that nothing is told of one.
        ("anna@example.com", "Use only letters, digits, - and _."),
        ("", "Enter your username."),
    ] {
        assert_eq!(asked(&browser, typed).await, Err(sentence.to_owned()), "{typed:?}");
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
    assert_eq!(asked(&browser, "Anna").await, Ok(false));
    assert_eq!(asked(&browser, "bela").await, Err("That username is taken. Try another.".to_owned()));
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
        assert!(asked(&one, "a b").await.is_err());
        assert_eq!(asked(&one, &format!("bela-{number}")).await, Ok(true));
    }
    for username in ["anna", "bela-99"] {
        let reply = one.submit("check_username", &[("username", username)]).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(reply.header("retry-after").parse::<u16>().is_ok_and(|seconds| (1..=600).contains(&seconds)));
    }
    assert!(asked(&other, "anna").await.is_err());
    let fields = [("email", "b@example.com"), ("username", "bela-99"), ("password", PASSWORD)];
    assert_eq!(one.submit("registration", &fields).await.status, StatusCode::OK);
    app.advance(601);
    assert!(asked(&one, "anna").await.is_err());
}

#[tokio::test]
async fn log_6_questions_from_one_ipv6_network_are_counted_together() {
    let app = TestApp::with(&[("LATCHKEY_SOURCE_ATTEMPTS", "5")]).await;
    for number in 0..25 {
        let browser = app.browser(Door::Rpc).coming_from(&format!("2001:db8:1:2::{number:x}"));
        assert_eq!(asked(&browser, "bela").await, Ok(true));
    }
    let same = app.browser(Door::Rpc).coming_from("2001:db8:1:2:ffff::1");
    let reply = same.submit("check_username", &[("username", "bela")]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(log_contains("a source is throttled: it has asked for too many usernames"));
    let other = app.browser(Door::Rpc).coming_from("2001:db8:1:3::1");
    assert_eq!(asked(&other, "bela").await, Ok(true));
}
