//! One refresh token, many at once, on several threads: who wins, and what is left when the session ends in the same moment.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use latchkey::domain::{EndReason, Role};
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, Who, Whose};
use latchkey::server::caller::Caller;
use latchkey::server::store::{RoleChange, StandingChanges};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::{ApiClient, Reply, TestApp, rounds};

const PASSWORD: &str = "canary-Refresh-Kx7-pw";
const AT_ONCE: usize = 100;

/// `POST path` on a thread of its own.
async fn post(router: Router, path: &'static str, access: Option<String>, body: Value) -> Reply {
    let request = Request::post(path).header("host", "127.0.0.1:3000").header("content-type", "application/json");
    let request = match access {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    Reply::read(router.oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap()).await
}

/// The refresh tokens of those who got one; everybody else was told 401.
async fn refresh_at_once(app: &TestApp, token: &str, times: usize) -> Vec<String> {
    let mut tries = JoinSet::new();
    for _ in 0..times {
        tries.spawn(post(app.router(), paths::api::REFRESH, None, json!({"refresh_token": token})));
    }
    let replies = tries.join_all().await;
    let granted = replies.iter().filter(|reply| reply.status == StatusCode::OK);
    let granted: Vec<_> = granted.map(|reply| reply.json()["refresh_token"].as_str().unwrap().to_owned()).collect();
    let refused = replies.iter().filter(|reply| reply.status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(
        granted.len() + refused,
        times,
        "nobody sees a fault: {:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    granted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ref_2_and_ref_3_a_hundred_at_once_get_the_same_successor_and_nobody_is_signed_out() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    let mut token = client.refresh_token();
    for round in 0..rounds(200) {
        app.advance(11);
        let granted = refresh_at_once(&app, &token, AT_ONCE).await;
        assert_eq!(granted.len(), AT_ONCE, "round {round}");
        assert!(granted.iter().all(|successor| *successor == granted[0] && *successor != token), "round {round}");
        token.clone_from(&granted[0]);
    }
    let advanced = app.count("select max(counter) from sessions where kind = 'api'").await;
    assert_eq!(usize::try_from(advanced).unwrap(), rounds(200), "each round is one step");
    assert_eq!(app.count("select count(*) from sessions where ended_at is not null").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ref_2_without_a_grace_one_of_a_hundred_wins_and_the_session_ends() {
    let app = TestApp::with(&[("LATCHKEY_REFRESH_GRACE", "0")]).await;
    app.register("anna", PASSWORD).await;
    for round in 0..rounds(200) {
        let client = app.api_as("anna", PASSWORD).await;
        let granted = refresh_at_once(&app, &client.refresh_token(), AT_ONCE).await;
        assert_eq!(granted.len(), 1, "round {round}");
        assert!(refresh_at_once(&app, &granted[0], 1).await.is_empty(), "round {round}: the winner's token, too");
        assert_eq!(client.get(paths::api::ME).await.status, 401);
        let ended = client_reason(&app).await;
        assert_eq!(ended, EndReason::Reuse.as_str(), "round {round}");
    }
}

/// Why the session that ended last has ended.
async fn client_reason(app: &TestApp) -> String {
    app.text("select end_reason from sessions where kind = 'api' order by created_at desc, ended_at desc limit 1").await
}

#[tokio::test]
async fn ref_4_a_reply_that_was_lost_with_its_process_is_given_again_by_the_next_one() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    let token = client.refresh_token();
    // Cut off after so many steps of its own work: before the commit, after it, or not at all.
    for steps in 0..40 {
        let mut request =
            std::pin::pin!(post(app.router(), paths::api::REFRESH, None, json!({"refresh_token": &token})));
        for _ in 0..steps {
            if futures_util::poll!(request.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let next = app.another(&[]).await.unwrap();
    app.advance(9);
    let successor = refresh_at_once(&next, &token, 1).await;
    assert_eq!(successor.len(), 1, "nobody is signed out by a lost reply");
    assert_eq!(refresh_at_once(&app, &token, 1).await, successor, "the same one, whoever gives it");
    assert_eq!(app.count("select counter from sessions where kind = 'api'").await, 1);
    assert_eq!(refresh_at_once(&next, &successor[0], 1).await.len(), 1);
}

/// What ends a session, each in its own way.
#[derive(Clone, Copy, Debug)]
enum End {
    SignOut,
    SignOutByAccess,
    ChangePassword,
    EndedElsewhere,
    EndedByAdmin,
    Disabled,
    Promoted,
}

const ENDS: [End; 7] = [
    End::SignOut,
    End::SignOutByAccess,
    End::ChangePassword,
    End::EndedElsewhere,
    End::EndedByAdmin,
    End::Disabled,
    End::Promoted,
];

impl End {
    async fn happen(self, app: &TestApp, victim: &ApiClient<'_>, other: &ApiClient<'_>) {
        let operator = &Caller::operator();
        let who = Who::Name("anna");
        let own = json!({"current_password": PASSWORD, "new_password": PASSWORD});
        match self {
            Self::SignOut => {
                let body = json!({"refresh_token": victim.refresh_token()});
                assert_eq!(post(app.router(), paths::api::LOGOUT, None, body).await.status, 204);
            }
            Self::SignOutByAccess => {
                let access = Some(victim.access_token());
                assert_eq!(post(app.router(), paths::api::LOGOUT, access, json!({})).await.status, 204);
            }
            Self::ChangePassword => {
                let access = Some(other.access_token());
                assert_eq!(post(app.router(), paths::api::MY_PASSWORD, access, own).await.status, 204);
            }
            Self::EndedElsewhere => assert_eq!(other.call("DELETE", paths::api::MY_SESSIONS).await.status, 204),
            Self::EndedByAdmin => drop(accounts::sign_out(&app.state, operator, Whose::Account(who)).await.unwrap()),
            Self::Disabled => {
                drop(accounts::update(&app.state, operator, (who, StandingChanges::active(false))).await.unwrap());
            }
            Self::Promoted => {
                let grant = StandingChanges::roles(RoleChange::Grant(Role::ADMIN));
                drop(accounts::update(&app.state, operator, (who, grant)).await.unwrap());
            }
        }
    }

    /// Makes everything as it was, but for sessions.
    async fn undo(self, app: &TestApp) {
        let operator = &Caller::operator();
        let who = Who::Name("anna");
        if matches!(self, Self::Disabled) {
            accounts::update(&app.state, operator, (who, StandingChanges::active(true))).await.unwrap();
        }
        if matches!(self, Self::Promoted) {
            app.sql("delete from account_roles where account_id = (select id from accounts where username = 'anna')")
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::print_stdout, reason = "make races says whether both orders happened")]
async fn ref_7_a_refresh_that_races_the_end_of_its_session_leaves_no_token_that_works() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let (mut before, mut after) = (0, 0);
    for round in 0..rounds(1000) {
        // Five in seven rounds are sign-outs, which the others are only kinds of.
        let end = if round % 7 < 4 { ENDS[round % 2] } else { ENDS[round % ENDS.len()] };
        let (victim, other) = (app.api_as("anna", PASSWORD).await, app.api_as("anna", PASSWORD).await);
        let token = victim.refresh_token();
        // Head starts of different length, so that both orders happen.
        let racing = async {
            for _ in 0..round % 5 {
                tokio::task::yield_now().await;
            }
            refresh_at_once(&app, &token, 3).await
        };
        let (granted, ()) = futures_util::join!(racing, end.happen(&app, &victim, &other));
        end.undo(&app).await;
        if granted.is_empty() {
            after += 1;
        } else {
            before += 1;
        }
        for survivor in granted.iter().chain([&token]) {
            assert!(refresh_at_once(&app, survivor, 1).await.is_empty(), "round {round}: {end:?}");
        }
        assert_eq!(victim.get(paths::api::ME).await.status, 401, "round {round}: {end:?}");
        assert!(!client_is_live(&app, &victim).await, "round {round}: {end:?}");
    }
    println!("the refresh came first in {before} rounds, the end in {after}");
}

async fn client_is_live(app: &TestApp, client: &ApiClient<'_>) -> bool {
    let sid = app.state.keys.read(&client.access_token()).await.unwrap().sid;
    let row = app.state.store.session_with_account(&sid).await.unwrap();
    row.is_some_and(|row| row.ended_at.is_none())
}
