//! A link that is used at the very moment of something else: whichever comes first, both see what it has left (RST-3).
//!
//! What a link's use, a sign-in and a change take is mostly their hashes, so that a race is varied by letting one of the
//! two wait for some hashes before it starts. Either may win; what must be true afterwards follows from who did.

use axum::http::StatusCode;
use futures_util::future::join_all;
use latchkey::domain::{NewPassword, Password};

use super::{COOKIE, LINKS, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, expired, is_signed_in, set, signs_in};
use crate::support::{Browser, Door, TestApp, Verdict, rounds};

const LIVE_SESSIONS: &str = "select count(*) from sessions where ended_at is null";

/// In round after round each of two rivals starts later than the other, by up to three hashes.
fn head_starts(app: &TestApp, round: usize) -> (impl Future<Output = ()>, impl Future<Output = ()>) {
    let wait = |hashes: usize| async move {
        let password = NewPassword::parse(Password::new(PASSWORD.to_owned()), app.state.password_policy()).unwrap();
        for _ in 0..hashes {
            app.state.hasher.hash(&password).await.unwrap();
        }
    };
    let difference = round % 7;
    (wait(difference.saturating_sub(3)), wait(3_usize.saturating_sub(difference)))
}

/// Uses anna's link while `rival` does something else; gives what became of both.
async fn race<T>(app: &TestApp, round: usize, holder: &Browser<'_>, rival: impl Future<Output = T>) -> (Verdict, T) {
    let (before_link, before_rival) = head_starts(app, round);
    let link = async {
        before_link.await;
        set(holder, NEW_PASSWORD).await.verdict()
    };
    let rival = async {
        before_rival.await;
        rival.await
    };
    futures_util::join!(link, rival)
}

#[tokio::test(flavor = "multi_thread")]
async fn rst_3_no_sign_in_with_the_old_password_outlives_a_link() {
    for round in 0..rounds(200) {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", Door::ALL[round % 2]).await;
        let browsers: Vec<_> = (0..8).map(|number| app.browser(Door::ALL[number % 2])).collect();
        let sign_ins = browsers.iter().map(|browser| async {
            let status = browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await.status;
            let answers = [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED];
            assert!(answers.contains(&status), "{status}");
        });
        let (link, _) = race(&app, round, &holder, join_all(sign_ins)).await;
        assert_eq!(link, Verdict::goes_to("/login"));
        for browser in &browsers {
            assert!(!is_signed_in(browser).await, "round {round}");
        }
        assert_eq!(app.count(LIVE_SESSIONS).await, 0, "round {round}");
        assert!(signs_in(&app, NEW_PASSWORD).await && !signs_in(&app, PASSWORD).await, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rst_3_of_a_link_and_a_change_of_password_one_happens() {
    for round in 0..rounds(200) {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(Door::ALL[round / 2 % 2]);
        let holder = app.link_holder("anna", Door::ALL[round % 2]).await;
        let change = [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        let rival = async { anna.submit("password", &change).await.verdict() };
        let (link, change) = race(&app, round, &holder, rival).await;
        let is_set = link == Verdict::goes_to("/login");
        assert!(is_set || link == expired(), "{link:?}");
        assert_eq!(change == Verdict::goes_to("/profile"), !is_set, "round {round}: {link:?}, {change:?}");
        assert_eq!((signs_in(&app, NEW_PASSWORD).await, signs_in(&app, OTHER_PASSWORD).await), (is_set, !is_set));
        assert!(!signs_in(&app, PASSWORD).await, "round {round}");
        assert_eq!(is_signed_in(&anna).await, !is_set, "round {round}");
        assert_eq!(app.count(LINKS).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rst_3_of_a_link_and_a_new_address_one_happens() {
    for round in 0..rounds(200) {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(Door::ALL[round / 2 % 2]);
        let holder = app.link_holder("anna", Door::ALL[round % 2]).await;
        let change = [("email", "thief@example.com"), ("current_password", PASSWORD)];
        let rival = async { anna.submit("email", &change).await.verdict() };
        let (link, change) = race(&app, round, &holder, rival).await;
        let is_set = link == Verdict::goes_to("/login");
        assert!(is_set || link == expired(), "{link:?}");
        assert_eq!(change == Verdict::goes_to("/profile"), !is_set, "round {round}: {link:?}, {change:?}");
        let address = if is_set { "anna@example.com" } else { "thief@example.com" };
        assert_eq!(app.text("select email from accounts").await, address, "round {round}");
        assert_eq!((signs_in(&app, NEW_PASSWORD).await, signs_in(&app, PASSWORD).await), (is_set, !is_set));
        assert_eq!(app.count(LINKS).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rst_3_of_a_link_and_a_newer_one_the_newer_works_afterwards_and_the_older_does_not() {
    for round in 0..rounds(200) {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", Door::ALL[round % 2]).await;
        let copy = holder.at(Door::Form);
        let (link, newer) = race(&app, round, &holder, app.try_link("anna")).await;
        let is_set = link == Verdict::goes_to("/login");
        assert!(is_set || link == expired(), "{link:?}");
        assert_eq!((signs_in(&app, NEW_PASSWORD).await, signs_in(&app, PASSWORD).await), (is_set, !is_set));
        assert_eq!(app.count(LINKS).await, 1, "round {round}");
        assert!(copy.cookie(COOKIE).is_some() && set(&copy, OTHER_PASSWORD).await.verdict() == expired());
        let next = app.browser(Door::Form);
        next.get(&newer.unwrap()).await;
        assert_eq!(set(&next, OTHER_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "round {round}");
        assert!(signs_in(&app, OTHER_PASSWORD).await, "round {round}");
    }
}
