//! Hostile requests at every operation that takes a body (REG-5, API-2, API-3, API-4): each is refused with a clear word, and
//! the database is afterwards as it was before. The operations come from the document; one that is not known here fails.

mod addresses;
mod fields;
mod kinds;
mod origins;

use axum::body::Body;
use axum::http::request::Builder;
use serde_json::{Map, Value, json};

use super::hostile::{Operation, operations_with_a_body, refused_somehow};
use crate::support::{ApiClient, Browser, Dump, Reply, TestApp};

const PASSWORD: &str = "canary-Bodies-Kx7-pw";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The administrator `anna`, a browser of hers, and `boris`.
struct World<'a> {
    app: &'a TestApp,
    anna: ApiClient<'a>,
    browser: Browser<'a>,
    boris: i64,
    before: Dump,
}

impl<'a> World<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let browser = app.register("anna", PASSWORD).await;
        app.register("boris", PASSWORD).await;
        let grant =
            "insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'anna'";
        app.sql(grant).await;
        let anna = app.api_as("anna", PASSWORD).await;
        let boris = app.account_id("boris").await;
        let before = app.dump().await;
        Self { app, anna, browser, boris, before }
    }

    /// A request of anna's to an operation; where another account is meant, it is boris's.
    fn request(&self, operation: &Operation) -> Builder {
        self.anna.request(&operation.method, &self.path(operation))
    }

    fn path(&self, operation: &Operation) -> String {
        operation.path.replace("{id}", &self.boris.to_string())
    }

    async fn send(&self, operation: &Operation, kind: &str, body: impl Into<Body>) -> Reply {
        let request = self.request(operation).header("content-type", kind);
        self.app.send(request.body(body.into()).unwrap()).await
    }

    /// Nothing has changed since the beginning.
    async fn is_unchanged(&self, what: &str) {
        assert_eq!(self.app.dump().await.differs(&self.before), Vec::<String>::new(), "{what}");
    }

    /// Sends each body to every operation, which must refuse it with this status and this code.
    async fn refuses(&self, kind: &str, (status, code): (u16, &str), bodies: impl Fn(&Operation) -> Vec<Vec<u8>>) {
        let mut taken = Vec::new();
        for operation in operations_with_a_body().iter().filter(|operation| operation.takes(kind)) {
            for body in bodies(operation) {
                let shown = String::from_utf8_lossy(&body).chars().take(120).collect::<String>();
                let what = format!("{} {shown:?}", operation.name());
                let reply = self.send(operation, kind, body).await;
                if reply.status.as_u16() == status && reply.json()["code"] == code {
                    refused_somehow(&reply, &what);
                } else {
                    taken.push(format!("{what}: {} {}", reply.status, reply.body));
                }
            }
        }
        assert!(taken.is_empty(), "{}", taken.join("\n"));
        self.is_unchanged(code).await;
    }
}

/// A body that would be taken, or refused for nothing but a wrong password or token.
fn good_body(operation: &Operation) -> Map<String, Value> {
    let body = match &*operation.name() {
        "POST /register" => {
            json!({"email": "new@example.com", "username": "newcomer", "password": "canary-New-Kx7-pw"})
        }
        "POST /token" => json!({"username": "anna", "password": "canary-Wrong-Kx7-pw"}),
        "POST /refresh" => json!({"refresh_token": "lk1.AAAA.AAAA.0.AAAA"}),
        "POST /logout" => json!({"refresh_token": "lk1.AAAA.AAAA.0.AAAA"}),
        "PUT /users/me" | "PATCH /users/me" => json!({"email": "new@example.com", "current_password": PASSWORD}),
        "DELETE /users/me" => json!({"password": "canary-Wrong-Kx7-pw"}),
        "POST /users/me/password" => json!({"current_password": PASSWORD, "new_password": "canary-New-Kx7-pw"}),
        "PATCH /users/{id}" => json!({"is_active": false, "roles": ["user"]}),
        other => panic!("{other} takes a body: say here which one is good"),
    };
    body.as_object().unwrap().clone()
}

/// The good body with another value for one field.
fn body_with(operation: &Operation, field: &str, value: Value) -> Map<String, Value> {
    let mut body = good_body(operation);
    // Two names for one thing; whoever sends both is refused for that.
    if operation.name() == "DELETE /users/me" && field == "current_password" {
        body.remove("password");
    }
    body.insert(field.to_owned(), value);
    body
}

fn text(body: Map<String, Value>) -> Vec<u8> {
    Value::Object(body).to_string().into_bytes()
}

fn form(body: &Map<String, Value>) -> String {
    let pairs: Vec<_> = body.iter().map(|(name, value)| (name, value.as_str().unwrap())).collect();
    serde_urlencoded::to_string(pairs).unwrap()
}
