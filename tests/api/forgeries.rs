//! Forged access tokens (JWT-1, JWT-2, JWT-4, JWT-5): some as anybody can make them, others signed with the application's
//! own key, so that it is for what they say that they are refused.

mod claims;
mod shapes;
mod signatures;

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use serde_json::{Value, json};

use super::hostile::{operations, refused};
use crate::support::forge::{Forger, base64url};
use crate::support::{ApiClient, Door, Reply, TestApp};

const PASSWORD: &str = "canary-Forged-Kx7-pw";

/// A forged token.
struct Forgery {
    name: String,
    token: String,
    /// The code of its refusal.
    code: &'static str,
}

fn invalid(name: impl Into<String>, token: impl Into<String>) -> Forgery {
    Forgery { name: name.into(), token: token.into(), code: "invalid_token" }
}

/// A genuine token, and what it takes to make others.
struct Workshop {
    token: String,
    header: Value,
    claims: Value,
    forger: Forger,
}

impl Workshop {
    async fn of(app: &TestApp, client: &ApiClient<'_>) -> Self {
        let token = client.access_token();
        let mut parts = token.split('.').map(|part| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()
        });
        let mut part = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let (header, claims) = (part(), part());
        Self { token, header, claims, forger: app.forger().await }
    }

    /// The genuine header with another value, or without one (`Value::Null` is a value).
    fn header_with(&self, name: &str, value: Option<Value>) -> Value {
        with(&self.header, name, value)
    }

    /// With the genuine claims, signed by the application's key.
    fn signed_with_header(&self, header: &Value) -> String {
        self.forger.sign(&header.to_string(), &self.claims.to_string())
    }

    /// With the genuine header, signed by the application's key.
    fn signed_with_claims(&self, claims: &Value) -> String {
        self.forger.sign(&self.header.to_string(), &claims.to_string())
    }

    /// One claim is another, or missing; signed by the application's key.
    fn signed_with_claim(&self, name: &str, value: Option<Value>) -> String {
        self.signed_with_claims(&with(&self.claims, name, value))
    }

    /// The genuine token's three parts.
    fn parts(&self) -> [&str; 3] {
        self.token.split('.').collect::<Vec<_>>().try_into().unwrap()
    }
}

fn with(object: &Value, name: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    match value {
        Some(value) => object[name] = value,
        None => drop(object.as_object_mut().unwrap().remove(name)),
    }
    object
}

/// Two accounts, and a client of the first.
async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    app
}

/// Where a token is tried: reading, writing, and for administrators.
fn doors() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let mut doors = vec![("GET", "/users/me", None), ("PATCH", "/users/me", Some(json!({"first_name": "Mallory"})))];
    if operations().iter().any(|operation| operation.path == "/users") {
        doors.push(("GET", "/users", None));
    }
    doors
}

async fn present(app: &TestApp, door: &(&str, &str, Option<Value>), authorization: &[u8]) -> Reply {
    let request = Request::builder().method(door.0).uri(door.1);
    let request = request.header("authorization", HeaderValue::from_bytes(authorization).unwrap());
    let body = door.2.as_ref().map(Value::to_string);
    let request = if body.is_some() { request.header("content-type", "application/json") } else { request };
    app.send(request.body(body.map_or_else(Body::empty, Body::from)).unwrap()).await
}

/// Presents each at every door: 401, the right words, and nothing has changed.
async fn refuse(app: &TestApp, forgeries: &[Forgery]) {
    let before = app.dump().await;
    let mut believed = Vec::new();
    for forgery in forgeries {
        for door in doors() {
            let reply = present(app, &door, format!("Bearer {}", forgery.token).as_bytes()).await;
            let what = format!("{} at {} {}", forgery.name, door.0, door.1);
            if reply.status == 401 && reply.json()["code"] == forgery.code {
                expect_refusal(&reply, forgery.code, &what);
            } else {
                believed.push(format!("{what}: {} {}", reply.status, reply.body));
            }
        }
    }
    assert!(believed.is_empty(), "{}", believed.join("\n"));
    assert_eq!(app.dump().await.differs(&before), Vec::<String>::new());
}

fn expect_refusal(reply: &Reply, code: &str, what: &str) {
    let problem = refused(reply, 401, what);
    let (description, detail) = match code {
        "invalid_token" => ("The token is not valid", "not valid"),
        "expired_token" => ("The access token has expired", "has expired"),
        "wrong_token_kind" => ("The token is of the wrong kind", "wrong kind"),
        "session_ended" => ("The session of this token has ended", "has ended"),
        "unauthenticated" => ("", "Not authenticated"),
        other => panic!("say what {other} looks like"),
    };
    let challenge = match description {
        "" => r#"Bearer realm="latchkey""#.to_owned(),
        text => format!(r#"Bearer realm="latchkey", error="invalid_token", error_description="{text}""#),
    };
    assert_eq!((problem["code"].as_str(), reply.header("www-authenticate")), (Some(code), &*challenge), "{what}");
    assert!(problem["detail"].as_str().unwrap().contains(detail), "{what}: {problem}");
}

#[tokio::test]
async fn jwt_1_a_token_that_is_signed_in_any_other_way_is_refused() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let workshop = Workshop::of(&app, &anna).await;
    let forgeries = [signatures::algorithms(&workshop), signatures::keys(&workshop), signatures::headers(&workshop)];
    let forgeries: Vec<Forgery> = forgeries.into_iter().flatten().collect();
    assert!(forgeries.len() >= 100, "only {}", forgeries.len());
    refuse(&app, &forgeries).await;
    let genuine = workshop.signed_with_header(&workshop.header);
    let reply = present(&app, &doors()[0], format!("Bearer {genuine}").as_bytes()).await;
    assert_eq!(reply.status, 200, "the workshop can make good ones");
}

#[tokio::test]
async fn jwt_2_a_token_whose_claims_are_not_as_we_write_them_is_refused() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let boris = Workshop::of(&app, &app.api_as("boris", PASSWORD).await).await;
    let workshop = Workshop::of(&app, &anna).await;
    let forgeries = [claims::types(&workshop), claims::values(&workshop, &boris.claims), claims::doubled(&workshop)];
    let forgeries: Vec<Forgery> = forgeries.into_iter().flatten().collect();
    assert!(forgeries.len() >= 100, "only {}", forgeries.len());
    refuse(&app, &forgeries).await;
}

#[tokio::test]
async fn jwt_4_and_jwt_5_what_is_no_token_is_refused_whatever_its_shape() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let workshop = Workshop::of(&app, &anna).await;
    let forgeries = shapes::shapes(&workshop);
    assert!(forgeries.len() >= 40, "only {}", forgeries.len());
    refuse(&app, &forgeries).await;
}

#[tokio::test]
async fn jwt_4_a_token_that_is_cut_or_changed_at_any_place_is_refused() {
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let app = TestApp::with(&[("ALGORITHM", algorithm)]).await;
        app.register("anna", PASSWORD).await;
        let token = app.api_as("anna", PASSWORD).await.access_token();
        let before = app.dump().await;
        let door = &doors()[0];
        // The genuine one is remembered, which must lend no other one anything.
        assert_eq!(present(&app, door, format!("Bearer {token}").as_bytes()).await.status, 200);
        for (at, old) in token.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let flipped = format!("{}{new}{}", &token[..at], &token[at + 1..]);
            let reply = present(&app, door, format!("Bearer {flipped}").as_bytes()).await;
            expect_refusal(&reply, "invalid_token", &format!("{algorithm}, changed at {at}"));
            let reply = present(&app, door, format!("Bearer {}", &token[..at]).as_bytes()).await;
            let code = if at == 0 { "unauthenticated" } else { "invalid_token" };
            expect_refusal(&reply, code, &format!("{algorithm}, cut at {at}"));
        }
        assert_eq!(app.dump().await, before);
    }
}

#[tokio::test]
async fn jwt_1_a_key_of_one_algorithm_signs_for_no_other_key() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let workshop = Workshop::of(&app, &anna).await;
    let mut forgeries = Vec::new();
    for algorithm in ["ES256", "RS256", "HS256"] {
        let other = app.another(&[("ALGORITHM", algorithm)]).await.unwrap();
        let theirs = Workshop::of(&other, &other.api_as("anna", PASSWORD).await).await;
        assert_eq!(present(&other, &doors()[0], format!("Bearer {}", theirs.token).as_bytes()).await.status, 200);
        let (ours, [_, _, signature]) = (&workshop.header, theirs.parts());
        for alg in [algorithm, "EdDSA"] {
            for kid in [&theirs.header["kid"], &ours["kid"]] {
                let header = with(&with(ours, "alg", Some(json!(alg))), "kid", Some(kid.clone()));
                let name = format!("{algorithm}: alg {alg}, kid {kid}");
                if header != *ours {
                    forgeries.push(invalid(format!("{name}, our signature"), workshop.signed_with_header(&header)));
                }
                let parts = format!("{}.{}", base64url(header.to_string()), base64url(theirs.claims.to_string()));
                forgeries.push(invalid(format!("{name}, their old signature"), format!("{parts}.{signature}")));
            }
        }
    }
    app.advance(5);
    refuse(&app, &forgeries).await;
}

#[tokio::test]
async fn jwt_2_an_expired_token_a_wrong_one_and_one_of_an_ended_session_are_told_apart() {
    let app = app().await;
    let browser = app.browser(Door::Form);
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    let (anna, left) = (app.api_as("anna", PASSWORD).await, app.api_as("anna", PASSWORD).await);
    assert_eq!(left.call("POST", "/logout").await.status, 204);
    let named = |name: &str, code, token: String| Forgery { name: name.to_owned(), token, code };
    refuse(
        &app,
        &[
            named("of a session that was signed out", "session_ended", left.access_token()),
            named("a browser's", "wrong_token_kind", browser.cookie("latchkey-access").unwrap()),
            named("a browser's refresh token", "wrong_token_kind", browser.cookie("latchkey-refresh").unwrap()),
            named("a refresh token", "wrong_token_kind", anna.refresh_token()),
            invalid("a password", PASSWORD),
        ],
    )
    .await;
    app.advance(604);
    assert_eq!(anna.get("/users/me").await.status, 200, "five seconds are granted to two clocks that differ");
    app.advance(1);
    let expired = named("expired", "expired_token", anna.access_token());
    let (parts, signature) = expired.token.rsplit_once('.').unwrap();
    let changed = format!("{parts}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    refuse(&app, &[invalid("expired and not ours", changed), expired]).await;
}

#[tokio::test]
async fn auz_1_roles_are_decided_by_the_database_whatever_a_token_says() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let workshop = Workshop::of(&app, &anna).await;
    let crowned = workshop.signed_with_claim("roles", Some(json!(["admin", "user"])));
    let before = app.dump().await;
    for operation in operations()
        .iter()
        .filter(|operation| operation.path.starts_with("/users") && !operation.path.starts_with("/users/me"))
    {
        let path = operation.path.replace("{id}", &app.account_id("boris").await.to_string());
        let body = (!operation.body.is_null()).then(|| json!({"is_active": false}));
        let reply = present(&app, &(&operation.method, &path, body), format!("Bearer {crowned}").as_bytes()).await;
        assert_eq!(refused(&reply, 403, &operation.name())["code"], "forbidden");
    }
    let me = present(&app, &doors()[0], format!("Bearer {crowned}").as_bytes()).await.json();
    assert_eq!(me["roles"], json!(["user"]));
    assert_eq!(app.dump().await, before);
}

#[tokio::test]
async fn only_one_header_of_the_bearer_scheme_counts() {
    let app = app().await;
    let token = app.api_as("anna", PASSWORD).await.access_token();
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let reply = present(&app, &doors()[0], format!("{scheme} {token}").as_bytes()).await;
        assert_eq!(reply.status, 200, "{scheme}: RFC 9110 §11.1");
    }
    let long = format!("Bearer{token}");
    for header in
        ["", "Bearer", "Bearer ", "Bearer    ", &token, &format!("Token {token}"), &format!("JWT {token}"), &long]
    {
        let reply = present(&app, &doors()[0], header.as_bytes()).await;
        expect_refusal(&reply, "unauthenticated", header.get(..20).unwrap_or(header));
    }
    let basic = format!("Basic {}", base64url(format!("anna:{PASSWORD}")));
    expect_refusal(&present(&app, &doors()[0], basic.as_bytes()).await, "unauthenticated", "a password");
    for (one, two) in [(&*token, &*token), ("x", &*token), (&*token, "x")] {
        let request = Request::builder().uri("/users/me");
        let request =
            request.header("authorization", format!("Bearer {one}")).header("authorization", format!("Bearer {two}"));
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        expect_refusal(&reply, "invalid_token", "two headers");
    }
    for bytes in [&b"Bearer \xff\xfe"[..], "Bearer \u{442}\u{43e}\u{43a}\u{435}\u{43d}".as_bytes()] {
        expect_refusal(&present(&app, &doors()[0], bytes).await, "invalid_token", "no text");
    }
}

#[tokio::test]
async fn jwt_5_a_hostile_token_costs_less_than_a_good_one() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let workshop = Workshop::of(&app, &anna).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1400), "]".repeat(1400));
    let hostile = [
        ("dots", ".".repeat(16_000)),
        ("one long word", "e".repeat(16_000)),
        ("deep JSON that we have signed", workshop.forger.sign(&workshop.header.to_string(), &deep)),
        ("a deep header", workshop.forger.sign(&deep, &workshop.claims.to_string())),
    ];
    let request = |token: &str| {
        let value = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        Request::builder().uri("/users/me").header("authorization", value).body(Body::empty()).unwrap()
    };
    let mut good = Duration::MAX;
    let mut least = [Duration::MAX; 4];
    // The least of many: whatever else the machine does only adds.
    for _ in 0..30 {
        let genuine = request(&workshop.token);
        let start = Instant::now();
        assert_eq!(app.send(genuine).await.status, 200);
        good = good.min(start.elapsed());
        for ((name, token), least) in hostile.iter().zip(&mut least) {
            let hostile = request(token);
            let start = Instant::now();
            assert_eq!(app.send(hostile).await.status, 401, "{name}");
            *least = (*least).min(start.elapsed());
        }
    }
    for ((name, _), least) in hostile.iter().zip(least) {
        assert!(least < good * 2, "{name}: {least:?}, a good one: {good:?}");
    }
    let reply = present(&app, &doors()[0], format!("Bearer {}", ".".repeat(1_000_000)).as_bytes()).await;
    expect_refusal(&reply, "invalid_token", "a million dots, if HTTP let them through");
}
