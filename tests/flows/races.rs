//! Many at once: the database decides, and nobody sees a fault.

use axum::http::StatusCode;
use futures_util::future::join_all;
use latchkey::domain::{AuthError, Field, Problem};

use crate::support::{Door, PATIENT, TestApp, Verdict, rounds};

const PASSWORD: &str = "canary-Races-Kx7-pw";
const AT_ONCE: usize = 50;

/// passlib's bcrypt of this password, which every sign-in wants to replace.
const BCRYPT_PASSWORD: &str = "password123";

async fn set_bcrypt(app: &TestApp) {
    app.sql("update accounts set password_hash = '$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC'").await;
}

async fn app_with_bcrypt() -> TestApp {
    let app = TestApp::with(&PATIENT).await;
    app.register("anna", PASSWORD).await;
    set_bcrypt(&app).await;
    app
}

/// Whether `password` signs anna in; anything but yes or no is a fault.
async fn try_to_sign_in(app: &TestApp, password: &str) -> bool {
    let browser = app.browser(Door::Rpc);
    let status = browser.submit("sign_in", &[("username", "anna"), ("password", password)]).await.status;
    assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
    status == StatusCode::OK
}

/// Registers many at once, through the three doors by turns.
async fn register_at_once(
    app: &TestApp,
    names: impl Fn(usize) -> (String, String),
) -> Vec<(StatusCode, Result<(), AuthError>)> {
    let attempts = (0..AT_ONCE).map(|number| {
        let (email, username) = names(number);
        async move {
            let fields = [("email", email.as_str()), ("username", username.as_str()), ("password", PASSWORD)];
            let Some(door) = Door::ALL.get(number % 3) else {
                let reply = app.api().submit("registration", &fields).await.unwrap();
                return (reply.status, reply.api_verdict());
            };
            let reply = app.browser(*door).submit("registration", &fields).await;
            let verdict = match reply.verdict() {
                Verdict::Accepted(_) => Ok(()),
                Verdict::Refused(error) => Err(error),
            };
            (reply.status, verdict)
        }
    });
    join_all(attempts).await
}

fn check(replies: &[(StatusCode, Result<(), AuthError>)], taken: Field) {
    assert_eq!(replies.iter().filter(|(_, verdict)| verdict.is_ok()).count(), 1);
    let refused = replies.iter().filter_map(|(status, verdict)| Some((status, verdict.as_ref().err()?)));
    for (status, error) in refused {
        let AuthError::Invalid(errors) = error else { panic!("{error:?}") };
        assert_eq!(errors.get(taken), Some(Problem::Taken));
        assert!([StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST].contains(status));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reg_2_fifty_registrations_of_one_address_make_one_account() {
    for _ in 0..rounds(100) {
        let app = TestApp::new().await;
        let replies = register_at_once(&app, |n| ("Same@Example.com".to_owned(), format!("racer-{n}"))).await;
        check(&replies, Field::Email);
        assert_eq!(app.count("select count(*) from accounts").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reg_2_fifty_registrations_of_one_username_make_one_account() {
    for _ in 0..rounds(100) {
        let app = TestApp::new().await;
        let replies = register_at_once(&app, |n| (format!("racer-{n}@example.com"), "Racer".to_owned())).await;
        check(&replies, Field::Username);
        assert_eq!(app.count("select count(*) from accounts").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_that_overtake_each_other_with_a_better_hash_all_succeed() {
    for _ in 0..5 {
        let app = app_with_bcrypt().await;
        let sign_ins = (0..10).map(|_| try_to_sign_in(&app, BCRYPT_PASSWORD));
        assert!(join_all(sign_ins).await.iter().all(|signed_in| *signed_in));
        assert!(app.text("select password_hash from accounts").await.starts_with("$argon2id$"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pwd_4_a_rehash_at_sign_in_never_undoes_a_new_password() {
    const NEW: &str = "canary-Races-Qz3-pw";
    for _ in 0..rounds(500) {
        let app = app_with_bcrypt().await;
        let anna = app.browser(Door::Form);
        anna.submit("sign_in", &[("username", "anna"), ("password", BCRYPT_PASSWORD)]).await;
        set_bcrypt(&app).await;
        app.is_secret(NEW);
        let sign_ins = (0..10).map(|_| try_to_sign_in(&app, BCRYPT_PASSWORD));
        let change = anna.submit("password", &[("current_password", BCRYPT_PASSWORD), ("new_password", NEW)]);
        let (_, changed) = futures_util::join!(join_all(sign_ins), change);
        assert_eq!(changed.verdict(), Verdict::goes_to("/profile"));
        assert!(try_to_sign_in(&app, NEW).await && !try_to_sign_in(&app, BCRYPT_PASSWORD).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_better_hash_that_comes_between_refuses_no_change_of_the_owner() {
    for (form, fields, target) in
        [("email", vec![("email", "new@example.com")], "/profile"), ("deletion", vec![("confirm", "yes")], "/login")]
    {
        for _ in 0..5 {
            let app = app_with_bcrypt().await;
            let anna = app.browser(Door::Rpc);
            anna.submit("sign_in", &[("username", "anna"), ("password", BCRYPT_PASSWORD)]).await;
            set_bcrypt(&app).await;
            let fields: Vec<_> = fields.iter().copied().chain([("current_password", BCRYPT_PASSWORD)]).collect();
            let sign_ins = (0..5).map(|_| try_to_sign_in(&app, BCRYPT_PASSWORD));
            let (_, reply) = futures_util::join!(join_all(sign_ins), anna.submit(form, &fields));
            assert_eq!(reply.verdict(), Verdict::goes_to(target), "{form}");
        }
    }
}
