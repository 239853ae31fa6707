//! Signing keys and the root secret, changed while tokens are made and believed: two processes on one database.

mod commands;
mod dump;
mod ring;
mod root_secret;
mod rotation;
mod under_load;

use axum::body::Body;
use axum::http::Request;
use latchkey::domain::AuthError;
use latchkey::paths::api::{KEYS, ME};
use latchkey::server::caller::Caller;
use latchkey::server::keys::service::{self, Role, Takeover};

use crate::support::{Reply, TestApp};

const PASSWORD: &str = "canary-Keys-Kx7-pw";

/// What `app` says to who brings this access token.
async fn ask(app: &TestApp, token: &str) -> Reply {
    let request = Request::builder().uri(ME).header("authorization", format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await
}

async fn accepts(app: &TestApp, token: &str) {
    assert_eq!(ask(app, token).await.status, 200);
}

async fn refuses(app: &TestApp, token: &str) {
    let reply = ask(app, token).await;
    assert_eq!((reply.status.as_u16(), reply.api_verdict()), (401, Err(AuthError::InvalidToken)));
}

/// The key that a token names.
fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// The names of the keys that `app` publishes.
async fn published(app: &TestApp) -> Vec<String> {
    let set = app.api().get(KEYS).await.json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The role of each key, by its name.
async fn role(app: &TestApp, kid: &str) -> Option<Role> {
    let keys = service::list(&app.state, &Caller::operator()).await.unwrap();
    keys.into_iter().find(|key| key.kid == kid).map(|key| key.role)
}

async fn rotate(app: &TestApp, takeover: Takeover) -> String {
    service::rotate(&app.state, &Caller::operator(), takeover).await.unwrap().kid
}
