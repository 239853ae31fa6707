//! Behind a proxy: whose word counts about where a request comes from, and that nobody's word counts about anything else.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use latchkey::paths;
use latchkey::server::caller::Peer;

use crate::support::{Door, ORIGIN, Reply, TestApp, log_text};

const PASSWORD: &str = "canary-Proxies-Kx7-pw";

/// What lies about a request's host, scheme, address or path. Only `X-Forwarded-For` is ever read, so it is not here.
const LIES: [(&str, &str); 17] = [
    ("host", "evil.example"),
    ("host", "127.0.0.1:3000@evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "evil.example"),
    ("x-forwarded-scheme", "https"),
    ("x-forwarded-port", "6666"),
    ("x-forwarded-prefix", "/evil.example"),
    ("forwarded", "for=203.0.113.66;host=evil.example;proto=https"),
    ("x-real-ip", "203.0.113.66"),
    ("x-client-ip", "203.0.113.66"),
    ("true-client-ip", "203.0.113.66"),
    ("cf-connecting-ip", "203.0.113.66"),
    ("x-original-url", "/evil.example"),
    ("x-rewrite-url", "/evil.example"),
    ("x-host", "evil.example"),
    ("x-http-method-override", "DELETE"),
];

fn from(peer: &str, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Peer(peer.parse::<SocketAddr>().unwrap()));
    request
}

/// All that an answer says, less what is new each time.
fn essence(reply: &Reply) -> String {
    let policy = reply.header("content-security-policy").to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let said = reply.said().replace(nonce, "NONCE").replace(reply.header("x-request-id"), "ID");
    format!("{} {said}", reply.status)
}

async fn registered_from(app: &TestApp, username: &str, peer: &str, headers: &[(&str, &str)]) -> String {
    app.is_secret(PASSWORD);
    let body = format!("email={username}%40example.com&username={username}&password={PASSWORD}");
    let request = Request::post(paths::REGISTER).header("accept", "text/html").header("origin", ORIGIN);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let reply = app.send(from(peer, request.body(Body::from(body)).unwrap())).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.said());
    app.text("select address from sessions order by created_at desc limit 1").await
}

#[tokio::test]
async fn log_6_the_address_of_a_session_is_the_peer_s_or_what_a_trusted_proxy_says() {
    let app = TestApp::with(&[("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7, fd00::/8")]).await;
    let told = [("x-forwarded-for", "203.0.113.66, 198.51.100.9")];
    let lines = [("x-forwarded-for", "203.0.113.66"), ("x-forwarded-for", "[2001:DB8::9]:443")];
    for (number, (peer, headers, address)) in [
        ("192.0.2.1:5000", &told[..], "192.0.2.1"),
        ("[::ffff:192.0.2.1]:5000", &told[..], "192.0.2.1"),
        ("10.0.0.7:5000", &told[..], "198.51.100.9"),
        ("[fd00::7]:5000", &lines[..], "2001:db8::9"),
        ("10.0.0.7:5000", &[("x-forwarded-for", "198.51.100.9, a")][..], "10.0.0.7"),
        ("10.0.0.7:5000", &[("x-real-ip", "203.0.113.66"), ("forwarded", "for=203.0.113.66")][..], "10.0.0.7"),
    ]
    .into_iter()
    .enumerate()
    {
        app.advance(1);
        let seen = registered_from(&app, &format!("anna-{number}"), peer, headers).await;
        assert_eq!(seen, address, "{peer} {headers:?}");
    }
    let app = TestApp::new().await;
    let seen = registered_from(&app, "berta", "127.0.0.1:5000", &told).await;
    assert_eq!(seen, "127.0.0.1", "nobody is trusted unless the operator says so");
}

/// One request of each kind, to `origin`'s paths.
fn requests(app: &TestApp, target: &str) -> Vec<Request<Body>> {
    let form = app.browser(Door::Form);
    let rpc = app.browser(Door::Rpc);
    let get = |path: &str| form.request("GET", &format!("{target}{path}")).body(Body::empty()).unwrap();
    let post = |browser: &crate::support::Browser<'_>, path: &str| {
        let request = browser.request("POST", &format!("{target}{path}")).header("origin", ORIGIN);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from("username=nobody&password=canary-none")).unwrap()
    };
    vec![
        get("/"),
        get(paths::LOGIN),
        get("/login/?next=/profile"),
        get(paths::REGISTER),
        get(paths::PROFILE),
        get("/nowhere"),
        get("/pkg/none.js"),
        post(&form, paths::LOGIN),
        post(&rpc, paths::rpc::SIGN_IN),
    ]
}

#[tokio::test]
async fn rst_5_no_header_and_no_form_of_the_address_says_where_we_are() {
    let app = TestApp::with(&[("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7")]).await;
    let mut honest = Vec::new();
    for request in requests(&app, "") {
        honest.push(essence(&app.send(from("192.0.2.1:5000", request)).await));
    }
    assert!(honest.iter().any(|answer| answer.starts_with("303")) && honest.iter().any(|a| a.contains("<form")));
    for peer in ["192.0.2.1:5000", "10.0.0.7:5000"] {
        for (name, value) in LIES {
            // Some of them are wrong passwords, of which only the first few would be looked at.
            app.sql("delete from attempts").await;
            for (mut request, honest) in requests(&app, "").into_iter().zip(&honest) {
                request.headers_mut().insert(name, value.parse().unwrap());
                let answer = essence(&app.send(from(peer, request)).await);
                assert_eq!(&answer, honest, "{name}: {value} from {peer}");
            }
        }
        for target in ["http://evil.example", "https://evil.example:6666"] {
            app.sql("delete from attempts").await;
            for (request, honest) in requests(&app, target).into_iter().zip(&honest) {
                assert_eq!(&essence(&app.send(from(peer, request)).await), honest, "{target} from {peer}");
            }
        }
    }
}

#[tokio::test]
async fn cfg_1_who_comes_past_the_proxy_is_refused_and_the_log_is_not_filled() {
    let app = TestApp::with(&[
        ("LATCHKEY_ENV", "production"),
        ("LATCHKEY_LISTEN", "0.0.0.0:3000"),
        ("LATCHKEY_PUBLIC_URL", ORIGIN),
        ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7,2001:db8::/32"),
    ])
    .await;
    let lines = |address: &str| log_text().matches(&format!("{address} was refused")).count();
    for peer in ["10.0.0.7:5000", "[::ffff:10.0.0.7]:5000", "[2001:db8::7]:5000", "127.0.0.1:5000", "[::1]:5000"] {
        for request in requests(&app, "") {
            assert_ne!(app.send(from(peer, request)).await.status, StatusCode::FORBIDDEN, "{peer}");
        }
    }
    for round in 1..=2 {
        for peer in ["192.0.2.211:5000", "[::ffff:192.0.2.211]:5000"] {
            for mut request in requests(&app, "") {
                request.headers_mut().insert("x-forwarded-for", "127.0.0.1".parse().unwrap());
                let path = request.uri().clone();
                let reply = app.send(from(peer, request)).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} from {peer}");
                assert!(reply.body.contains("encrypted") && !reply.body.contains("<form"), "{path}: {}", reply.body);
                assert_eq!(reply.header("x-content-type-options"), "nosniff");
            }
        }
        assert_eq!(lines("192.0.2.211"), round, "one line a minute");
        app.advance(60);
    }
    for request in requests(&app, "") {
        assert_eq!(app.send(request).await.status, StatusCode::FORBIDDEN, "nobody knows who that is");
    }
}

#[tokio::test]
async fn on_this_machine_alone_everybody_is_served() {
    for mode in ["development", "production"] {
        let app = TestApp::with(&[("LATCHKEY_ENV", mode)]).await;
        for request in requests(&app, "") {
            assert_ne!(app.send(from("127.0.0.2:5000", request)).await.status, StatusCode::FORBIDDEN);
        }
    }
}
