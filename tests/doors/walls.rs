//! What does not get in, and what goes out with every answer.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use latchkey::domain::AuthError;
use latchkey::paths;

use crate::support::{Door, ORIGIN, Reply, TestApp, Verdict};

const PASSWORD: &str = "canary-Walls-Kx7-pw";
const POSTS: [&str; 12] = [
    paths::LOGIN,
    paths::REGISTER,
    paths::PROFILE,
    paths::SET_PASSWORD,
    paths::SIGN_OUT,
    paths::rpc::SIGN_IN,
    paths::rpc::SIGN_UP,
    paths::rpc::SIGN_OUT,
    paths::rpc::SET_PASSWORD,
    paths::rpc::UPDATE_PROFILE,
    paths::rpc::CHANGE_PASSWORD,
    paths::rpc::DELETE_ACCOUNT,
];

#[tokio::test]
async fn web_1_a_post_from_another_site_changes_nothing() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    let visitor = app.browser(Door::Form);
    let foreign: [&[(&str, &str)]; 9] = [
        &[("origin", "https://evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://127.0.0.1:3000")],
        &[("origin", "http://127.0.0.1:3001")],
        &[("origin", "http://127.0.0.1:3000.evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", ORIGIN), ("origin", "https://evil.example")],
    ];
    for browser in [&member, &visitor] {
        for path in POSTS {
            for headers in foreign {
                let request = browser.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
                let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
                let reply = app.send(request.body(Body::from("username=anna&password=x")).unwrap()).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
                assert!(reply.set_cookies().is_empty(), "{path} {headers:?}");
            }
        }
    }
    assert_eq!(member.get("/profile").await.status, StatusCode::OK);
}

#[tokio::test]
async fn web_1_a_post_that_names_no_origin_is_refused_when_it_carries_our_cookies() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    for path in POSTS {
        let request = member.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    let curl = app
        .browser(Door::Form)
        .request("POST", paths::LOGIN)
        .header("content-type", "application/x-www-form-urlencoded");
    let body = serde_urlencoded::to_string([("username", "anna"), ("password", PASSWORD)]).unwrap();
    let reply = app.send(curl.body(Body::from(body)).unwrap()).await;
    assert_eq!(reply.verdict(), Verdict::goes_to("/profile"), "a client without cookies has nothing to steal");
}

#[tokio::test]
async fn web_1_no_get_changes_anything() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    for path in &POSTS[4..] {
        let reply = member.get(path).await;
        assert!(
            [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_FOUND].contains(&reply.status),
            "{path}: {}",
            reply.status
        );
    }
    assert_eq!(member.get("/profile").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_door_s_own_words() {
    let app = TestApp::new().await;
    let long = format!("username=anna&password={}", "x".repeat(20_000));
    let form = "application/x-www-form-urlencoded";
    let cases = [
        ("application/json", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE, AuthError::UnsupportedMediaType),
        ("text/plain", "username=a", StatusCode::UNSUPPORTED_MEDIA_TYPE, AuthError::UnsupportedMediaType),
        (
            "multipart/form-data; boundary=x",
            "--x--",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            AuthError::UnsupportedMediaType,
        ),
        (form, long.as_str(), StatusCode::PAYLOAD_TOO_LARGE, AuthError::TooLarge),
        (form, "username=a&username=b&password=c", StatusCode::BAD_REQUEST, AuthError::Malformed),
    ];
    for (content_type, body, status, error) in cases {
        for (door, path) in [(Door::Form, paths::LOGIN), (Door::Rpc, paths::rpc::SIGN_IN)] {
            let request =
                app.browser(door).request("POST", path).header("content-type", content_type).header("origin", ORIGIN);
            let reply = app.send(request.body(Body::from(body.to_owned())).unwrap()).await;
            assert_eq!(reply.status, status, "{content_type} at {door:?}");
            if door == Door::Rpc {
                assert_eq!(reply.verdict(), Verdict::Refused(error.clone()), "{content_type}");
            }
        }
    }
}

#[tokio::test]
async fn api_2_a_body_without_an_announced_length_is_cut_at_the_limit() {
    let app = TestApp::new().await;
    for (door, path) in [(Door::Form, paths::LOGIN), (Door::Rpc, paths::rpc::SIGN_IN)] {
        let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'a'; 1024]));
        let request = app.browser(door).request("POST", path).header("origin", ORIGIN);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = app.send(request.body(Body::from_stream(endless)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{door:?}");
    }
}

#[tokio::test]
async fn rpc_never_redirects_to_the_referer() {
    let app = TestApp::new().await;
    let request = Request::builder().method("POST").uri(paths::rpc::SIGN_IN).header("accept", "text/html");
    let request = request.header("referer", "http://127.0.0.1:3000/login").header("origin", ORIGIN);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let reply = app.send(request.body(Body::from("username=nobody&password=wrong-canary")).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.header("location"), "");
}

async fn answers_of_every_kind(app: &TestApp) -> Vec<Reply> {
    let member = app.register("anna", PASSWORD).await;
    let visitor = app.browser(Door::Form);
    let mut replies = vec![
        visitor.get("/").await,
        visitor.get("/login").await,
        visitor.get("/register").await,
        visitor.get("/nowhere").await,
        visitor.get("/sign-out").await,
        visitor.get("/pkg/none.js").await,
        member.get("/profile").await,
        visitor.submit("sign_in", &[]).await,
        visitor.at(Door::Rpc).submit("sign_in", &[]).await,
        visitor.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await,
    ];
    let cross = visitor.request("POST", "/login").header("origin", "https://evil.example").body(Body::empty()).unwrap();
    replies.push(app.send(cross).await);
    for method in ["TRACE", "DELETE", "PROPFIND", "OPTIONS"] {
        let request = visitor.request(method, "/login").header("origin", ORIGIN).body(Body::empty()).unwrap();
        replies.push(app.send(request).await);
    }
    replies
}

#[tokio::test]
async fn web_2_and_web_3_every_answer_carries_the_security_headers() {
    let app = TestApp::new().await;
    let mut nonces = std::collections::BTreeSet::new();
    for reply in answers_of_every_kind(&app).await {
        let policy = reply.header("content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        assert!(nonces.insert(nonce.to_owned()), "a nonce came twice");
        let expected = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(policy, expected);
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
        assert!(reply.header("permissions-policy").contains("camera=()"));
        assert_eq!(reply.header("x-request-id").len(), 22);
        assert_eq!(reply.header("strict-transport-security"), "", "not over plain http");
        assert_eq!(reply.header("access-control-allow-origin"), "");
        for script in reply.body.match_indices("<script").map(|(at, _)| &reply.body[at..]) {
            assert!(script.split('>').next().unwrap().contains(&format!("nonce=\"{nonce}\"")));
        }
        assert!(!reply.body.contains("style=\"") && !reply.body.contains(" onclick="));
    }
}

#[tokio::test]
async fn ses_1_cookies_are_out_of_reach_and_under_https_bound_to_the_host() {
    let plain = TestApp::new().await;
    let secure =
        TestApp::with(&[("LATCHKEY_PUBLIC_URL", "https://id.example.com"), ("LATCHKEY_ENV", "production")]).await;
    for (app, origin, prefix, is_secure) in
        [(&plain, ORIGIN, "latchkey-", false), (&secure, "https://id.example.com", "__Host-latchkey-", true)]
    {
        let fields = [("email", "a@x.io"), ("username", "anna"), ("password", PASSWORD)];
        app.is_secret(PASSWORD);
        let request = app.browser(Door::Form).request("POST", paths::REGISTER).header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = serde_urlencoded::to_string(fields).unwrap();
        let reply = app.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.verdict(), Verdict::goes_to("/profile"));
        assert_eq!(reply.set_cookies().len(), 5, "two tokens, a device, a notice, and no password link any more");
        for cookie in reply.set_cookies() {
            let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            assert!(cookie.starts_with(prefix), "{cookie}");
            for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(attributes.contains(&wanted), "{wanted}");
            }
            assert_eq!(attributes.contains(&"Secure"), is_secure);
            assert!(!cookie.contains("Domain"));
        }
        assert_eq!(!reply.header("strict-transport-security").is_empty(), is_secure);
    }
}

#[tokio::test]
async fn ses_7_another_site_s_odd_cookie_does_not_hide_ours() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    let ours = format!("latchkey-access={}", member.cookie("latchkey-access").unwrap());
    for (before, after) in [("theme=na\u{ef}ve; ", ""), ("", "; a=\u{3000}"), ("junk; =; ", ";;")] {
        let value = axum::http::HeaderValue::from_str(&format!("{before}{ours}{after}"));
        let value = value.or_else(|_| axum::http::HeaderValue::from_bytes(format!("{before}{ours}{after}").as_bytes()));
        let request = Request::builder().uri("/profile").header("accept", "text/html").header("cookie", value.unwrap());
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{before}{after}");
    }
}

#[tokio::test]
async fn api_1_a_file_name_that_the_system_does_not_take_is_not_found() {
    let app = TestApp::new().await;
    let long = [5000, 255, 253].map(|length| format!("/pkg/{}", "a".repeat(length)));
    let others = [format!("/pkg/{}x", "a/".repeat(2500)), "/pkg/a%00".to_owned(), "/pkg/%2e%2e/Cargo.toml".to_owned()];
    for path in long.iter().chain(&others) {
        for method in ["GET", "HEAD"] {
            let request = app.browser(Door::Form).request(method, path).header("accept-encoding", "br, gzip");
            let reply = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method} {}", &path[..20.min(path.len())]);
        }
    }
}

#[tokio::test]
async fn ses_7_strange_cookies_are_nobody_and_never_a_fault() {
    let app = TestApp::new().await;
    let member = app.register("anna", PASSWORD).await;
    let access = member.cookie("latchkey-access").unwrap();
    let doubled = format!("latchkey-access={access}; latchkey-access={access}");
    let padded = format!("latchkey-access={access}; pad={}", "x".repeat(9000));
    let cut = format!("latchkey-access={}", &access[..access.len() - 1]);
    let strange: [&[u8]; 9] = [
        doubled.as_bytes(),
        padded.as_bytes(),
        cut.as_bytes(),
        b"latchkey-access=\xff\xfe",
        b"latchkey-access=",
        b"latchkey-access",
        b"=;=;;;",
        b"latchkey-access=a.b.c; latchkey-refresh=lk1.a.b.0.c",
        b"latchkey-refresh=lk1.....",
    ];
    for cookie in strange {
        let value = axum::http::HeaderValue::from_bytes(cookie).unwrap();
        let request = Request::builder().uri("/profile").header("accept", "text/html").header("cookie", value);
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.verdict(), Verdict::goes_to("/login?next=/profile"), "{:?}", String::from_utf8_lossy(cookie));
    }
}
