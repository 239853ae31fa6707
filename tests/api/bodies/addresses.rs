//! What stands in an address: logs and histories keep it (SES-5).

use axum::body::Body;
use latchkey::paths;
use serde_json::json;

use super::{FORM, JSON, World, good_body, text};
use crate::api::hostile::{operations, refused};
use crate::support::{TestApp, log_contains};

const SECRETS: [&str; 8] = [
    "access_token",
    "refresh_token",
    "token",
    "password",
    "current_password",
    "new_password",
    "client_secret",
    "client_assertion",
];

#[tokio::test]
async fn ses_5_a_secret_in_the_address_is_refused_at_every_operation_and_not_logged() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let mut taken = Vec::new();
    for operation in operations() {
        let path = world.path(&operation);
        for name in SECRETS {
            let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for query in [
                format!("{name}=canary-query"),
                format!("a=b&{name}=canary-query"),
                format!("{escaped}=canary-query"),
                name.to_owned(),
                format!("{}=canary-query", name.to_uppercase()),
                format!("{name}=canary-query&{name}=canary-query&x=%ff"),
            ] {
                let request = world.anna.request(&operation.method, &format!("{path}?{query}"));
                let request = request.header("content-type", JSON);
                let body = if operation.body.is_null() { Vec::new() } else { text(good_body(&operation)) };
                let reply = app.send(request.body(Body::from(body)).unwrap()).await;
                let what = format!("{} ?{query}", operation.name());
                if reply.status == 400 && reply.json()["code"] == "token_in_query" {
                    refused(&reply, 400, &what);
                    assert!(!reply.said().contains("canary-query"), "{what}");
                } else {
                    taken.push(format!("{what}: {} {}", reply.status, reply.body.get(..200).unwrap_or(&reply.body)));
                }
            }
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    assert!(!log_contains("canary-query"));
    world.is_unchanged("secrets in addresses").await;
}

#[tokio::test]
async fn ses_5_no_token_in_an_address_opens_anything() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let token = world.anna.access_token();
    for name in ["access_token", "bearer", "jwt", "auth", "authorization", "Authorization", "api_key", "t"] {
        let reply = app.api().get(&format!("{}?{name}={token}", paths::api::ME)).await;
        assert!([400, 401].contains(&reply.status.as_u16()), "{name}: {}", reply.status);
    }
    for field in ["access_token", "token"] {
        let reply = app.api().send_raw("GET", paths::api::ME, (FORM, format!("{field}={token}"))).await;
        refused(&reply, 401, field);
        let reply = app.api().send("PATCH", paths::api::ME, &json!({field: token, "first_name": "Mallory"})).await;
        refused(&reply, 401, field);
    }
    world.is_unchanged("tokens in addresses").await;
}
