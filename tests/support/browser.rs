//! A client with cookies that sends a form through either of the browser's doors.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use latchkey::paths;
use latchkey::server::caller::Peer;

use super::{ORIGIN, Reply, TestApp};

/// The browser's doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A form posted to its page's own URL: no JavaScript.
    Form,
    /// An island calling a server function.
    Rpc,
}

impl Door {
    /// Every door, for the tables of cases.
    pub const ALL: [Self; 2] = [Self::Form, Self::Rpc];

    /// The URL of `form` at this door.
    pub fn url(self, form: &str) -> String {
        match (self, form) {
            (Self::Form, "sign_in") => paths::LOGIN.to_owned(),
            (Self::Form, "registration") => paths::REGISTER.to_owned(),
            (Self::Form, "sign_out") => paths::SIGN_OUT.to_owned(),
            (Self::Form, "preferences") => paths::PREFERENCES.to_owned(),
            (Self::Form, "sessions") => paths::SESSIONS.to_owned(),
            (Self::Form, "set_password") => paths::SET_PASSWORD.to_owned(),
            (Self::Form, profile) => format!("{}?{}={profile}", paths::PROFILE, paths::FORM),
            (Self::Rpc, "check_username") => paths::rpc::CHECK_USERNAME.to_owned(),
            (Self::Rpc, "sign_in") => paths::rpc::SIGN_IN.to_owned(),
            (Self::Rpc, "registration") => paths::rpc::SIGN_UP.to_owned(),
            (Self::Rpc, "set_password") => paths::rpc::SET_PASSWORD.to_owned(),
            (Self::Rpc, "sign_out") => paths::rpc::SIGN_OUT.to_owned(),
            (Self::Rpc, "sessions") => paths::rpc::END_SESSIONS.to_owned(),
            (Self::Rpc, "details" | "email") => paths::rpc::UPDATE_PROFILE.to_owned(),
            (Self::Rpc, "password") => paths::rpc::CHANGE_PASSWORD.to_owned(),
            (Self::Rpc, "deletion") => paths::rpc::DELETE_ACCOUNT.to_owned(),
            (Self::Rpc, other) => panic!("no form {other}"),
        }
    }
}

/// A browser: keeps cookies, names its origin, asks for what its door asks for.
pub struct Browser<'a> {
    app: &'a TestApp,
    /// How it sends forms.
    pub door: Door,
    peer: Option<Peer>,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(app: &'a TestApp, door: Door) -> Self {
        Self { app, door, peer: None, cookies: Mutex::default() }
    }

    /// The same cookies at another door.
    pub fn at(&self, door: Door) -> Self {
        let cookies = Mutex::new(self.cookies.lock().unwrap().clone());
        Self { app: self.app, door, peer: self.peer, cookies }
    }

    /// The same browser at an address of its own.
    #[must_use]
    pub fn coming_from(self, address: &str) -> Self {
        Self { peer: Some(peer(address)), ..self }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Changes or removes a cookie by hand.
    pub fn set_cookie(&self, name: &str, value: Option<&str>) {
        let mut cookies = self.cookies.lock().unwrap();
        match value {
            Some(value) => drop(cookies.insert(name.to_owned(), value.to_owned())),
            None => drop(cookies.remove(name)),
        }
    }

    /// `GET path` as a page.
    pub async fn get(&self, path: &str) -> Reply {
        self.exchange(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    /// Sends `form` with `fields` through this browser's door.
    pub async fn submit(&self, form: &str, fields: &[(&str, &str)]) -> Reply {
        for (_, value) in fields.iter().filter(|(name, _)| name.contains("password")) {
            self.app.is_secret(value);
        }
        let body = serde_urlencoded::to_string(fields).unwrap();
        let request = self.request("POST", &self.door.url(form)).header("origin", ORIGIN);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.exchange(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends the form for a new password as the page for the account `username` has it.
    pub async fn set_password(&self, username: &str, password: &str) -> Reply {
        let account = self.app.account_id(username).await.to_string();
        self.submit("set_password", &[("account", &account), ("new_password", password)]).await
    }

    /// A request with this browser's cookies and `Accept` header, to be completed by hand.
    pub fn request(&self, method: &str, path: &str) -> Builder {
        let accept = if self.door == Door::Rpc && method == "POST" { "application/json" } else { "text/html" };
        let request =
            Request::builder().method(method).uri(path).header("accept", accept).header("host", "127.0.0.1:3000");
        let request = match self.peer {
            Some(peer) => request.extension(peer),
            None => request,
        };
        let cookies = self.cookies.lock().unwrap();
        if cookies.is_empty() {
            return request;
        }
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", pairs.join("; "))
    }

    /// Sends a request and keeps the cookies of its answer.
    pub async fn exchange(&self, request: Request<Body>) -> Reply {
        let reply = self.app.send(request).await;
        for line in reply.set_cookies() {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.set_cookie(name, None);
            } else {
                // What these say may be said elsewhere, too.
                if !["-notice", "-language", "-theme"].iter().any(|end| name.ends_with(end)) {
                    self.app.is_secret(value);
                }
                self.set_cookie(name, Some(value));
            }
        }
        reply
    }
}

/// The socket's other end at `address`.
pub(super) fn peer(address: &str) -> Peer {
    Peer((address.parse::<std::net::IpAddr>().unwrap(), 40_000).into())
}
