//! A client of the REST API: keeps its tokens itself, speaks JSON, has no cookies.

use std::sync::Mutex;

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use latchkey::paths;
use latchkey::server::caller::Peer;
use serde_json::{Map, Value, json};

use super::browser::peer;
use super::{Reply, TestApp};

/// An API client, signed in or not.
pub struct ApiClient<'a> {
    app: &'a TestApp,
    peer: Option<Peer>,
    tokens: Mutex<Option<(String, String)>>,
}

impl<'a> ApiClient<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        Self { app, peer: None, tokens: Mutex::default() }
    }

    /// The same client at an address of its own.
    #[must_use]
    pub fn coming_from(self, address: &str) -> Self {
        Self { peer: Some(peer(address)), ..self }
    }

    /// Signs in.
    pub async fn sign_in(&self, username: &str, password: &str) -> Reply {
        self.app.is_secret(password);
        let reply = self.post(paths::api::TOKEN, &json!({"username": username, "password": password})).await;
        self.keep_tokens(&reply);
        reply
    }

    /// Gets the next tokens.
    pub async fn refresh(&self) -> Reply {
        let reply = self.post(paths::api::REFRESH, &json!({"refresh_token": self.refresh_token()})).await;
        self.keep_tokens(&reply);
        reply
    }

    /// The access token.
    pub fn access_token(&self) -> String {
        self.tokens.lock().unwrap().as_ref().unwrap().0.clone()
    }

    /// The refresh token.
    pub fn refresh_token(&self) -> String {
        self.tokens.lock().unwrap().as_ref().unwrap().1.clone()
    }

    fn keep_tokens(&self, reply: &Reply) {
        if reply.status.is_success() {
            let body = reply.json();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            *self.tokens.lock().unwrap() = Some((text("access_token"), text("refresh_token")));
        }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Reply {
        self.app.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    /// `POST path` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, body).await
    }

    /// Any method, without a body.
    pub async fn call(&self, method: &str, path: &str) -> Reply {
        self.app.send(self.request(method, path).body(Body::empty()).unwrap()).await
    }

    /// Any method, with JSON.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_raw(method, path, ("application/json", body.to_string())).await
    }

    /// Any method, with a body as it is.
    pub async fn send_raw(&self, method: &str, path: &str, (kind, body): (&str, impl Into<Body>)) -> Reply {
        self.app.send(self.request(method, path).header("content-type", kind).body(body.into()).unwrap()).await
    }

    /// The sessions of this client's account, as the API lists them.
    pub async fn sessions(&self) -> Vec<Value> {
        let reply = self.get(paths::api::MY_SESSIONS).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["items"].as_array().unwrap().clone()
    }

    /// Ends the session `id`.
    pub async fn end_session(&self, id: &str) -> Reply {
        let id: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.call("DELETE", &paths::api::MY_SESSION.replace("{id}", &id)).await
    }

    /// A request with this client's access token, to be completed by hand.
    pub fn request(&self, method: &str, path: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
        let request = match self.peer {
            Some(peer) => request.extension(peer),
            None => request,
        };
        match &*self.tokens.lock().unwrap() {
            Some((access, _)) => request.header("authorization", format!("Bearer {access}")),
            None => request,
        }
    }

    /// What a browser's form asks for, asked of the API. Nothing of a form without a counterpart.
    pub async fn submit(&self, form: &str, fields: &[(&str, &str)]) -> Option<Reply> {
        for (_, value) in fields.iter().filter(|(name, _)| name.contains("password")) {
            self.app.is_secret(value);
        }
        // A box to tick is what a method of its own says.
        let fields = fields.iter().filter(|(name, _)| *name != "confirm");
        let body: Map<String, Value> = fields.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let (method, path) = match form {
            "sign_in" => ("POST", paths::api::TOKEN),
            "registration" => ("POST", paths::REGISTER),
            "details" | "email" => ("PATCH", paths::api::ME),
            "password" => ("POST", paths::api::MY_PASSWORD),
            "deletion" => ("DELETE", paths::api::ME),
            "sessions" if body.contains_key("others") => {
                return Some(self.call("DELETE", paths::api::MY_SESSIONS).await);
            }
            "sessions" => {
                let id = body.get("session").and_then(Value::as_str).unwrap_or_default();
                return Some(self.end_session(id).await);
            }
            "sign_out" => return Some(self.call("POST", paths::api::LOGOUT).await),
            _ => return None,
        };
        Some(self.send(method, path, &Value::Object(body)).await)
    }
}
