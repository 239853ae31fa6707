//! An administrator's request that is long on its way: who asks must still be one when it is written (JWT-6, AUZ-3).

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::stream;
use latchkey::domain::{AuthError, Login, Role};
use latchkey::paths::api::{ME, USERS};
use latchkey::server::accounts::service::{self, Who};
use latchkey::server::caller::Caller;
use latchkey::server::crypto::SessionKind;
use latchkey::server::sessions::service as sessions;
use latchkey::server::store::{RoleChange, StandingChanges};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{ApiClient, Reply, TestApp};

const PASSWORD: &str = "canary-Held-Adm-pw";
const FIVE_MINUTES: i64 = 5 * 60;

/// anna and boris are administrators, clara is not; boris's client.
async fn prepared(app: &TestApp) -> ApiClient<'_> {
    for name in ["anna", "boris", "clara"] {
        app.register(name, PASSWORD).await;
    }
    for name in ["anna", "boris"] {
        update(app, name, StandingChanges::roles(RoleChange::Grant(Role::ADMIN))).await;
    }
    app.api_as("boris", PASSWORD).await
}

async fn update(app: &TestApp, name: &str, changes: StandingChanges) {
    service::update(&app.state, &Caller::operator(), (Who::Name(name), changes)).await.unwrap();
}

/// Sends `PATCH path` whose body arrives only after `meanwhile`, which begins once the sender has been believed.
async fn held_back(
    app: &TestApp,
    client: &ApiClient<'_>,
    (path, body): (&str, &Value),
    meanwhile: impl Future<Output = ()>,
) -> Reply {
    let (believed, is_believed) = oneshot::channel::<()>();
    let (release, is_released) = oneshot::channel::<()>();
    let body = body.to_string();
    let body = stream::once(async move {
        believed.send(()).unwrap();
        is_released.await.unwrap();
        Ok::<_, std::io::Error>(body)
    });
    let request = client.request("PATCH", path).header("content-type", "application/json");
    let request = request.body(Body::from_stream(body)).unwrap();
    let meanwhile = async {
        is_believed.await.unwrap();
        meanwhile.await;
        release.send(()).unwrap();
    };
    futures_util::join!(app.send(request), meanwhile).0
}

#[tokio::test]
async fn auz_3_and_jwt_6_an_administrator_who_is_out_writes_nothing_more() {
    for end in ["demoted", "disabled", "signed out", "deleted"] {
        for (target, body) in [
            ("boris", json!({"is_active": true, "roles": ["admin"]})),
            ("clara", json!({"roles": ["admin"]})),
            ("anna", json!({"is_active": false})),
        ] {
            let app = TestApp::new().await;
            let boris = prepared(&app).await;
            let path = format!("{USERS}/{}", app.account_id(target).await);
            let meanwhile = async {
                match end {
                    "demoted" => {
                        update(&app, "boris", StandingChanges::roles(RoleChange::Replace(BTreeSet::new()))).await;
                    }
                    "disabled" => update(&app, "boris", StandingChanges::active(false)).await,
                    "signed out" => {
                        let whose = service::Whose::Account(Who::Name("boris"));
                        service::sign_out(&app.state, &Caller::operator(), whose).await.unwrap();
                    }
                    _ => {
                        service::delete(&app.state, &Caller::operator(), Who::Name("boris")).await.unwrap();
                    }
                }
            };
            let reply = held_back(&app, &boris, (&path, &body), meanwhile).await;
            let gone = end == "deleted" && target == "boris";
            let expected = if gone { AuthError::NotFound } else { AuthError::SessionEnded };
            assert_eq!(reply.api_verdict(), Err(expected), "{end}, {target}");
            let clara = "select count(*) from account_roles r join accounts a on a.id = r.account_id where a.username = 'clara'";
            assert_eq!(app.count(clara).await, 0, "{end}, {target}");
            let boris = "select count(*) from account_roles r join accounts a on a.id = r.account_id \
                         where a.username = 'boris' and a.is_active = 1";
            assert_eq!(app.count(boris).await, i64::from(end == "signed out"), "{end}, {target}");
            assert_eq!(app.count("select is_active from accounts where username = 'anna'").await, 1, "{end}, {target}");
        }
    }
}

#[tokio::test]
async fn auz_3_who_is_no_administrator_any_more_unlocks_nobody() {
    let app = TestApp::new().await;
    let boris = prepared(&app).await;
    for _ in 0..10 {
        assert_eq!(app.api().sign_in("clara", "canary-Held-Adm-wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let believed = sessions::by_access_token(&app.state, &boris.access_token(), SessionKind::Api).await.unwrap();
    let believed = Caller { session: Some(believed), ..Caller::default() };
    update(&app, "boris", StandingChanges::roles(RoleChange::Revoke(Role::ADMIN))).await;
    let unlocked = service::unlock(&app.state, &believed, Who::Name("clara")).await;
    assert_eq!(unlocked, Err(AuthError::SessionEnded));
    assert_eq!(app.api().sign_in("clara", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_administrator_who_stays_one_is_not_held_up_by_a_slow_line() {
    let app = TestApp::new().await;
    let boris = prepared(&app).await;
    let path = format!("{USERS}/{}", app.account_id("clara").await);
    let reply = held_back(&app, &boris, (&path, &json!({"is_active": false})), async {}).await;
    assert_eq!((reply.status, &reply.json()["is_active"]), (StatusCode::OK, &json!(false)));
}

#[tokio::test]
async fn auz_3_a_sign_in_that_a_revocation_overtakes_gets_no_token_with_the_role() {
    let app = TestApp::new().await;
    prepared(&app).await;
    // What a sign-in has read before the password is compared.
    let read = app.state.store.account_by_login(&Login::parse("boris").unwrap()).await.unwrap().unwrap();
    assert!(read.view.roles.contains(&Role::ADMIN));
    update(&app, "boris", StandingChanges::roles(RoleChange::Revoke(Role::ADMIN))).await;
    let begun = sessions::begin(&app.state, &Caller::default(), (&read, sessions::Means::API), None).await.unwrap();
    let claims = app.state.keys.verify(&begun.unwrap().access).await.unwrap();
    assert_eq!(claims.roles, [Role::USER]);
}

#[tokio::test]
async fn prv_2_there_is_no_way_round_the_proof_for_one_s_own_account() {
    let app = TestApp::new().await;
    let boris = prepared(&app).await;
    let own = format!("{USERS}/{}", app.account_id("boris").await);
    let others = format!("{USERS}/{}", app.account_id("clara").await);
    app.advance(FIVE_MINUTES);
    assert_eq!(boris.call("DELETE", &own).await.api_verdict(), Err(AuthError::ReauthenticationRequired));
    assert_eq!(boris.call("DELETE", &others).await.status, StatusCode::NO_CONTENT);
    let fresh = app.api_as("boris", PASSWORD).await;
    assert_eq!(fresh.call("DELETE", &own).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn avl_5_lists_wait_for_each_other_and_nobody_waits_for_them() {
    let app = TestApp::new().await;
    let boris = prepared(&app).await;
    let places = u32::try_from(app.state.lists.available_permits()).unwrap();
    let lists = app.state.lists.acquire_many(places).await.unwrap();
    let list = boris.get(USERS);
    let mut list = std::pin::pin!(list);
    let me = tokio::select! {
        biased;
        _ = &mut list => panic!("one more list is read than there are places"),
        me = boris.get(ME) => me,
    };
    assert_eq!(me.status, StatusCode::OK);
    drop(lists);
    assert_eq!(list.await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_doubled_parameter_is_not_answered_at_length() {
    let app = TestApp::new().await;
    let boris = prepared(&app).await;
    let reply = boris.get(&format!("{USERS}?{}", "a&".repeat(2000))).await;
    assert_eq!((reply.status.as_u16(), reply.json()["errors"].as_array().unwrap().len()), (422, 16));
}
