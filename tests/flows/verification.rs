//! Other services verify access tokens offline: README.md's Rust snippet, as it stands there. `tests/black_box` does it for the others.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::verify_token::verify;

/// The address in the snippet.
const ISSUER: &str = "https://accounts.example.com";

#[test]
fn the_readme_shows_the_snippet_that_is_tried_here() {
    let (_, snippet) = include_str!("../support/verify_token.rs").split_once("\n\n").unwrap();
    assert!(include_str!("../../README.md").contains(&format!("```rust\n{snippet}```")));
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Value {
    let request = Request::post(path).header("content-type", "application/json");
    let reply = app.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test]
async fn an_access_token_verifies_with_the_published_keys_and_the_readme_s_rust() {
    let app = TestApp::with(&[("LATCHKEY_ENV", "production"), ("LATCHKEY_PUBLIC_URL", ISSUER)]).await;
    // The snippet reads the machine's clock.
    app.advance(i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap() - app.now().as_seconds());
    let password = "quiet-Harbour-71-lantern";
    let account = json!({"email": "anna@example.com", "username": "anna", "password": password});
    let account = post(&app, "/register", &account).await;
    let tokens = post(&app, "/token", &json!({"username": "anna", "password": password})).await;
    let keys = app.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
    let keys: JwkSet = serde_json::from_str(&keys.body).unwrap();

    let access = tokens["access_token"].as_str().unwrap();
    let claims = verify(access, &keys).unwrap();
    assert_eq!(claims.sub, account["id"].to_string());
    assert_eq!((claims.username.as_str(), claims.roles.as_slice()), ("anna", ["user".to_owned()].as_slice()));

    verify(&access[..access.len() - 4], &keys).unwrap_err();
    verify(tokens["refresh_token"].as_str().unwrap(), &keys).unwrap_err();
    verify(access, &JwkSet { keys: Vec::new() }).unwrap_err();
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and these claims, signed by `key`.
fn signed(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let signature = encoded(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// `object` with one member changed, or taken away by `null`.
fn with(object: &Value, name: &str, value: &Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    object.remove(name);
    if !value.is_null() {
        object.insert(name.to_owned(), value.clone());
    }
    Value::Object(object)
}

#[test]
fn jwt_1_the_readme_s_rust_refuses_forged_tokens() {
    let (key, stranger) = (Ed25519KeyPair::generate().unwrap(), Ed25519KeyPair::generate().unwrap());
    let x = encoded(key.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "first", "x": x});
    let keys: JwkSet = serde_json::from_value(json!({"keys": [jwk]})).unwrap();
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "first"});
    let claims = json!({
        "iss": ISSUER, "aud": ISSUER, "sub": "42", "username": "anna", "roles": ["user"], "nbf": 1, "exp": 32_503_680_000_u64,
    });
    verify(&signed(&key, &header, &claims), &keys).unwrap();

    verify(&signed(&stranger, &header, &claims), &keys).unwrap_err();
    for (name, value) in [("alg", json!("HS256")), ("alg", json!("none")), ("typ", json!("JWT"))].into_iter().chain([
        ("typ", json!(null)),
        ("kid", json!("second")),
        ("kid", json!(null)),
    ]) {
        let forged = signed(&key, &with(&header, name, &value), &claims);
        assert!(verify(&forged, &keys).is_err(), "header with {name} = {value}");
    }
    for (name, value) in [
        ("iss", json!("https://elsewhere.example.com")),
        ("aud", json!("https://elsewhere.example.com")),
        ("exp", json!(1_000_000_000)),
        ("exp", json!("never")),
        ("nbf", json!(32_503_680_000_u64)),
        ("iss", json!(null)),
        ("aud", json!(null)),
        ("sub", json!(null)),
        ("exp", json!(null)),
        ("nbf", json!(null)),
    ] {
        let forged = signed(&key, &header, &with(&claims, name, &value));
        assert!(verify(&forged, &keys).is_err(), "claims with {name} = {value}");
    }
}
