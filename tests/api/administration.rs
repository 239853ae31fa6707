//! `/users` and `/users/{id}`.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join;
use latchkey::domain::Role;
use latchkey::server::accounts::service::{self, Who};
use latchkey::server::caller::Caller;
use latchkey::server::store::{RoleChange, StandingChanges};
use serde_json::{Value, json};

use crate::support::{ApiClient, MadeUp, Reply, TestApp, rounds};

const PASSWORD: &str = "canary-Admin-Api-Kx7-pw";
const LIVE_ADMINS: &str = "select count(*) from account_roles r join accounts a on a.id = r.account_id where r.role = 'admin' and a.is_active = 1";

async fn make_admin(app: &TestApp, name: &str) {
    let changes = StandingChanges::roles(RoleChange::Grant(Role::ADMIN));
    service::update(&app.state, &Caller::operator(), (Who::Name(name), changes)).await.unwrap();
}

async fn member<'a>(app: &'a TestApp, name: &str) -> ApiClient<'a> {
    app.register(name, PASSWORD).await;
    app.api_as(name, PASSWORD).await
}

async fn admin<'a>(app: &'a TestApp, name: &str) -> ApiClient<'a> {
    app.register(name, PASSWORD).await;
    make_admin(app, name).await;
    app.api_as(name, PASSWORD).await
}

async fn path_of(app: &TestApp, name: &str) -> String {
    format!("/users/{}", app.account_id(name).await)
}

fn usernames(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.said());
    let items = reply.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["username"].as_str().unwrap().to_owned()).collect()
}

fn code(reply: &Reply) -> (u16, String) {
    let verdict =
        if reply.body.is_empty() { String::new() } else { reply.json()["code"].as_str().unwrap_or("").to_owned() };
    (reply.status.as_u16(), verdict)
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The refused fields with their codes.
fn faults(reply: &Reply) -> BTreeMap<String, String> {
    assert_eq!(code(reply), refused(422, "invalid"), "{}", reply.said());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = reply.json()["errors"].as_array().unwrap().clone();
    assert!(errors.iter().all(|error| text(&error["message"]).ends_with('.')), "{errors:?}");
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

#[tokio::test]
async fn auz_1_and_auz_2_nobody_else_learns_whether_an_account_exists() {
    let app = TestApp::new().await;
    let (boris, anonymous) = (member(&app, "boris").await, app.api());
    app.register("clara", PASSWORD).await;
    let clara = path_of(&app, "clara").await;
    let facts = "select username, is_active, updated_at from accounts order by username";
    let before = app.lines(facts).await;
    let change = json!({"is_active": false, "roles": ["admin"]});
    for path in [&*clara, "/users/4815162342", "/users/x", "/users/0", "/users/%ff", "/users/%00", "/users/ME"] {
        for (client, refusal) in [(&anonymous, refused(401, "unauthenticated")), (&boris, refused(403, "forbidden"))] {
            assert_eq!(code(&client.get(path).await), refusal, "GET {path}");
            assert_eq!(code(&client.call("DELETE", path).await), refusal, "DELETE {path}");
            assert_eq!(code(&client.send("PATCH", path, &change).await), refusal, "PATCH {path}");
            // Who may not come in is not told what is wrong with the rest.
            assert_eq!(code(&client.send_raw("PATCH", path, ("text/plain", "x")).await), refusal, "PATCH {path}");
        }
    }
    for path in ["/users", "/users?role=admin", "/users?page_size=0&x=y"] {
        assert_eq!(code(&anonymous.get(path).await), refused(401, "unauthenticated"), "{path}");
        assert_eq!(code(&boris.get(path).await), refused(403, "forbidden"), "{path}");
    }
    assert_eq!(app.lines(facts).await, before);
    assert_eq!(app.count("select count(*) from account_roles").await, 0);
}

#[tokio::test]
async fn an_administrator_sees_accounts_and_never_their_hashes() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    let anna = admin(&app, "anna").await;
    app.register("Boris", PASSWORD).await;
    let boris = path_of(&app, "Boris").await;
    let shown = anna.get(&boris).await;
    assert_eq!(shown.status, 200);
    let fields: Vec<String> = shown.json().as_object().unwrap().keys().cloned().collect();
    let known = [
        "created_at",
        "email",
        "email_verified",
        "first_name",
        "id",
        "is_active",
        "last_login",
        "last_name",
        "roles",
        "updated_at",
        "username",
    ];
    assert_eq!(BTreeSet::from_iter(fields), known.map(str::to_owned).into());
    let account = shown.json();
    assert_eq!((&account["username"], &account["email"]), (&json!("Boris"), &json!("Boris@example.com")));
    assert_eq!((&account["roles"], &account["is_active"]), (&json!(["user"]), &json!(true)));
    assert_eq!(account["created_at"], "2027-01-15T08:00:00Z");
    let listed = anna.get("/users?search=boris").await;
    assert_eq!(listed.json(), json!({"items": [account], "next_cursor": null}), "the list shows the same");
    let own = anna.get("/users/me").await.json();
    assert_eq!(anna.get(&path_of(&app, "anna").await).await.json(), own, "and so does its owner's own view");
    for path in ["/users/4815162342", "/users/x", "/users/0", "/users/-1", "/users/%ff", "/users/%00", "/users/1.0"] {
        assert_eq!(code(&anna.get(path).await), refused(404, "not_found"), "{path}");
        assert_eq!(code(&anna.call("DELETE", path).await), refused(404, "not_found"), "{path}");
        assert_eq!(code(&anna.send("PATCH", path, &json!({})).await), refused(404, "not_found"), "{path}");
    }
    for (method, path, allowed) in
        [("POST", "/users", "GET"), ("DELETE", "/users", "GET"), ("PUT", &*boris, "DELETE"), ("POST", &*boris, "PATCH")]
    {
        let reply = anna.send(method, path, &json!({})).await;
        assert_eq!(code(&reply), refused(405, "method_not_allowed"), "{method} {path}");
        assert!(reply.header("allow").contains(allowed), "{method} {path}: {}", reply.header("allow"));
    }
}

#[tokio::test]
async fn accounts_are_searched_filtered_and_sorted() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    let anna = admin(&app, "anna").await;
    for name in ["Zoe", "boris", "an_na"] {
        app.advance(1);
        app.register(name, PASSWORD).await;
    }
    app.sql("update accounts set email = 'a@x.io', email_canonical = 'a@x.io' where username = 'Zoe'").await;
    let boris = path_of(&app, "boris").await;
    assert_eq!(anna.send("PATCH", &boris, &json!({"is_active": false, "roles": ["editor"]})).await.status, 200);
    for (query, expected) in [
        ("", &["an_na", "anna", "boris", "Zoe"][..]),
        ("?sort=username", &["an_na", "anna", "boris", "Zoe"]),
        ("?sort=-username", &["Zoe", "boris", "anna", "an_na"]),
        ("?sort=email", &["Zoe", "an_na", "anna", "boris"]),
        ("?sort=-email", &["boris", "anna", "an_na", "Zoe"]),
        ("?sort=created_at", &["anna", "Zoe", "boris", "an_na"]),
        ("?sort=-created_at", &["an_na", "boris", "Zoe", "anna"]),
        ("?search=AN", &["an_na", "anna"]),
        ("?search=%20an_%20", &["an_na"]),
        ("?search=A@X", &["Zoe"]),
        ("?search=%25", &[]),
        ("?search='%20or%20'1'='1", &[]),
        ("?search=", &["an_na", "anna", "boris", "Zoe"]),
        ("?is_active=false", &["boris"]),
        ("?is_active=true", &["an_na", "anna", "Zoe"]),
        ("?role=admin", &["anna"]),
        ("?role=editor", &["boris"]),
        ("?role=user&sort=-username", &["Zoe", "boris", "anna", "an_na"]),
        ("?role=former", &[]),
        ("?role=admin&is_active=false", &[]),
        ("?search=b&role=editor&is_active=false&sort=-email&page_size=1", &["boris"]),
    ] {
        let reply = anna.get(&format!("/users{query}")).await;
        assert_eq!(usernames(&reply), expected, "{query}");
        assert_eq!(reply.json()["next_cursor"], Value::Null, "{query}");
    }
}

#[tokio::test]
async fn api_5_a_query_that_cannot_be_taken_is_refused_and_says_why() {
    let app = TestApp::new().await;
    let anna = admin(&app, "anna").await;
    for (query, expected) in [
        ("page_size=0", &[("page_size", "invalid")][..]),
        ("page_size=101", &[("page_size", "invalid")]),
        ("page_size=-1", &[("page_size", "invalid")]),
        ("page_size=x", &[("page_size", "invalid")]),
        ("page_size=", &[("page_size", "invalid")]),
        ("page_size=10&page_size=10", &[("page_size", "invalid")]),
        ("sort=password_hash", &[("sort", "invalid")]),
        ("sort=username,id", &[("sort", "invalid")]),
        ("sort=username%20desc", &[("sort", "invalid")]),
        ("sort=--username", &[("sort", "invalid")]),
        ("sort=Username", &[("sort", "invalid")]),
        ("sort=email&sort=-email", &[("sort", "invalid")]),
        ("is_active=1", &[("is_active", "invalid")]),
        ("is_active=TRUE", &[("is_active", "invalid")]),
        ("is_active=true&is_active=false", &[("is_active", "invalid")]),
        ("role=Admin", &[("role", "invalid")]),
        ("role=admin%27--", &[("role", "invalid")]),
        ("role=", &[("role", "invalid")]),
        ("search=a%00", &[("search", "characters")]),
        ("search=%E2%80%AE", &[("search", "characters")]),
        ("order=username", &[("order", "unknown")]),
        ("filter[is_active]=true", &[("filter[is_active]", "unknown")]),
        ("is_active[]=true", &[("is_active[]", "unknown")]),
        ("page=2&offset=1", &[("offset", "unknown"), ("page", "unknown")]),
        ("sort=x&page_size=0&x=1", &[("page_size", "invalid"), ("sort", "invalid"), ("x", "unknown")]),
        ("cursor=x&cursor=y", &[("cursor", "invalid")]),
    ] {
        let reply = anna.get(&format!("/users?{query}")).await;
        let expected = expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned()));
        assert_eq!(faults(&reply), expected.collect(), "{query}");
    }
    let long = anna.get(&format!("/users?search={}", "x".repeat(255))).await;
    assert_eq!((faults(&long)["search"].as_str(), &long.json()["errors"][0]["limit"]), ("too_long", &json!(254)));
    assert_eq!(code(&anna.get("/users?password=x").await), refused(400, "token_in_query"));
    assert_eq!(code(&anna.get("/users?search=%ff").await), refused(400, "malformed"), "no UTF-8");
}

#[tokio::test]
async fn api_5_a_cursor_goes_on_with_its_own_list_and_no_other() {
    let app = TestApp::new().await;
    let anna = admin(&app, "anna").await;
    for name in ["boris", "clara", "dora"] {
        app.register(name, PASSWORD).await;
    }
    let cursor_of = async |query: &str| {
        anna.get(&format!("/users?{query}")).await.json()["next_cursor"].as_str().unwrap().to_owned()
    };
    let cursor = cursor_of("page_size=2").await;
    let second = anna.get(&format!("/users?page_size=3&cursor={cursor}")).await;
    assert_eq!(
        (usernames(&second), &second.json()["next_cursor"]),
        (vec!["clara".into(), "dora".into()], &Value::Null)
    );

    let stranger = cursor_of("page_size=2&is_active=true").await;
    let (access, refresh) = (anna.access_token(), anna.refresh_token());
    let mut forged =
        vec![stranger, access, refresh, String::new(), "lkc1.".to_owned(), "2".to_owned(), "x".repeat(4096)];
    forged.extend((0..cursor.len()).map(|at| cursor[..at].to_owned()));
    forged.extend(cursor.char_indices().map(|(at, old)| {
        let new = if old == 'A' { "B" } else { "A" };
        format!("{}{new}{}", &cursor[..at], &cursor[at + 1..])
    }));
    forged.extend(["A", "=", "%20", "%00", "."].map(|extra| format!("{cursor}{extra}")));
    for forged in forged {
        let reply = anna.get(&format!("/users?cursor={forged}")).await;
        assert_eq!(code(&reply), refused(400, "invalid_cursor"), "{forged}");
    }
    for other in ["sort=-username", "sort=email", "sort=created_at", "search=a", "is_active=true", "role=user"] {
        let reply = anna.get(&format!("/users?cursor={cursor}&{other}")).await;
        assert_eq!(code(&reply), refused(400, "invalid_cursor"), "{other}");
    }
}

/// Five accounts of nobody, with names, addresses and ages from all over the list.
fn newcomers(round: i64) -> impl Iterator<Item = MadeUp> {
    (1..=5).map(move |x| {
        let number = (round * 5 + x) * 2_654_435_761 % 4_294_967_291;
        MadeUp {
            id: 1_000_000 + number,
            username: format!("user-{number:08x}"),
            email: format!("{number:08x}@x.io"),
            created_at: number % 3000,
        }
    })
}

#[tokio::test]
async fn ten_thousand_accounts_are_paged_without_gaps_or_repeats_while_others_are_added() {
    let app = TestApp::new().await;
    let anna = admin(&app, "anna").await;
    app.insert_accounts((1..=10_000).map(|id| MadeUp {
        id,
        username: format!("user-{id}"),
        email: format!("{:x}@example.com", id * 7919),
        created_at: id % 3000,
    }))
    .await;
    let mut round = 0;
    for sort in ["username", "-username", "email", "-email", "created_at", "-created_at"] {
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = anna.get(&format!("/users?sort={sort}&page_size=100{cursor}")).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
            pages += 1;
            app.insert_accounts(newcomers(round)).await;
            round += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let distinct: BTreeSet<_> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort}: somebody came twice");
        assert!((1..=10_000).all(|id| distinct.contains(&id)), "{sort}: somebody was left out");
        assert!(pages > 100 && seen.len() > 10_001, "{sort}: {pages} pages, {} accounts", seen.len());
    }
}

#[tokio::test]
async fn a_change_answers_with_the_account_as_it_is_now() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor,viewer")]).await;
    let anna = admin(&app, "anna").await;
    app.register("boris", PASSWORD).await;
    let boris = path_of(&app, "boris").await;
    app.advance(60);
    for (change, is_active, roles) in [
        (json!({"roles": ["viewer", "editor", "viewer"]}), true, json!(["editor", "user", "viewer"])),
        (json!({"roles": ["user", "editor"]}), true, json!(["editor", "user"])),
        (json!({"is_active": false}), false, json!(["editor", "user"])),
        (json!({}), false, json!(["editor", "user"])),
        (json!({"is_active": true, "roles": []}), true, json!(["user"])),
        (json!({"is_active": true, "roles": ["admin"]}), true, json!(["admin", "user"])),
    ] {
        let reply = anna.send("PATCH", &boris, &change).await;
        assert_eq!(reply.status, 200, "{change}: {}", reply.said());
        let account = reply.json();
        assert_eq!((&account["is_active"], &account["roles"]), (&json!(is_active), &roles), "{change}");
        assert_eq!(account["updated_at"], "2027-01-15T08:01:00Z");
        assert_eq!(anna.get(&boris).await.json(), account, "{change}");
    }
    assert_eq!(app.count("select count(*) from account_roles where role = 'user'").await, 0, "it is never stored");
}

#[tokio::test]
async fn reg_5_a_change_that_cannot_be_taken_is_refused_whole() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    let anna = admin(&app, "anna").await;
    app.register("boris", PASSWORD).await;
    let boris = path_of(&app, "boris").await;
    let facts = "select id, email, username, password_hash, is_active, email_verified, updated_at, role from accounts \
                 left join account_roles on account_id = id order by id, role";
    let before = app.lines(facts).await;
    for (change, expected) in [
        (json!({"roles": ["root"]}), &[("roles", "undefined")][..]),
        (json!({"roles": ["editor", "viewer"]}), &[("roles", "undefined")]),
        (json!({"roles": ["Admin"]}), &[("roles", "invalid")]),
        (json!({"roles": ["admin\u{0}"]}), &[("roles", "invalid")]),
        (json!({"roles": "admin"}), &[("roles", "wrong_type")]),
        (json!({"roles": null}), &[("roles", "wrong_type")]),
        (json!({"roles": [["admin"]]}), &[("roles", "wrong_type")]),
        (json!({"roles": {"admin": true}}), &[("roles", "wrong_type")]),
        (json!({"is_active": "false"}), &[("is_active", "wrong_type")]),
        (json!({"is_active": 0}), &[("is_active", "wrong_type")]),
        (json!({"is_active": null}), &[("is_active", "wrong_type")]),
        (json!({"is_active": false, "email": "x@example.com"}), &[("email", "unknown")]),
        (json!({"is_active": false, "roles": ["root"]}), &[("roles", "undefined")]),
        (
            json!({"is_active": false, "password": "x", "password_hash": "x", "id": 1, "email_verified": true, "role": "x"}),
            &[
                ("email_verified", "unknown"),
                ("id", "unknown"),
                ("password", "unknown"),
                ("password_hash", "unknown"),
                ("role", "unknown"),
            ],
        ),
    ] {
        let expected = expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned()));
        assert_eq!(faults(&anna.send("PATCH", &boris, &change).await), expected.collect(), "{change}");
    }
    for (kind, body, refusal) in [
        ("application/json", r#"{"is_active": false, "is_active": false}"#, refused(400, "malformed")),
        ("application/json", r#"[{"is_active": false}]"#, refused(400, "malformed")),
        ("application/json", "", refused(400, "malformed")),
        ("application/x-www-form-urlencoded", "is_active=false", refused(415, "unsupported_media_type")),
        ("text/plain", r#"{"is_active": false}"#, refused(415, "unsupported_media_type")),
    ] {
        assert_eq!(code(&anna.send_raw("PATCH", &boris, (kind, body)).await), refusal, "{kind} {body}");
    }
    let large = json!({"roles": vec!["editor"; 2000]});
    assert_eq!(code(&anna.send("PATCH", &boris, &large).await), refused(413, "too_large"));
    assert_eq!(app.lines(facts).await, before);
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_sessions() {
    let app = TestApp::new().await;
    let (anna, boris) = (admin(&app, "anna").await, member(&app, "boris").await);
    let path = path_of(&app, "boris").await;
    let reply = anna.call("DELETE", &path).await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (204, ""));
    assert_eq!(code(&anna.call("DELETE", &path).await), refused(404, "not_found"));
    assert_eq!(boris.get("/users/me").await.status, 401);
    assert_eq!(app.count("select count(*) from accounts where username = 'boris'").await, 0);
    assert_eq!(
        app.count("select count(*) from sessions s left join accounts a on a.id = s.account_id where a.id is null")
            .await,
        0
    );
}

#[tokio::test]
async fn auz_3_a_lost_role_or_a_disabled_account_counts_at_the_next_request_with_the_old_token() {
    let app = TestApp::new().await;
    let (anna, boris, clara) = (admin(&app, "anna").await, admin(&app, "boris").await, admin(&app, "clara").await);
    let dora = member(&app, "dora").await;
    for client in [&boris, &clara] {
        assert_eq!(client.get("/users").await.status, 200);
    }
    assert_eq!(code(&dora.get("/users").await), refused(403, "forbidden"));

    // The token still says admin, the session lives: the database alone decides.
    app.sql("delete from account_roles where account_id = (select id from accounts where username = 'boris')").await;
    assert_eq!(code(&boris.get("/users").await), refused(403, "forbidden"));
    assert_eq!(boris.get("/users/me").await.json()["roles"], json!(["user"]));
    // Who becomes an administrator signs in anew (SES-2).
    make_admin(&app, "dora").await;
    assert_eq!(code(&dora.get("/users").await), refused(401, "session_ended"));
    let dora = app.api_as("dora", PASSWORD).await;
    assert_eq!(dora.get("/users").await.status, 200);

    let demoted = anna.send("PATCH", &path_of(&app, "dora").await, &json!({"roles": []})).await;
    assert_eq!(demoted.status, 200);
    assert_eq!(code(&dora.get("/users").await), refused(401, "session_ended"));
    assert_eq!(dora.refresh().await.status, 401);
    let dora = app.api_as("dora", PASSWORD).await;
    assert_eq!(code(&dora.get("/users").await), refused(403, "forbidden"));

    let disabled = anna.send("PATCH", &path_of(&app, "clara").await, &json!({"is_active": false})).await;
    assert_eq!(disabled.status, 200);
    let anna_s = path_of(&app, "anna").await;
    for reply in [
        clara.get("/users").await,
        clara.get(&anna_s).await,
        clara.send("PATCH", &anna_s, &json!({"is_active": false})).await,
        clara.call("DELETE", &anna_s).await,
    ] {
        assert_eq!(code(&reply), refused(400, "inactive_account"));
    }
    assert_eq!(clara.refresh().await.status, 401);
    assert_eq!(app.api().sign_in("clara", PASSWORD).await.status, 401);
    assert_eq!(anna.get("/users").await.status, 200);
}

#[tokio::test]
async fn auz_4_the_last_active_administrator_stays_whatever_the_verb() {
    let app = TestApp::new().await;
    let (anna, boris) = (admin(&app, "anna").await, admin(&app, "boris").await);
    let (own, other) = (path_of(&app, "anna").await, path_of(&app, "boris").await);
    assert_eq!(anna.send("PATCH", &other, &json!({"is_active": false})).await.status, 200);
    assert_eq!(code(&boris.get("/users").await), refused(400, "inactive_account"));
    for change in [json!({"is_active": false}), json!({"roles": []}), json!({"roles": ["user"], "is_active": true})] {
        assert_eq!(code(&anna.send("PATCH", &own, &change).await), refused(409, "last_admin"), "{change}");
    }
    assert_eq!(code(&anna.call("DELETE", &own).await), refused(409, "last_admin"));
    assert_eq!(anna.get("/users/me").await.json()["roles"], json!(["admin", "user"]), "and stays signed in");
    assert_eq!(anna.send("PATCH", &other, &json!({"is_active": true})).await.status, 200);
    assert_eq!(anna.call("DELETE", &own).await.status, 204);
    assert_eq!(app.count(LIVE_ADMINS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn auz_4_of_two_administrators_who_demote_each_other_at_once_one_stays() {
    for round in 0..rounds(100) {
        let app = TestApp::new().await;
        let (anna, boris) = (admin(&app, "anna").await, admin(&app, "boris").await);
        let (anna_s, boris_s) = (path_of(&app, "anna").await, path_of(&app, "boris").await);
        let ways = [("PATCH", json!({"roles": []})), ("PATCH", json!({"is_active": false})), ("DELETE", json!({}))];
        let ((method, change), (other_method, other_change)) = (&ways[round % 3], &ways[round / 3 % 3]);
        let (one, other) =
            join(anna.send(method, &boris_s, change), boris.send(other_method, &anna_s, other_change)).await;
        let done = [&one, &other].iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!((done, app.count(LIVE_ADMINS).await), (1, 1), "{} {}", one.said(), other.said());
    }
}
