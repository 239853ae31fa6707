//! A program that asks the real binary's API over TCP and keeps its tokens.

use serde_json::{Value, json};
use ureq::Agent;

use super::binary::Running;

/// Somebody's program, signed in.
pub struct Program {
    agent: Agent,
    /// Where it asks.
    pub url: String,
    /// Its access token.
    pub access: String,
    refresh: String,
}

impl Program {
    /// Signs in as `username`, who is registered.
    pub fn sign_in(server: &Running, username: &str, password: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let mut program = Self { agent, url: server.url.clone(), access: String::new(), refresh: String::new() };
        let (status, tokens) = program.post("/token", &json!({"username": username, "password": password}));
        assert_eq!(status, 200, "{tokens}");
        program.keep(&tokens);
        program
    }

    /// Posts JSON, without a token; gives the status and the body.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let mut reply = request.send(body.to_string()).unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        (reply.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    /// Registers somebody; gives the status.
    pub fn register(&self, username: &str, password: &str) -> u16 {
        let email = format!("{username}@example.com");
        self.post("/register", &json!({"username": username, "email": email, "password": password})).0
    }

    /// Its refresh token.
    pub fn refresh_token(&self) -> &str {
        &self.refresh
    }

    /// Gets the next tokens; gives the status.
    pub fn refresh(&mut self) -> u16 {
        let (status, tokens) = self.post("/refresh", &json!({"refresh_token": self.refresh}));
        if status == 200 {
            self.keep(&tokens);
        }
        status
    }

    /// The status of `GET path`.
    pub fn ask(&self, path: &str) -> u16 {
        let request = self.agent.get(format!("{}{path}", self.url));
        let mut reply = request.header("authorization", format!("Bearer {}", self.access)).call().unwrap();
        reply.body_mut().read_to_string().unwrap();
        reply.status().as_u16()
    }

    fn keep(&mut self, tokens: &Value) {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (self.access, self.refresh) = (text("access_token"), text("refresh_token"));
    }
}
