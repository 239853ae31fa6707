//! The operations of the API.

use axum::body::Body;
use serde_json::{Value, json};

use super::{ACTORS, Actor, Admin, Anonymous, Disabled, NEW_PASSWORD, Other, PASSWORD, User, World, body_of, compare};
use crate::api::hostile::{Operation, operations, refused_somehow};
use crate::support::TestApp;

/// An operation, whose account it is asked for, what is sent, and what each actor is answered.
struct Row {
    operation: &'static str,
    whose: Whose,
    body: fn(&World<'_>, Actor) -> Value,
    /// Anonymous, user, other, disabled, admin.
    cells: [u16; 5],
}

/// Whose number stands in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// There is none in it.
    Nobodys,
    /// The asker's own; the user's for who has none.
    Own,
    /// Somebody else's.
    Others,
    /// One that no account has.
    Unknown,
}

impl Whose {
    fn target(self, actor: Actor) -> Option<Actor> {
        match self {
            Self::Nobodys | Self::Unknown => None,
            Self::Own => Some(if actor == Anonymous { User } else { actor }),
            Self::Others => Some(if actor == User { Other } else { User }),
        }
    }
}

const fn row(operation: &'static str, whose: Whose, body: fn(&World<'_>, Actor) -> Value, cells: [u16; 5]) -> Row {
    Row { operation, whose, body, cells }
}

fn nothing(_: &World<'_>, _: Actor) -> Value {
    Value::Null
}

fn refresh_token(world: &World<'_>, actor: Actor) -> Value {
    let token =
        if actor == Anonymous { "lk1.AAAA.AAAA.0.AAAA".to_owned() } else { world.client(actor).refresh_token() };
    json!({"refresh_token": token})
}

fn credentials(_: &World<'_>, actor: Actor) -> Value {
    json!({"username": actor.name(), "password": PASSWORD})
}

fn new_account(_: &World<'_>, actor: Actor) -> Value {
    let name = format!("new-{}", actor.name());
    json!({"email": format!("{name}@example.com"), "username": name, "password": PASSWORD})
}

fn new_name(_: &World<'_>, _: Actor) -> Value {
    json!({"first_name": "Mallory"})
}

fn new_address(_: &World<'_>, actor: Actor) -> Value {
    json!({"email": format!("new-{}@example.com", actor.name()), "current_password": PASSWORD})
}

fn new_password(_: &World<'_>, _: Actor) -> Value {
    json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD})
}

fn disable(_: &World<'_>, _: Actor) -> Value {
    json!({"is_active": false})
}

fn promote(_: &World<'_>, _: Actor) -> Value {
    json!({"roles": ["admin"]})
}

fn enable(_: &World<'_>, _: Actor) -> Value {
    json!({"is_active": true, "roles": ["user"]})
}

#[rustfmt::skip]
const ROWS: [Row; 53] = {
    use Whose::{Nobodys, Others, Own, Unknown};
    //                                                          anonymous user other disabled admin
    [
        row("POST /register", Nobodys, new_account,             [200, 200, 200, 200, 200]),
        row("POST /token", Nobodys, credentials,                [401, 200, 200, 401, 200]),
        row("POST /refresh", Nobodys, refresh_token,            [401, 200, 200, 401, 200]),
        row("POST /logout", Nobodys, nothing,                   [401, 204, 204, 400, 204]),
        // Whatever it is, it opens nothing afterwards (RFC 7009 §2.2).
        row("POST /logout", Nobodys, refresh_token,             [204, 204, 204, 204, 204]),
        row("GET /users/me", Nobodys, nothing,                  [401, 200, 200, 400, 200]),
        row("PUT /users/me", Nobodys, new_name,                 [401, 200, 200, 400, 200]),
        row("PUT /users/me", Nobodys, new_address,              [401, 200, 200, 400, 200]),
        row("PATCH /users/me", Nobodys, new_name,               [401, 200, 200, 400, 200]),
        row("PATCH /users/me", Nobodys, new_address,            [401, 200, 200, 400, 200]),
        row("PATCH /users/me", Nobodys, promote,                [401, 422, 422, 400, 422]),
        row("PATCH /users/me", Nobodys, enable,                 [401, 422, 422, 400, 422]),
        row("DELETE /users/me", Nobodys, nothing,               [401, 200, 200, 400, 409]),
        row("POST /users/me/password", Nobodys, new_password,   [401, 204, 204, 400, 204]),
        row("GET /users/me/sessions", Nobodys, nothing,         [401, 200, 200, 400, 200]),
        row("DELETE /users/me/sessions", Nobodys, nothing,      [401, 204, 204, 400, 204]),
        // An account's number is no session's; sessions of others are in `tests/flows/session_list.rs`.
        row("DELETE /users/me/sessions/{id}", Own, nothing,     [401, 404, 404, 400, 404]),
        row("DELETE /users/me/sessions/{id}", Others, nothing,  [401, 404, 404, 400, 404]),
        row("DELETE /users/me/sessions/{id}", Unknown, nothing, [401, 404, 404, 400, 404]),
        row("GET /protected", Nobodys, nothing,                 [401, 200, 200, 400, 200]),
        row("GET /.well-known/jwks.json", Nobodys, nothing,     [200, 200, 200, 200, 200]),
        row("GET /openapi.json", Nobodys, nothing,              [200, 200, 200, 200, 200]),
        row("GET /healthz", Nobodys, nothing,                   [200, 200, 200, 200, 200]),
        row("GET /readyz", Nobodys, nothing,                    [200, 200, 200, 200, 200]),
        row("GET /users", Nobodys, nothing,                     [401, 403, 403, 400, 200]),
        row("GET /users/{id}", Own, nothing,                    [401, 403, 403, 400, 200]),
        row("GET /users/{id}", Others, nothing,                 [401, 403, 403, 400, 200]),
        row("GET /users/{id}", Unknown, nothing,                [401, 403, 403, 400, 404]),
        row("PATCH /users/{id}", Own, disable,                  [401, 403, 403, 400, 409]),
        row("PATCH /users/{id}", Own, promote,                  [401, 403, 403, 400, 200]),
        row("PATCH /users/{id}", Own, enable,                   [401, 403, 403, 400, 409]),
        row("PATCH /users/{id}", Own, new_name,                 [401, 403, 403, 400, 422]),
        row("PATCH /users/{id}", Others, disable,               [401, 403, 403, 400, 200]),
        row("PATCH /users/{id}", Others, promote,               [401, 403, 403, 400, 200]),
        row("PATCH /users/{id}", Others, enable,                [401, 403, 403, 400, 200]),
        row("PATCH /users/{id}", Others, new_name,              [401, 403, 403, 400, 422]),
        row("PATCH /users/{id}", Others, new_address,           [401, 403, 403, 400, 422]),
        row("PATCH /users/{id}", Others, new_password,          [401, 403, 403, 400, 422]),
        row("PATCH /users/{id}", Unknown, disable,              [401, 403, 403, 400, 404]),
        row("PATCH /users/{id}", Unknown, nothing,              [401, 403, 403, 400, 415]),
        row("POST /users/{id}/unlock", Own, nothing,            [401, 403, 403, 400, 204]),
        row("POST /users/{id}/unlock", Others, nothing,         [401, 403, 403, 400, 204]),
        row("POST /users/{id}/unlock", Unknown, nothing,        [401, 403, 403, 400, 404]),
        row("DELETE /users/{id}", Own, nothing,                 [401, 403, 403, 400, 409]),
        row("DELETE /users/{id}", Others, nothing,              [401, 403, 403, 400, 204]),
        row("DELETE /users/{id}", Others, disable,              [401, 403, 403, 400, 204]),
        row("DELETE /users/{id}", Unknown, nothing,             [401, 403, 403, 400, 404]),
        row("GET /users/{id}/sessions", Own, nothing,           [401, 403, 403, 400, 200]),
        row("GET /users/{id}/sessions", Others, nothing,        [401, 403, 403, 400, 200]),
        row("GET /users/{id}/sessions", Unknown, nothing,       [401, 403, 403, 400, 404]),
        row("DELETE /users/{id}/sessions", Own, nothing,        [401, 403, 403, 400, 204]),
        row("DELETE /users/{id}/sessions", Others, nothing,     [401, 403, 403, 400, 204]),
        row("DELETE /users/{id}/sessions", Unknown, nothing,    [401, 403, 403, 400, 404]),
    ]
};

#[test]
fn auz_1_every_operation_of_the_api_has_its_row() {
    let there: Vec<String> = operations().iter().map(Operation::name).collect();
    let known: Vec<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    compare("operations", &there, &known);
    for operation in operations().iter().filter(|operation| operation.path.contains("{id}")) {
        let name = operation.name();
        for whose in [Whose::Own, Whose::Others, Whose::Unknown] {
            let is_there = ROWS.iter().any(|row| row.operation == name && row.whose == whose);
            assert!(is_there, "{name} has no row for {whose:?} id");
        }
    }
}

#[tokio::test]
async fn auz_1_every_operation_of_the_api_answers_each_actor_as_the_matrix_says() {
    let operations = operations();
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| operations.iter().any(|operation| operation.name() == row.operation)) {
        let app = TestApp::new().await;
        let world = World::of(&app).await;
        let operation = operations.iter().find(|operation| operation.name() == row.operation).unwrap();
        for (actor, expected) in ACTORS.into_iter().zip(row.cells) {
            let target = row.whose.target(actor);
            let path = operation.path.replace("{id}", &target.map_or(1, |target| world.id(target)).to_string());
            let request = world.client(actor).request(&operation.method, &path);
            let request = match body_of((row.body)(&world, actor)) {
                Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
                None => request.body(Body::empty()),
            };
            let before = app.dump().await;
            let reply = app.send(request.unwrap()).await;
            let what = format!("{} ({:?} id) by {actor:?}", row.operation, row.whose);
            if reply.status != expected {
                wrong.push(format!("{what}: {} instead of {expected}: {}", reply.status, reply.body));
                continue;
            }
            assert!(
                !operation.about["responses"][expected.to_string()].is_null(),
                "{what}: {expected} is not documented"
            );
            let is_granted = reply.status.is_success();
            if !is_granted {
                let problem = refused_somehow(&reply, &what);
                let is_inactive = actor == Disabled && expected == 400;
                assert_eq!(problem["code"] == "inactive_account", is_inactive, "{what}: {problem}");
            }
            assert_eq!(reply.status == 401, !reply.header("www-authenticate").is_empty(), "{what}");
            let is_reading = operation.method == "GET";
            world.only_touched(&before, is_granted && !is_reading, &[actor, target.unwrap_or(actor)], &what).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn auz_2_an_account_s_own_routes_know_no_other_account() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let other = world.id(Other);
    for (name, value) in [("id", other.to_string()), ("user_id", other.to_string()), ("username", "other".to_owned())] {
        for path in ["/users/me", "/protected"] {
            let reply = world.client(User).get(&format!("{path}?{name}={value}")).await;
            assert_eq!(reply.status, 200, "{path}?{name}");
            assert!(!reply.body.contains("other") && !reply.body.contains(&other.to_string()), "{path}?{name}");
        }
    }
    for header in [
        "x-user-id",
        "x-account-id",
        "x-forwarded-user",
        "remote-user",
        "x-original-url",
        "x-rewrite-url",
        "x-http-method-override",
    ] {
        for value in [other.to_string(), "boss".to_owned(), "/users".to_owned(), "DELETE".to_owned()] {
            let request = world.client(User).request("GET", "/users/me").header(header, &value);
            let reply = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.json()["username"], "user", "{header}: {value}");
        }
    }
    let before = app.dump().await;
    for odd in [
        "/users/me/../",
        "/users/./me",
        "/users/me%2f",
        "/users/ME",
        "/users//me",
        "/users/me;a=b",
        "/users/%6de",
        "/users/0",
        "/users/-1",
        "/users/01",
        "/users/1e3",
        "/users/9223372036854775808",
        "/users/null",
        "/users/%00",
    ] {
        for actor in [Anonymous, User, Admin] {
            let reply = world.client(actor).get(odd).await;
            assert!([401, 403, 404].contains(&reply.status.as_u16()), "{odd} by {actor:?}: {}", reply.status);
            refused_somehow(&reply, odd);
        }
    }
    assert_eq!(app.dump().await, before);
}
