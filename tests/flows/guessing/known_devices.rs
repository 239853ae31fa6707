//! A browser that has signed in to an account before has a count of its own (LOG-5).

use super::{LIMIT, NEW_PASSWORD, PASSWORD, WRONG, fail, guess, wait};
use crate::support::{Browser, Door, TestApp, Verdict};

const DEVICE: &str = "latchkey-device";
const SIGN_IN: [(&str, &str); 2] = [("username", "anna"), ("password", PASSWORD)];
const FAIL: [(&str, &str); 2] = [("username", "anna"), ("password", WRONG)];

/// A browser with this one's device cookie and nothing else.
fn only_known<'a>(app: &'a TestApp, browser: &Browser<'_>, door: Door) -> Browser<'a> {
    let other = app.browser(door);
    other.set_cookie(DEVICE, browser.cookie(DEVICE).as_deref());
    other
}

#[tokio::test]
async fn log_5_while_others_guess_the_owner_gets_in_from_a_known_device_wherever_it_is() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await;
        assert_eq!(anna.submit("sign_out", &[]).await.verdict(), Verdict::goes_to("/login"));
        assert!(anna.cookie(DEVICE).is_some(), "signing out keeps it");
        let flood = async || {
            for number in 0..60 {
                let browser = app.browser(Door::Rpc).coming_from(&format!("2001:db8:0:{number}::1"));
                browser.submit("sign_in", &FAIL).await;
            }
        };
        flood().await;
        assert_eq!(wait(&guess(&app, "anna", PASSWORD).await), Some(30), "a stranger");
        let anna = anna.at(door).coming_from("198.51.100.9");
        let accepted = if door == Door::Form { 303 } else { 200 };
        assert_eq!(anna.submit("sign_in", &SIGN_IN).await.status, accepted, "the owner");
        // The flood goes on as before: the owner's sign-in has opened nothing for it.
        let compared = app.state.hasher.compared();
        flood().await;
        assert_eq!(app.state.hasher.compared(), compared);
        assert_eq!(wait(&guess(&app, "anna", PASSWORD).await), Some(30));
        // What the owner's own browser may do, it still may: change the password, for one.
        let fields = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
        assert_eq!(anna.submit("password", &fields).await.verdict(), Verdict::goes_to("/profile"));
    }
}

#[tokio::test]
async fn log_5_a_known_device_has_ten_tries_of_its_own_and_passes_the_limit_of_its_source() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await.at(Door::Rpc).coming_from("192.0.2.1");
    anna.submit("sign_out", &[]).await;
    for number in 0..20 {
        let stranger = app.browser(Door::Rpc).coming_from("192.0.2.1");
        stranger.submit("sign_in", &[("username", &format!("nobody-{number}")), ("password", WRONG)]).await;
    }
    let stranger = app.browser(Door::Rpc).coming_from("192.0.2.1");
    assert!(wait(&stranger.submit("sign_in", &SIGN_IN).await).is_some());
    for _ in 0..LIMIT {
        assert_eq!(anna.submit("sign_in", &FAIL).await.status, 401);
    }
    assert_eq!(wait(&anna.submit("sign_in", &SIGN_IN).await), Some(30));
    assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200, "its failures are its own");
    app.advance(30);
    assert_eq!(anna.submit("sign_in", &SIGN_IN).await.status, 200);
    assert_eq!(app.count("select count(*) from attempts where subject like 'device:%'").await, 0);
}

#[tokio::test]
async fn log_5_a_device_that_has_failed_a_hundred_times_is_like_any_other() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await.at(Door::Rpc);
    anna.submit("sign_out", &[]).await;
    for number in 0..100 {
        assert_eq!(anna.submit("sign_in", &FAIL).await.status, 401, "{number}");
        app.advance(3600);
    }
    assert_eq!(app.count("select failures from attempts where subject like 'device:%'").await, 100);
    // From here on it counts as anybody's.
    for _ in 0..LIMIT {
        assert_eq!(anna.submit("sign_in", &FAIL).await.status, 401);
    }
    assert_eq!(wait(&anna.submit("sign_in", &SIGN_IN).await), Some(30));
    assert_eq!(app.count("select failures from attempts where subject like 'account:%'").await, 10);
    app.advance(30);
    assert_eq!(anna.submit("sign_in", &SIGN_IN).await.status, 200);
    fail(&app, "anna", LIMIT).await;
    assert_eq!(anna.submit("sign_in", &SIGN_IN).await.status, 200, "known anew");
}

#[tokio::test]
async fn log_5_a_new_password_makes_older_devices_strangers_and_a_device_is_known_to_its_own_account_alone() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let boris = app.register("boris", PASSWORD).await;
    let second = app.browser(Door::Rpc);
    second.submit("sign_in", &SIGN_IN).await;
    let old = only_known(&app, &second, Door::Rpc);
    let fields = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    assert_eq!(anna.submit("password", &fields).await.verdict(), Verdict::goes_to("/profile"));
    fail(&app, "anna", LIMIT).await;
    let sign_in = [("username", "anna"), ("password", NEW_PASSWORD)];
    assert!(wait(&old.submit("sign_in", &sign_in).await).is_some(), "a device of the old password");
    let foreign = only_known(&app, &boris, Door::Rpc);
    assert!(wait(&foreign.submit("sign_in", &sign_in).await).is_some(), "somebody else's device");
    let changed = only_known(&app, &anna, Door::Rpc);
    assert_eq!(changed.submit("sign_in", &sign_in).await.status, 200, "the one that changed it");
}

#[tokio::test]
async fn log_5_a_device_is_known_by_the_hash_that_its_sign_in_has_put_in_place_of_an_older_one() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.sql("update accounts set password_hash = '$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC'").await;
    let anna = app.browser(Door::Rpc);
    let sign_in = [("username", "anna"), ("password", "password123")];
    assert_eq!(anna.submit("sign_in", &sign_in).await.status, 200);
    fail(&app, "anna", LIMIT).await;
    let known = only_known(&app, &anna, Door::Rpc);
    assert_eq!(known.submit("sign_in", &sign_in).await.status, 200);
}

#[tokio::test]
async fn log_5_api_clients_are_never_known_devices() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    fail(&app, "anna", LIMIT).await;
    let body = serde_json::json!({"username": "anna", "password": PASSWORD}).to_string();
    let cookie = format!("{DEVICE}={}", anna.cookie(DEVICE).unwrap());
    let request =
        app.api().request("POST", "/token").header("cookie", cookie).header("content-type", "application/json");
    let reply = app.send(request.body(body.into()).unwrap()).await;
    assert_eq!(wait(&reply), Some(30));
}

#[tokio::test]
async fn ses_1_the_device_s_cookie_is_out_of_reach_of_scripts_and_lasts_a_year() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let reply = app.browser(Door::Rpc).submit("sign_in", &SIGN_IN).await;
    let line = reply.set_cookies().into_iter().find(|line| line.starts_with(DEVICE)).unwrap().to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        assert!(line.contains(attribute), "{line} has no {attribute}");
    }
    assert!(!line.contains("Domain"));
}
