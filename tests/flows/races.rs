//! Many at once: the database decides, and nobody sees a fault.

use axum::http::StatusCode;
use futures_util::future::join_all;
use latchkey::domain::{AuthError, Field, Problem};

use crate::support::{Door, Reply, TestApp, Verdict};

const PASSWORD: &str = "canary-Races-Kx7-pw";
const AT_ONCE: usize = 50;

/// Registers many at once, every second one through the other door.
async fn register_at_once(app: &TestApp, names: impl Fn(usize) -> (String, String)) -> Vec<Reply> {
    let attempts = (0..AT_ONCE).map(|number| {
        let (email, username) = names(number);
        let browser = app.browser(Door::ALL[number % 2]);
        async move {
            let fields = [("email", email.as_str()), ("username", username.as_str()), ("password", PASSWORD)];
            browser.submit("registration", &fields).await
        }
    });
    join_all(attempts).await
}

fn check(replies: &[Reply], taken: Field) {
    let accepted = replies.iter().filter(|reply| reply.verdict() == Verdict::goes_to("/profile")).count();
    assert_eq!(accepted, 1);
    for reply in replies {
        match reply.verdict() {
            Verdict::Accepted(_) => {}
            Verdict::Refused(AuthError::Invalid(errors)) => {
                assert_eq!(errors.get(taken), Some(Problem::Taken));
                assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            }
            Verdict::Refused(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reg_2_fifty_registrations_of_one_address_make_one_account() {
    let app = TestApp::new().await;
    let replies = register_at_once(&app, |n| ("Same@Example.com".to_owned(), format!("racer-{n}"))).await;
    check(&replies, Field::Email);
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reg_2_fifty_registrations_of_one_username_make_one_account() {
    let app = TestApp::new().await;
    let replies = register_at_once(&app, |n| (format!("racer-{n}@example.com"), "Racer".to_owned())).await;
    check(&replies, Field::Username);
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pwd_4_a_rehash_at_sign_in_never_undoes_a_new_password() {
    const NEW: &str = "canary-Races-Qz3-pw";
    for _ in 0..10 {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await;
        // passlib's bcrypt of "password123", which each sign-in wants to replace.
        app.sql("update accounts set password_hash = '$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC'")
            .await;
        app.is_secret(NEW);
        let sign_ins = (0..10).map(|_| async {
            let browser = app.browser(Door::Rpc);
            browser.submit("sign_in", &[("username", "anna"), ("password", "password123")]).await.status
        });
        let change = anna.submit("password", &[("current_password", "password123"), ("new_password", NEW)]);
        let (statuses, changed) = futures_util::join!(join_all(sign_ins), change);
        assert!(
            statuses.iter().all(|status| [StatusCode::OK, StatusCode::UNAUTHORIZED].contains(status)),
            "{statuses:?}"
        );
        let works = |password: &'static str| {
            let browser = app.browser(Door::Rpc);
            async move {
                browser.submit("sign_in", &[("username", "anna"), ("password", password)]).await.status
                    == StatusCode::OK
            }
        };
        let accepted = matches!(changed.verdict(), Verdict::Accepted(_));
        assert_eq!((works(NEW).await, works("password123").await), (accepted, !accepted));
    }
}
