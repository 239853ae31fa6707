//! Guessing passwords: what is counted, by whom it is shared, and who gets in all the same (LOG-1, LOG-3 to LOG-7).

mod dropped;
mod floods;
mod known_devices;
mod sources;
mod together;

use axum::http::HeaderMap;
use latchkey::domain::{AuthError, Login, Password};
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, Who};
use latchkey::server::caller::Caller;
use latchkey::server::limits::guesses::{self, Claim};
use latchkey::server::limits::rule::Lock;
use serde_json::json;

use crate::support::{ApiClient, Browser, Door, Reply, TestApp, Verdict, log_text};

const PASSWORD: &str = "canary-Guessing-Kx7-pw";
const WRONG: &str = "canary-Guessing-wrong";
const NEW_PASSWORD: &str = "canary-Guessing-new-pw";
/// Of the default settings.
const LIMIT: usize = 10;

/// Guesses at `username` by a browser that nobody knows.
async fn guess(app: &TestApp, username: &str, password: &str) -> Reply {
    app.browser(Door::Rpc).submit("sign_in", &[("username", username), ("password", password)]).await
}

async fn fail(app: &TestApp, username: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(guess(app, username, WRONG).await.status, 401);
    }
}

/// For how many seconds a refusal sends away; `None` for any other answer.
fn wait(reply: &Reply) -> Option<u16> {
    (reply.status == 429).then(|| reply.header("retry-after").parse().unwrap())
}

/// A browser that is signed in as `username`, and is not known at its next sign-in.
async fn signed_in<'a>(app: &'a TestApp, username: &str) -> Browser<'a> {
    let browser = app.browser(Door::Form);
    browser.submit("sign_in", &[("username", username), ("password", PASSWORD)]).await;
    browser.set_cookie("latchkey-device", None);
    browser
}

const WAYS: usize = 15;

/// Guesses at the account `anna` in one of many ways, each time from somewhere else.
async fn guess_by_way(number: usize, (app, browser, client): (&TestApp, &Browser<'_>, &ApiClient<'_>)) -> Reply {
    let address = format!("192.0.2.{number}");
    let sign_in = |door, username: &'static str| {
        let stranger = app.browser(door).coming_from(&address);
        async move { stranger.submit("sign_in", &[("username", username), ("password", WRONG)]).await }
    };
    let form = |door: Door, form: &'static str, fields: &[(&'static str, &'static str)]| {
        let fields: Vec<_> = fields.iter().copied().chain([("current_password", WRONG)]).collect();
        let owner = browser.at(door).coming_from(&address);
        async move { owner.submit(form, &fields).await }
    };
    let stranger = app.api().coming_from(&address);
    match number % WAYS {
        0 => sign_in(Door::Form, "anna").await,
        1 => sign_in(Door::Rpc, " ANNA@Example.COM ").await,
        2 => stranger.sign_in("AnNa", WRONG).await,
        3 => form(Door::Form, "password", &[("new_password", NEW_PASSWORD)]).await,
        4 => form(Door::Rpc, "email", &[("email", "new@example.com")]).await,
        5 => client.send("DELETE", paths::api::ME, &json!({"current_password": WRONG})).await,
        6 => sign_in(Door::Form, "anna@example.com").await,
        7 => form(Door::Form, "deletion", &[("confirm", "yes")]).await,
        8 => {
            let change = json!({"email": "new@example.com", "current_password": WRONG});
            client.send("PATCH", paths::api::ME, &change).await
        }
        9 => form(Door::Rpc, "password", &[("new_password", NEW_PASSWORD)]).await,
        10 => {
            let change = json!({"current_password": WRONG, "new_password": NEW_PASSWORD});
            client.post(paths::api::MY_PASSWORD, &change).await
        }
        11 => form(Door::Form, "email", &[("email", "new@example.com")]).await,
        12 => {
            let change = json!({"email": "new@example.com", "current_password": WRONG});
            client.send("PUT", paths::api::ME, &change).await
        }
        13 => form(Door::Rpc, "deletion", &[("confirm", "yes")]).await,
        _ => stranger.sign_in("anna@EXAMPLE.com", WRONG).await,
    }
}

#[tokio::test]
async fn log_3_and_rst_1_guesses_spread_over_doors_spellings_and_addresses_are_counted_together() {
    for first in 0..WAYS {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let browser = signed_in(&app, "anna").await;
        let client = app.api_as("anna", PASSWORD).await;
        let before = app.state.hasher.compared();
        for number in 0..WAYS {
            let reply = guess_by_way(first + number, (&app, &browser, &client)).await;
            let is_last = number >= LIMIT;
            assert_eq!(wait(&reply), is_last.then_some(30), "way {first} + {number}: {}", reply.said());
            assert!(is_last || [401, 422].contains(&reply.status.as_u16()), "{}", reply.said());
        }
        assert_eq!(app.state.hasher.compared() - before, LIMIT as u64, "beginning with way {first}");
        assert_eq!(wait(&guess(&app, "anna", PASSWORD).await), Some(30), "not even the right one");
    }
}

#[tokio::test]
async fn log_3_every_door_says_it_in_its_own_words() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    fail(&app, "anna", LIMIT).await;
    let refused = AuthError::TooManyAttempts { retry_after_seconds: 30 };
    for door in Door::ALL {
        let browser = app.browser(door);
        let reply = browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert_eq!((reply.status.as_u16(), reply.verdict()), (429, Verdict::Refused(refused.clone())));
        assert!(door == Door::Rpc || reply.body.contains("Try again in 30 seconds."), "{}", reply.body);
        assert_eq!(reply.set_cookies(), Vec::<&str>::new());
    }
    let reply = app.api().sign_in("anna", PASSWORD).await;
    assert_eq!(reply.api_verdict(), Err(refused));
    assert_eq!(reply.json()["title"], "Too Many Requests");
}

/// What differs between any two answers.
fn comparable(reply: &Reply, username: &str) -> (u16, String, HeaderMap) {
    let mut headers = reply.headers.clone();
    let policy = reply.header("content-security-policy").to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("no nonce");
    let body = reply.body.replace(nonce, "NONCE").replace(username, "NAME");
    let body = body.replace(reply.header("x-request-id"), "ID");
    for name in ["x-request-id", "date", "content-security-policy"] {
        headers.remove(name);
    }
    (reply.status.as_u16(), body, headers)
}

#[tokio::test]
async fn log_1_known_unknown_and_disabled_are_locked_by_the_same_answers() {
    let names = ["known", "gone", "other"];
    let mut answers = Vec::new();
    for name in names {
        let app = TestApp::new().await;
        app.register("known", PASSWORD).await;
        app.register("gone", PASSWORD).await;
        app.sql("update accounts set is_active = 0 where username = 'gone'").await;
        let mut of_name = Vec::new();
        // Until it is locked, then one after another as the locks end.
        for number in 0..LIMIT + 6 {
            let password = if name == "gone" { PASSWORD } else { WRONG };
            let fields = [("username", name), ("password", password)];
            let reply = match number % 3 {
                0 => app.browser(Door::Form).submit("sign_in", &fields).await,
                1 => app.browser(Door::Rpc).submit("sign_in", &fields).await,
                _ => app.api().sign_in(name, password).await,
            };
            of_name.push(comparable(&reply, name));
            if number == LIMIT + 2 {
                app.advance(30);
            }
        }
        let statuses: Vec<u16> = of_name.iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses, [[401; LIMIT].as_slice(), &[429, 429, 429, 401, 429, 429]].concat(), "{name}");
        answers.push(of_name);
    }
    for (name, of_name) in names.iter().zip(&answers) {
        for (number, (answer, of_known)) in of_name.iter().zip(&answers[0]).enumerate() {
            assert_eq!(answer, of_known, "{name}, guess {number}");
        }
    }
}

#[tokio::test]
async fn log_5_locks_double_to_the_second_and_a_right_password_clears_them() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    fail(&app, "anna", LIMIT).await;
    for seconds in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
        assert_eq!(wait(&guess(&app, "anna", PASSWORD).await), Some(seconds));
        app.advance(i64::from(seconds) - 1);
        assert_eq!(wait(&guess(&app, "anna", PASSWORD).await), Some(1));
        app.advance(1);
        assert_eq!(guess(&app, "anna", WRONG).await.status, 401);
    }
    app.advance(3600);
    assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200);
    assert_eq!(app.count("select count(*) from attempts").await, 0);
    fail(&app, "anna", LIMIT - 1).await;
    assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200, "all of them are free again");
}

/// Fails a hundred times in a row.
async fn exhaust(app: &TestApp) {
    for number in 0..100 {
        assert_eq!(guess(app, "anna", WRONG).await.status, 401, "{number}");
        app.advance(3600);
    }
    app.advance(365 * 86_400);
    let compared = app.state.hasher.compared();
    assert_eq!(wait(&guess(app, "anna", PASSWORD).await), Some(3600));
    assert_eq!(app.state.hasher.compared(), compared);
}

#[tokio::test]
async fn log_5_after_a_hundred_failures_a_password_link_or_an_administrator_lets_the_owner_in() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.register("boss", PASSWORD).await;
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'boss'")
        .await;
    exhaust(&app).await;
    let details = accounts::show(&app.state, &Caller::operator(), Who::Name("anna")).await.unwrap();
    assert_eq!((details.failures, details.lock), (100, Lock::Closed));

    let holder = app.link_holder("anna", Door::Form).await;
    assert_eq!(holder.set_password("anna", PASSWORD).await.verdict(), Verdict::goes_to("/login"));
    assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200, "a link");

    exhaust(&app).await;
    let boss = app.api_as("boss", PASSWORD).await;
    let id = app.account_id("anna").await;
    let path = paths::api::USER_UNLOCK.replace("{id}", &id.to_string());
    assert_eq!(boss.call("POST", &path).await.status, 204);
    assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200, "an administrator");
    assert!(log_text().contains(&format!("account {id} was unlocked by account")));

    exhaust(&app).await;
    let unlocked = accounts::unlock(&app.state, &Caller::operator(), Who::Name("ANNA@example.com")).await.unwrap();
    assert!(unlocked.1 && guess(&app, "anna", PASSWORD).await.status == 200, "the operator");
    let again = accounts::unlock(&app.state, &Caller::operator(), Who::Name("anna")).await.unwrap();
    assert!(!again.1, "there was nothing left to forget");
    assert_eq!(
        accounts::unlock(&app.state, &Caller::default(), Who::Name("anna")).await,
        Err(AuthError::Unauthenticated)
    );
}

#[tokio::test]
async fn an_account_that_is_guessed_at_is_logged_once_a_lock_and_by_number() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let line = format!("account {} is being guessed at: ", app.account_id("anna").await);
    let lines = || log_text().matches(&line).count();
    fail(&app, "anna", LIMIT - 1).await;
    assert_eq!(lines(), 0);
    fail(&app, "anna", 1).await;
    for _ in 0..20 {
        assert_eq!(guess(&app, "anna", WRONG).await.status, 429);
    }
    assert_eq!(lines(), 1);
    app.advance(30);
    fail(&app, "anna", 1).await;
    assert_eq!(lines(), 2);
}

#[tokio::test]
async fn what_is_typed_as_a_username_is_in_no_table() {
    let app = TestApp::new().await;
    app.is_secret("canary-typed-in-the-wrong-field");
    fail(&app, "canary-typed-in-the-wrong-field", 1).await;
    fail(&app, "canary typed with spaces, which no name has", 1).await;
    fail(&app, "CANARY typed with spaces, which no name has", LIMIT - 1).await;
    assert_eq!(guess(&app, " canary typed with spaces, which no name has", WRONG).await.status, 429, "one spelling");
    assert_eq!(app.count("select count(*) from attempts where subject like 'name:%'").await, 2);
    assert_eq!(app.count("select count(*) from attempts where subject like '%canary%'").await, 0);
}

#[tokio::test]
async fn prv_2_counts_go_with_the_account() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    fail(&app, "anna", 3).await;
    fail(&app, "boris", 3).await;
    anna.submit("sign_in", &[("username", "anna"), ("password", WRONG)]).await;
    assert_eq!(app.count("select count(*) from attempts").await, 3);
    let fields = [("current_password", PASSWORD), ("confirm", "yes")];
    assert_eq!(anna.submit("deletion", &fields).await.verdict(), Verdict::goes_to("/login"));
    assert_eq!(app.count("select count(*) from attempts").await, 1);
    accounts::delete(&app.state, &Caller::operator(), Who::Name("boris")).await.unwrap();
    assert_eq!(app.count("select count(*) from attempts").await, 0);
}

#[tokio::test]
async fn prv_2_a_guess_that_was_under_way_while_its_account_was_deleted_leaves_nothing() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let found = app.state.store.credential_by_login(&Login::parse("anna").unwrap()).await.unwrap().unwrap();
    accounts::delete(&app.state, &Caller::operator(), Who::Name("anna")).await.unwrap();
    for password in [WRONG, PASSWORD] {
        let claim = Claim::Named(Some(&found), "anna");
        guesses::compare(&app.state, &Caller::default(), claim, Password::from(password.to_owned())).await.unwrap();
        assert_eq!(app.count("select count(*) from attempts").await, 0);
    }
}

#[tokio::test]
async fn prv_3_counts_that_are_worth_nothing_are_removed_and_those_of_accounts_stay() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    fail(&app, "anna", 1).await;
    for number in 0..20 {
        let browser = app.browser(Door::Rpc).coming_from(&format!("192.0.2.{number}"));
        let name = format!("nobody-{number}");
        assert_eq!(browser.submit("sign_in", &[("username", &name), ("password", WRONG)]).await.status, 401);
    }
    assert_eq!(app.count("select count(*) from attempts").await, 1 + 20 + 20);
    app.advance(1800);
    fail(&app, "anna", 1).await;
    assert_eq!(app.count("select count(*) from attempts where subject like 'source:%'").await, 0);
    assert_eq!(app.count("select count(*) from attempts").await, 1 + 20);
    app.advance(3600);
    fail(&app, "anna", 1).await;
    assert_eq!(app.count("select count(*) from attempts").await, 1);
    assert_eq!(app.count("select failures from attempts").await, 3);
}
