//! A request whose body is held back until something has changed: what was believed at its start must still be true when
//! it writes (JWT-6, RST-1, EML-1).

use axum::body::Body;
use futures_util::stream;
use tokio::sync::oneshot;

use crate::support::{Browser, Door, ORIGIN, Reply, TestApp, Verdict};

const OLD: &str = "canary-Held-Kx7-pw";
const NEW: &str = "canary-Held-Qz3-pw";

/// Sends a form whose body arrives only after `meanwhile`, which begins once the form's sender has been recognised.
async fn held_back(
    browser: &Browser<'_>,
    form: &str,
    fields: &[(&str, &str)],
    meanwhile: impl Future<Output = ()>,
) -> Reply {
    let (recognised, is_recognised) = oneshot::channel::<()>();
    let (release, is_released) = oneshot::channel::<()>();
    let body = serde_urlencoded::to_string(fields).unwrap();
    let body = stream::once(async move {
        recognised.send(()).unwrap();
        is_released.await.unwrap();
        Ok::<_, std::io::Error>(body)
    });
    let request = browser.request("POST", &browser.door.url(form)).header("origin", ORIGIN);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(Body::from_stream(body)).unwrap();
    let meanwhile = async {
        is_recognised.await.unwrap();
        meanwhile.await;
        release.send(()).unwrap();
    };
    futures_util::join!(browser.exchange(request), meanwhile).0
}

async fn change_password(owner: &Browser<'_>) {
    let fields = [("current_password", OLD), ("new_password", NEW)];
    assert_eq!(owner.submit("password", &fields).await.verdict(), Verdict::goes_to("/profile"));
}

#[tokio::test]
async fn the_old_password_proves_nothing_once_it_was_changed() {
    for door in Door::ALL {
        for (form, fields) in [
            ("email", vec![("email", "thief@example.com"), ("current_password", OLD)]),
            ("deletion", vec![("current_password", OLD), ("confirm", "yes")]),
            ("password", vec![("current_password", OLD), ("new_password", "canary-Thief-Zz1-pw")]),
            ("details", vec![("username", "thief")]),
        ] {
            let app = TestApp::new().await;
            let owner = app.register("anna", OLD).await;
            let thief = app.browser(door);
            thief.submit("sign_in", &[("username", "anna"), ("password", OLD)]).await;
            let reply = held_back(&thief, form, &fields, change_password(&owner)).await;
            let sent_away = [
                Verdict::goes_to("/login?next=/profile"),
                Verdict::Refused(latchkey::domain::AuthError::Unauthenticated),
            ];
            assert!(sent_away.contains(&reply.verdict()), "{form} at {door:?}: {}", reply.said());
            let untouched = "select count(*) from accounts where email = 'anna@example.com' and username = 'anna'";
            assert_eq!(app.count(untouched).await, 1, "{form} at {door:?}");
            let sign_in = app.browser(door).submit("sign_in", &[("username", "anna"), ("password", NEW)]).await;
            assert_eq!(sign_in.verdict(), Verdict::goes_to("/profile"), "{form} at {door:?}");
        }
    }
}

#[tokio::test]
async fn a_session_that_was_signed_out_writes_nothing_more() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", OLD).await.at(door);
        let same = anna.at(Door::Form);
        let sign_out = async { drop(same.submit("sign_out", &[]).await) };
        held_back(&anna, "details", &[("username", "changed")], sign_out).await;
        assert_eq!(app.text("select username from accounts").await, "anna", "{door:?}");
    }
}

#[tokio::test]
async fn the_same_address_is_not_written_over_a_newer_one() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", OLD).await.at(door);
        let same = anna.at(Door::Form);
        let change = async {
            let fields = [("email", "newer@example.com"), ("current_password", OLD)];
            assert_eq!(same.submit("email", &fields).await.verdict(), Verdict::goes_to("/profile"));
        };
        held_back(&anna, "email", &[("email", "anna@example.com")], change).await;
        assert_eq!(app.text("select email from accounts").await, "newer@example.com", "{door:?}");
    }
}

#[tokio::test]
async fn an_account_that_was_disabled_writes_nothing_more() {
    const ROW: &str = "select username, email, password_hash, (select count(*) from sessions where ended_at is null) \
                       from accounts";
    for door in Door::ALL {
        for (form, fields) in [
            ("email", vec![("email", "thief@example.com"), ("current_password", OLD)]),
            ("deletion", vec![("current_password", OLD), ("confirm", "yes")]),
            ("password", vec![("current_password", OLD), ("new_password", NEW)]),
            ("details", vec![("username", "changed")]),
        ] {
            let app = TestApp::new().await;
            let anna = app.register("anna", OLD).await.at(door);
            let before = app.lines(ROW).await;
            let disable = async { assert_eq!(app.sql("update accounts set is_active = 0").await, 1) };
            held_back(&anna, form, &fields, disable).await;
            assert!(app.lines(ROW).await == before, "{form} at {door:?}");
        }
    }
}
