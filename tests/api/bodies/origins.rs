//! The API knows no cookies, and no other site unless the operator names it (WEB-3).

use axum::body::Body;
use latchkey::paths;

use super::{JSON, World, good_body, text};
use crate::api::hostile::operations;
use crate::support::{ORIGIN, Reply, TestApp};

const FRIEND: &str = "https://app.example";
const FRIENDS: &str = "https://app.example,http://localhost:5173";

fn cors_headers(reply: &Reply) -> Vec<String> {
    let names = reply.headers.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn the_api_reads_no_cookie_and_sets_none() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let cookies =
        ["latchkey-access", "latchkey-refresh"].map(|name| format!("{name}={}", world.browser.cookie(name).unwrap()));
    let cookies = format!("{}; latchkey-notice=password_changed", cookies.join("; "));
    for operation in operations() {
        let body = if operation.body.is_null() { Vec::new() } else { text(good_body(&operation)) };
        // What would change something without a token is asked for with a body that is refused.
        let body = if operation.path == paths::REGISTER { b"{}".to_vec() } else { body };
        let mut answers = Vec::new();
        for cookie in [None, Some(&cookies)] {
            for host in [None, Some(ORIGIN)] {
                let request =
                    app.api().request(&operation.method, &world.path(&operation)).header("content-type", JSON);
                let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
                let request = host.into_iter().fold(request, |request, origin| request.header("origin", origin));
                let reply = app.send(request.body(Body::from(body.clone())).unwrap()).await;
                assert!(reply.set_cookies().is_empty(), "{}", operation.name());
                answers.push((reply.status.as_u16(), reply.header("www-authenticate").to_owned()));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{}: {answers:?}", operation.name());
        if operation.wants_token() {
            assert_eq!(answers[0].0, 401, "{}", operation.name());
        }
    }
    world.is_unchanged("cookies").await;
}

#[tokio::test]
async fn web_3_no_origin_is_told_that_it_may_read_an_answer_unless_it_is_named() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    for operation in operations() {
        for origin in [FRIEND, ORIGIN, "https://evil.example", "null"] {
            for method in [&*operation.method, "OPTIONS"] {
                let request = app.api().request(method, &world.path(&operation)).header("origin", origin);
                let request = request.header("access-control-request-method", &operation.method);
                let request = request.header("access-control-request-headers", "authorization,content-type");
                let reply = app.send(request.header("content-type", JSON).body(Body::empty()).unwrap()).await;
                let what = format!("{method} {} from {origin}", operation.path);
                assert_eq!(cors_headers(&reply), Vec::<String>::new(), "{what}");
                assert!(!reply.said().contains("evil.example"), "{what}");
                assert!(method != "OPTIONS" || reply.status == 405, "{what}: {}", reply.status);
            }
        }
    }
    world.is_unchanged("no origins").await;
}

#[tokio::test]
async fn web_3_named_origins_and_no_others_may_read_answers_and_never_with_cookies() {
    let app = TestApp::with(&[("LATCHKEY_CORS_ORIGINS", FRIENDS)]).await;
    let world = World::of(&app).await;
    let strangers = [
        "https://evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.example",
        "https://evil.example/https://app.example",
        "https://xapp.example",
        "https://APP.example",
        "https://app.example/",
        "https://app.example https://evil.example",
        "http://localhost",
        "http://localhost:51733",
        "null",
        "*",
        "",
        ORIGIN,
    ];
    for operation in operations() {
        let path = world.path(&operation);
        let ask = async |method: &str, origin: &str| {
            let request = app.api().request(method, &path).header("origin", origin);
            let request = request.header("access-control-request-method", &operation.method);
            let request = request.header("access-control-request-headers", "authorization,content-type");
            app.send(request.header("content-type", JSON).body(Body::empty()).unwrap()).await
        };
        for method in [&*operation.method, "OPTIONS"] {
            for origin in strangers {
                let reply = ask(method, origin).await;
                let what = format!("{method} {path} from {origin:?}");
                assert!(reply.headers.get("access-control-allow-origin").is_none(), "{what}: {}", reply.said());
                assert!(reply.headers.get("access-control-allow-credentials").is_none(), "{what}");
                assert!(reply.header("vary").to_lowercase().contains("origin"), "{what}: a cache must not mix them up");
            }
            for origin in FRIENDS.split(',') {
                let reply = ask(method, origin).await;
                let what = format!("{method} {path} from {origin}");
                assert_eq!(reply.header("access-control-allow-origin"), origin, "{what}");
                assert!(reply.headers.get("access-control-allow-credentials").is_none(), "{what}");
                if method == "OPTIONS" {
                    assert!(reply.status.is_success(), "{what}: {}", reply.status);
                    assert!(reply.header("access-control-allow-methods").contains(&operation.method), "{what}");
                    let headers = reply.header("access-control-allow-headers").to_lowercase();
                    assert!(headers.contains("authorization") && headers.contains("content-type"), "{what}");
                }
            }
        }
    }
    world.is_unchanged("named origins").await;
}

#[tokio::test]
async fn web_3_pages_and_server_functions_never_speak_to_other_origins() {
    let app = TestApp::with(&[("LATCHKEY_CORS_ORIGINS", FRIENDS)]).await;
    for (method, path) in [
        ("GET", paths::LOGIN),
        ("GET", paths::REGISTER),
        ("POST", paths::LOGIN),
        ("POST", paths::REGISTER),
        ("OPTIONS", paths::LOGIN),
        ("POST", paths::rpc::SIGN_IN),
        ("OPTIONS", paths::rpc::SIGN_IN),
        ("OPTIONS", paths::PROFILE),
    ] {
        let request =
            app.api().request(method, path).header("origin", FRIEND).header("access-control-request-method", "POST");
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(cors_headers(&reply), Vec::<String>::new(), "{method} {path}");
    }
}
