//! The real thing: one account of a running application, driven through its router.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::domain::Timestamp;
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, Who};
use latchkey::server::caller::Caller;
use latchkey::server::crypto::KeyTimes;
use latchkey::server::keys::service::{self as keys, Role, Takeover};
use latchkey::server::store::StandingChanges;
use serde_json::{Value, json};

use super::account::Key;
use crate::support::{ORIGIN, Reply, START, TestApp};

/// The tokens of an answer: access and refresh.
pub type Tokens = (String, String);

/// Which cookies a browser brings along.
#[derive(Clone, Copy)]
pub enum Cookies<'a> {
    None,
    Access(&'a str),
    Refresh(&'a str),
}

pub struct World<'a> {
    pub app: &'a TestApp,
    name: String,
}

pub fn password(number: usize) -> String {
    format!("canary-Model-Kx7-{number:03}")
}

impl<'a> World<'a> {
    /// A new account, at second 0.
    pub async fn of(app: &'a TestApp, number: usize) -> Self {
        app.set_clock(0);
        let name = format!("model-{number}");
        let body = json!({"email": format!("{name}@example.com"), "username": name, "password": password(0)});
        let world = Self { app, name };
        assert_eq!(world.json("POST", paths::REGISTER, None, &body).await.status, 200);
        world
    }

    async fn json(&self, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> Reply {
        let mut request = request(method, path).header("content-type", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.app.send_unrecorded(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn form(&self, path: &str, cookies: Cookies<'_>, fields: &[(&str, &str)]) -> Reply {
        let request = with_cookies(request("POST", path), cookies).header("origin", ORIGIN);
        let request =
            request.header("accept", "application/json").header("content-type", "application/x-www-form-urlencoded");
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.app.send_unrecorded(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn sign_in_by_api(&self, password: &str) -> (u16, Option<Tokens>) {
        api(&self.json("POST", paths::api::TOKEN, None, &json!({"username": self.name, "password": password})).await)
    }

    pub async fn sign_in_by_browser(
        &self,
        password: &str,
        is_kept: bool,
        cookies: Cookies<'_>,
    ) -> (u16, Option<Tokens>) {
        let keep = if is_kept { "yes" } else { "" };
        let fields = [("username", &*self.name), ("password", password), ("keep", keep)];
        browser(&self.form(paths::rpc::SIGN_IN, cookies, &fields).await)
    }

    pub async fn refresh_by_api(&self, token: &str) -> Option<Tokens> {
        let (status, tokens) =
            api(&self.json("POST", paths::api::REFRESH, None, &json!({"refresh_token": token})).await);
        assert_eq!(status, if tokens.is_some() { 200 } else { 401 });
        tokens
    }

    pub async fn refresh_by_browser(&self, token: &str) -> Option<Tokens> {
        let reply = self.start_page(Cookies::Refresh(token)).await;
        let (_, tokens) = browser(&reply);
        assert_eq!(reply.header("location"), if tokens.is_some() { "/profile" } else { "/login" });
        tokens
    }

    async fn start_page(&self, cookies: Cookies<'_>) -> Reply {
        let request = with_cookies(request("GET", "/"), cookies).header("accept", "text/html");
        self.app.send_unrecorded(request.body(Body::empty()).unwrap()).await
    }

    pub async fn use_by_api(&self, access: &str) -> u16 {
        self.json("GET", paths::api::ME, Some(access), &Value::Null).await.status.as_u16()
    }

    pub async fn use_by_browser(&self, access: &str) -> bool {
        let reply = self.start_page(Cookies::Access(access)).await;
        assert!(reply.set_cookies().is_empty(), "{}", reply.said());
        reply.header("location") == "/profile"
    }

    pub async fn sign_out_by_api(&self, token: Result<&str, &str>) -> u16 {
        let reply = match token {
            Ok(access) => self.json("POST", paths::api::LOGOUT, Some(access), &json!({})).await,
            Err(refresh) => self.json("POST", paths::api::LOGOUT, None, &json!({"refresh_token": refresh})).await,
        };
        reply.status.as_u16()
    }

    pub async fn sign_out_by_browser(&self, cookies: Cookies<'_>) -> u16 {
        self.form(paths::rpc::SIGN_OUT, cookies, &[]).await.status.as_u16()
    }

    pub async fn change_password_by_api(&self, access: &str, old: &str, new: &str) -> u16 {
        let body = json!({"current_password": old, "new_password": new});
        self.json("POST", paths::api::MY_PASSWORD, Some(access), &body).await.status.as_u16()
    }

    pub async fn change_password_by_browser(&self, access: &str, old: &str, new: &str) -> (u16, Option<Tokens>) {
        let fields = [("current_password", old), ("new_password", new)];
        browser(&self.form(paths::rpc::CHANGE_PASSWORD, Cookies::Access(access), &fields).await)
    }

    pub async fn end_others_by_api(&self, access: &str) -> u16 {
        self.json("DELETE", paths::api::MY_SESSIONS, Some(access), &Value::Null).await.status.as_u16()
    }

    pub async fn end_others_by_browser(&self, access: &str) -> u16 {
        self.form(paths::rpc::END_SESSIONS, Cookies::Access(access), &[("others", "yes")]).await.status.as_u16()
    }

    pub async fn set_active(&self, is_active: bool) {
        let changes = StandingChanges::active(is_active);
        accounts::update(&self.app.state, &Caller::operator(), (Who::Name(&self.name), changes)).await.unwrap();
    }

    pub async fn rotate_key(&self, takeover: Takeover) {
        keys::rotate(&self.app.state, &Caller::operator(), takeover).await.unwrap();
    }

    pub async fn revoke_key(&self, kid: &str) {
        // One that was removed is as good as revoked.
        drop(keys::revoke(&self.app.state, &Caller::operator(), kid).await);
    }

    /// The keys as their operator sees them, in seconds.
    pub async fn keys(&self) -> BTreeMap<String, Key> {
        let listed = keys::list(&self.app.state, &Caller::operator()).await.unwrap();
        let seconds = |moment: Timestamp| (moment.as_micros() - START) / 1_000_000;
        let key = |times: KeyTimes, role| Key {
            retired_at: times.retired_at.map(seconds),
            is_revoked: role == Role::Revoked,
        };
        listed.into_iter().map(|listed| (listed.kid, key(listed.times, listed.role))).collect()
    }

    /// A history begins with one key that has no past: the clock has been turned back.
    pub async fn forget_keys(&self) {
        self.app.sql("delete from signing_keys").await;
        self.app.state.keys.refresh().await.unwrap();
    }

    /// Step and reason of the session `id`, as the database has them.
    pub async fn row(&self, id: &str) -> Option<(i64, bool)> {
        let row = self.app.state.store.session_with_account(id).await.unwrap();
        row.map(|row| (row.counter, row.ended_at.is_some()))
    }

    /// Why those have ended that have, by their id.
    pub async fn reasons(&self) -> Vec<(String, Option<String>)> {
        let listed = accounts::sessions(&self.app.state, &Caller::operator(), Who::Name(&self.name)).await.unwrap();
        listed.into_iter().map(|view| (view.id, view.end.map(|end| end.reason.as_str().to_owned()))).collect()
    }
}

/// The session that an access token speaks of.
pub fn session_of((access, _): &Tokens) -> String {
    part(access, 1, "sid")
}

/// The key that has signed an access token.
pub fn kid_of((access, _): &Tokens) -> String {
    part(access, 0, "kid")
}

fn part(access: &str, at: usize, name: &str) -> String {
    let part = URL_SAFE_NO_PAD.decode(access.split('.').nth(at).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&part).unwrap()[name].as_str().unwrap().to_owned()
}

fn request(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000")
}

fn with_cookies(request: Builder, cookies: Cookies<'_>) -> Builder {
    match cookies {
        Cookies::None => request,
        Cookies::Access(token) => request.header("cookie", format!("latchkey-access={token}")),
        Cookies::Refresh(token) => request.header("cookie", format!("latchkey-refresh={token}")),
    }
}

fn api(reply: &Reply) -> (u16, Option<Tokens>) {
    let tokens = reply.status.is_success().then(|| {
        let body = reply.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    });
    (reply.status.as_u16(), tokens)
}

fn browser(reply: &Reply) -> (u16, Option<Tokens>) {
    let find = |name: &str| {
        let cookies = reply.set_cookies();
        let line = cookies.iter().find_map(|line| line.strip_prefix(name))?;
        Some(line.split(';').next().unwrap().to_owned()).filter(|value| !value.is_empty())
    };
    (reply.status.as_u16(), find("latchkey-access=").zip(find("latchkey-refresh=")))
}
