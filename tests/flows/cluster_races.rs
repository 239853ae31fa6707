//! Races between processes on one database: each has connections, keys and memory of its own, and nobody but the database
//! decides (DAT-4). `make test` runs each a hundred times, `make races` two thousand times, on each kind of database.

use axum::body::Body;
use axum::http::Request;
use latchkey::domain::Role;
use latchkey::paths::api::{LOGOUT, ME, MY_PASSWORD, REFRESH, TOKEN};
use latchkey::server::accounts::service::{self as accounts, Who};
use latchkey::server::caller::Caller;
use latchkey::server::store::{RoleChange, StandingChanges};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::{PATIENT, Reply, TestApp, rounds_of};

const PASSWORD: &str = "canary-Cluster-Kx7-pw";
const PROCESSES: usize = 3;

/// So many processes on one database.
async fn cluster() -> Vec<TestApp> {
    let first = TestApp::with(&PATIENT).await;
    let mut all = Vec::new();
    for _ in 1..PROCESSES {
        all.push(first.another(&PATIENT).await.unwrap());
    }
    all.push(first);
    all
}

fn times() -> usize {
    rounds_of(100, 2000)
}

/// A request to one of the processes, on a thread of its own.
async fn ask(
    app: axum::Router,
    (method, path): (&'static str, &'static str),
    access: Option<String>,
    body: Value,
) -> Reply {
    let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    let request = request.header("content-type", "application/json");
    let request = match access {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    Reply::read(app.oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap()).await
}

/// All at once, each at another process than the one before; the answers are in their order.
async fn at_once(apps: &[TestApp], round: usize, asked: Vec<(&'static str, Option<String>, Value)>) -> Vec<Reply> {
    let mut tasks = JoinSet::new();
    for (at, (path, access, body)) in asked.into_iter().enumerate() {
        let router = apps[(round + at) % apps.len()].router();
        tasks.spawn(async move { (at, ask(router, ("POST", path), access, body).await) });
    }
    let mut replies = tasks.join_all().await;
    replies.sort_by_key(|(at, _)| *at);
    for (_, reply) in &replies {
        assert!(reply.status.as_u16() < 500, "round {round}: nobody sees a fault: {}", reply.said());
    }
    replies.into_iter().map(|(_, reply)| reply).collect()
}

fn token(reply: &Reply, name: &str) -> String {
    reply.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", reply.said())).to_owned()
}

async fn sign_in(app: &TestApp, name: &str, password: &str) -> Option<(String, String)> {
    let body = json!({"username": name, "password": password});
    let reply = ask(app.router(), ("POST", TOKEN), None, body).await;
    assert!([200, 401].contains(&reply.status.as_u16()), "{}", reply.said());
    (reply.status == 200).then(|| (token(&reply, "access_token"), token(&reply, "refresh_token")))
}

async fn refresh(app: &TestApp, token: &str) -> Reply {
    ask(app.router(), ("POST", REFRESH), None, json!({"refresh_token": token})).await
}

fn registration(name: &str, email: &str) -> (&'static str, Option<String>, Value) {
    ("/register", None, json!({"username": name, "email": email, "password": PASSWORD}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_2_and_dat_4_registrations_of_one_address_at_several_processes_make_one_account() {
    let apps = cluster().await;
    for round in 0..times() {
        let same = format!("same-{round}@example.com");
        let asked = (0..6).map(|n| registration(&format!("racer-{round}-{n}"), &same)).collect();
        let replies = at_once(&apps, round, asked).await;
        let made = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(made, 1, "round {round}");
        let refused = replies.iter().filter(|reply| reply.status == 400 && reply.body.contains("email")).count();
        assert_eq!(refused, replies.len() - 1, "round {round}");
    }
    assert_eq!(usize::try_from(apps[0].count("select count(*) from accounts").await).unwrap(), times());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ref_2_and_dat_4_refreshes_of_one_token_at_several_processes_are_one_step() {
    let apps = cluster().await;
    apps[0].register("anna", PASSWORD).await;
    let (_, mut present) = sign_in(&apps[0], "anna", PASSWORD).await.unwrap();
    for round in 0..times() {
        let asked = (0..6).map(|_| (REFRESH, None, json!({"refresh_token": present}))).collect();
        let replies = at_once(&apps, round, asked).await;
        let successors: Vec<_> = replies.iter().map(|reply| token(reply, "refresh_token")).collect();
        assert!(
            successors.iter().all(|successor| *successor == successors[0] && *successor != present),
            "round {round}"
        );
        present.clone_from(&successors[0]);
        apps[0].advance(11);
    }
    let step = apps[0].count("select max(counter) from sessions where kind = 'api'").await;
    assert_eq!(usize::try_from(step).unwrap(), times());
    assert_eq!(apps[0].count("select count(*) from sessions where ended_at is not null").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ref_7_and_dat_4_a_sign_out_at_one_process_beats_refreshes_at_others() {
    let apps = cluster().await;
    apps[0].register("anna", PASSWORD).await;
    for round in 0..times() {
        let (access, present) = sign_in(&apps[0], "anna", PASSWORD).await.unwrap();
        let body = json!({"refresh_token": present});
        let mut asked = vec![(REFRESH, None, body.clone()), (LOGOUT, None, body.clone()), (REFRESH, None, body)];
        asked.rotate_left(round % 3);
        let replies = at_once(&apps, round, asked).await;
        let granted: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        for survivor in granted.iter().map(|reply| token(reply, "refresh_token")).chain([present]) {
            assert_eq!(refresh(&apps[round % PROCESSES], &survivor).await.status, 401, "round {round}");
        }
        for access in granted.iter().map(|reply| token(reply, "access_token")).chain([access]) {
            let reply = ask(apps[(round + 1) % PROCESSES].router(), ("GET", ME), Some(access), json!({})).await;
            assert_eq!(reply.status, 401, "round {round}");
        }
    }
    assert_eq!(apps[0].count("select count(*) from sessions where kind = 'api' and ended_at is null").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn out_1_and_dat_4_a_change_of_password_at_one_process_beats_sign_ins_and_refreshes_at_others() {
    let apps = cluster().await;
    apps[0].register("anna", PASSWORD).await;
    let mut password = PASSWORD.to_owned();
    for round in 0..times() {
        let (access, _) = sign_in(&apps[0], "anna", &password).await.unwrap();
        let (_, other) = sign_in(&apps[1], "anna", &password).await.unwrap();
        let new = format!("canary-Cluster-{round}-pw");
        let change = (MY_PASSWORD, Some(access), json!({"current_password": password, "new_password": new}));
        let old = json!({"username": "anna", "password": password});
        let mut asked =
            vec![(TOKEN, None, old.clone()), (REFRESH, None, json!({"refresh_token": other})), (TOKEN, None, old)];
        let place = round % 4;
        asked.insert(place, change);
        let replies = at_once(&apps, round, asked).await;
        assert_eq!(replies[place].status, 204, "round {round}: {}", replies[place].said());
        // Whoever came before it has been signed out by it, and whoever came after was refused.
        let given = replies.iter().filter(|reply| reply.status == 200).map(|reply| token(reply, "refresh_token"));
        for survivor in given.chain([other]) {
            assert_eq!(refresh(&apps[round % PROCESSES], &survivor).await.status, 401, "round {round}");
        }
        assert!(sign_in(&apps[1], "anna", &password).await.is_none(), "round {round}: the old password");
        password = new;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn auz_4_and_dat_4_of_two_administrators_removed_at_two_processes_one_stays() {
    let apps = cluster().await;
    for name in ["anna", "boris"] {
        apps[0].register(name, PASSWORD).await;
    }
    let operator = Caller::operator();
    let grant = || StandingChanges { is_active: Some(true), roles: Some(RoleChange::Grant(Role::ADMIN)) };
    let revoke = || StandingChanges::roles(RoleChange::Revoke(Role::ADMIN));
    let disable = || StandingChanges::active(false);
    let administrators = "select count(*) from accounts a join account_roles r on r.account_id = a.id \
                          where r.role = 'admin' and a.is_active = 1";
    for round in 0..times() {
        for name in ["anna", "boris"] {
            accounts::update(&apps[0].state, &operator, (Who::Name(name), grant())).await.unwrap();
        }
        let mut tasks = JoinSet::new();
        for (at, name) in ["anna", "boris"].into_iter().enumerate() {
            let state = apps[(round + at) % PROCESSES].state.clone();
            let change = if (round >> at) & 1 == 0 { revoke() } else { disable() };
            tasks.spawn(async move {
                accounts::update(&state, &Caller::operator(), (Who::Name(name), change)).await.map(drop)
            });
        }
        let outcomes = tasks.join_all().await;
        let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert_eq!(refused, [&latchkey::domain::AuthError::LastAdmin], "round {round}");
        assert_eq!(apps[0].count(administrators).await, 1, "round {round}");
    }
}
