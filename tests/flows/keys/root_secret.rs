//! `SECRET_KEY` is changed in two rolling steps, process by process, and nobody is signed out.

use axum::body::Body;
use axum::http::Request;
use latchkey::paths::api::{REFRESH, USERS};
use latchkey::server::accounts::service::{self as accounts, ListInput, PageSize};
use latchkey::server::caller::Caller;
use latchkey::server::crypto::KeyError;
use latchkey::server::keys::service::Takeover;
use latchkey::server::state::StateError;
use serde_json::json;

use super::{PASSWORD, accepts, kid, rotate};
use crate::support::{Door, SECRET, TestApp, rounds};

const NEW: &str = "canary-next-root-secret-9876543210-zyxwvutsrqponm";

const FIRST: [(&str, &str); 2] = [("SECRET_KEY", SECRET), ("SECRET_KEY_FALLBACKS", NEW)];
const SECOND: [(&str, &str); 2] = [("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", SECRET)];
const DONE: [(&str, &str); 1] = [("SECRET_KEY", NEW)];

/// Two accounts, of which `boris` is an administrator.
async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'boris'")
        .await;
    app
}

/// All that `makes` gives somebody works at `takes`, and what that makes of it works at `makes` again.
async fn get_on(makes: &TestApp, takes: &TestApp, what: &str) {
    let client = makes.api_as("boris", PASSWORD).await;
    accepts(takes, &client.access_token()).await;
    let renewed = takes.api().post(REFRESH, &json!({"refresh_token": client.refresh_token()})).await;
    assert_eq!(renewed.status, 200, "{what}: a refresh token");
    accepts(makes, renewed.json()["access_token"].as_str().unwrap()).await;

    let browser = makes.browser(Door::Form);
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    for cookies in [&["latchkey-access"][..], &["latchkey-refresh"]] {
        let elsewhere = takes.browser(Door::Form);
        for cookie in cookies {
            elsewhere.set_cookie(cookie, browser.cookie(cookie).as_deref());
        }
        assert_eq!(elsewhere.get("/profile").await.status, 200, "{what}: {cookies:?}");
    }

    let input = ListInput { page_size: PageSize::parse("1").unwrap(), ..ListInput::default() };
    let page = accounts::list(&makes.state, &Caller::operator(), input).await.unwrap();
    let path = format!("{USERS}?page_size=1&cursor={}", page.next_cursor.unwrap());
    let request = Request::builder().uri(path).header("authorization", format!("Bearer {}", client.access_token()));
    assert_eq!(takes.send(request.body(Body::empty()).unwrap()).await.status, 200, "{what}: a cursor");

    let link = makes.try_link("anna").await.unwrap();
    let holder = takes.browser(Door::Form);
    holder.get(&link).await;
    assert_eq!(holder.set_password("anna", PASSWORD).await.status, 303, "{what}: a password link");
}

#[tokio::test]
async fn cfg_2_the_root_secret_is_changed_in_two_rolling_steps_without_a_401() {
    let first = app().await;
    let old = first.api_as("anna", PASSWORD).await;
    // Every pair of settings that two processes have at the same time, in the order in which an operator comes by them.
    let all: [&[(&str, &str)]; 4] = [&[], &FIRST, &SECOND, &DONE];
    for (one, other) in [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)] {
        let what = format!("steps {one} and {other}");
        // The one of the step before has run for a while.
        let [other, one] = [first.another(all[other]).await.unwrap(), first.another(all[one]).await.unwrap()];
        get_on(&one, &other, &what).await;
        get_on(&other, &one, &what).await;
        rotate(&other, Takeover::Now).await;
        first.advance(5);
        get_on(&one, &other, &what).await;
        get_on(&other, &one, &what).await;
    }
    let done = first.another(&DONE).await.unwrap();
    let late = done.api().post(REFRESH, &json!({"refresh_token": old.refresh_token()})).await;
    assert_eq!(late.status, 401, "made with the old secret, which is believed no more");
}

#[tokio::test]
async fn key_1_the_start_of_a_server_seals_anew_what_opens_with_a_secret_on_its_way_out() {
    let first = app().await;
    let token = first.api_as("anna", PASSWORD).await.access_token();
    let sealed = first.text("select sealed_private_key from signing_keys").await;
    first.another(&FIRST).await.unwrap();
    assert_eq!(first.text("select sealed_private_key from signing_keys").await, sealed, "the old one still signs");
    let second = first.another(&SECOND).await.unwrap();
    let resealed = first.text("select sealed_private_key from signing_keys").await;
    assert_ne!(resealed, sealed);
    first.another(&SECOND).await.unwrap();
    assert_eq!(first.text("select sealed_private_key from signing_keys").await, resealed, "once is enough");
    // A process of the first step holds the key open, opens it again after a start, and undoes nothing while it runs.
    first.advance(10);
    accepts(&first, &token).await;
    let done = first.another(&DONE).await.unwrap();
    for app in [&second, &done] {
        accepts(app, &token).await;
        assert_eq!(kid(&app.api_as("anna", PASSWORD).await.access_token()), kid(&token));
    }
}

#[tokio::test]
async fn cfg_2_with_a_secret_that_opens_nothing_there_is_no_start() {
    let first = app().await;
    for settings in [&DONE[..], &[("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", "another-one-0123456789-0123456789")]] {
        let refused = first.another(settings).await.err().unwrap().to_string();
        assert!(refused.contains("this database was sealed with another SECRET_KEY"), "{refused}");
        assert!(refused.contains("SECRET_KEY_FALLBACKS") && !refused.contains('\n') && !refused.contains(NEW));
    }
    first.another(&SECOND).await.unwrap();
    assert!(first.another(&[]).await.is_err(), "the old one opens nothing any more");
    first.another(&FIRST).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cfg_2_of_two_servers_that_begin_one_database_with_different_secrets_one_begins_it() {
    for round in 0..rounds(100) {
        let app = TestApp::new().await;
        app.sql("delete from signing_keys").await;
        let [one, two] = [SECRET, NEW].map(|secret| [("SECRET_KEY", secret)]);
        let (first, second) = tokio::join!(app.another(&one), app.another(&two));
        let secret = match (&first, &second) {
            (Ok(_), Err(StateError::Key(KeyError::WrongSecret))) => &one,
            (Err(StateError::Key(KeyError::WrongSecret)), Ok(_)) => &two,
            _ => panic!("round {round}: {:?} and {:?}", first.err(), second.err()),
        };
        assert_eq!(app.count("select count(*) from signing_keys").await, 1, "round {round}");
        assert!(app.another(secret).await.is_ok(), "round {round}: it starts again");
    }
}
