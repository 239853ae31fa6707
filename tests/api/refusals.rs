//! What every refusal of the API has in common, and what a supervisor asks.

use axum::http::StatusCode;
use latchkey::domain::AuthError;
use latchkey::paths::api::{HEALTH, KEYS, LOGOUT, ME, PROTECTED, READINESS, REFRESH, TOKEN};
use serde_json::json;

use crate::support::{Door, ORIGIN, TestApp};

const PASSWORD: &str = "canary-Refusals-Kx7-pw";

#[tokio::test]
async fn a_method_that_an_address_has_not_is_405_and_says_which_it_has() {
    let app = TestApp::new().await;
    for (path, methods) in [
        (TOKEN, "POST"),
        (REFRESH, "POST"),
        (LOGOUT, "POST"),
        (ME, "GET,HEAD,PUT,DELETE,PATCH"),
        (PROTECTED, "GET,HEAD"),
        (KEYS, "GET,HEAD"),
        (HEALTH, "GET,HEAD"),
    ] {
        for method in ["OPTIONS", "TRACE", "PROPFIND"] {
            let reply = app.api().call(method, path).await;
            assert_eq!(reply.api_verdict(), Err(AuthError::MethodNotAllowed), "{method} {path}");
            let sorted = |list: &str| {
                let mut list: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
                list.sort();
                list
            };
            assert_eq!(sorted(reply.header("allow")), sorted(methods), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_api_answers_programs_whatever_they_accept() {
    let app = TestApp::new().await;
    for accept in ["text/html", "*/*", "application/json", ""] {
        let request = app.api().request("GET", ME).header("accept", accept).body(axum::body::Body::empty()).unwrap();
        let reply = app.send(request).await;
        assert_eq!(reply.api_verdict(), Err(AuthError::Unauthenticated), "{accept:?}");
        assert_eq!((reply.header("cache-control"), reply.header("content-language")), ("no-store", "en"));
    }
    for path in ["/users/me/", "/users/me/nothing", "/users//", "/users/../users/me"] {
        assert_eq!(app.api().get(path).await.api_verdict(), Err(AuthError::NotFound), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_scheme_two_headers_and_cookies_prove_nothing() {
    let app = TestApp::new().await;
    let browser = app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    let bearer = format!("Bearer {}", client.access_token());
    for (headers, expected) in [
        (vec![("authorization", bearer.clone())], Ok(())),
        (vec![("authorization", bearer.replace("Bearer", "bEARER"))], Ok(())),
        (vec![("authorization", bearer.replace("Bearer", "Basic"))], Err(AuthError::Unauthenticated)),
        (vec![("authorization", bearer.replace("Bearer ", ""))], Err(AuthError::Unauthenticated)),
        (vec![("authorization", "Bearer".to_owned())], Err(AuthError::Unauthenticated)),
        (vec![("authorization", bearer.clone()), ("authorization", bearer.clone())], Err(AuthError::InvalidToken)),
        (vec![("cookie", format!("latchkey-access={}", client.access_token()))], Err(AuthError::Unauthenticated)),
        (
            vec![("cookie", format!("latchkey-access={}", browser.cookie("latchkey-access").unwrap()))],
            Err(AuthError::Unauthenticated),
        ),
        (
            vec![("authorization", format!("Bearer {}", browser.cookie("latchkey-access").unwrap()))],
            Err(AuthError::WrongTokenKind),
        ),
        (vec![("authorization", format!("Bearer {}", client.refresh_token()))], Err(AuthError::WrongTokenKind)),
    ] {
        let request = app.api().request("GET", ME);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let reply = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(reply.api_verdict(), expected);
    }
    let page = app.browser(Door::Form);
    page.set_cookie("latchkey-access", Some(&client.access_token()));
    page.set_cookie("latchkey-refresh", Some(&client.refresh_token()));
    assert_eq!(page.get("/profile").await.status, StatusCode::SEE_OTHER, "nor is an API client's token a browser's");
}

#[tokio::test]
async fn web_1_the_script_of_a_site_that_nobody_named_is_refused() {
    let named = "https://app.example.com";
    for (origins, headers, is_refused) in [
        ("", &[][..], false),
        ("", &[("origin", ORIGIN)], false),
        ("", &[("sec-fetch-site", "same-origin")], false),
        ("", &[("origin", "https://evil.example")], true),
        ("", &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], true),
        ("", &[("origin", "null")], true),
        ("", &[("origin", ORIGIN), ("origin", ORIGIN)], true),
        ("", &[("sec-fetch-site", "cross-site")], true),
        ("", &[("origin", named)], true),
        (named, &[("origin", named), ("sec-fetch-site", "cross-site")], false),
        (named, &[("origin", "https://app.example.com.evil.example")], true),
        (named, &[("origin", "http://app.example.com")], true),
    ] {
        let settings = [("LATCHKEY_CORS_ORIGINS", origins)];
        let app = TestApp::with(if origins.is_empty() { &[] } else { &settings }).await;
        app.register("anna", PASSWORD).await;
        for (path, kind) in [
            (TOKEN, "application/x-www-form-urlencoded"),
            (REFRESH, "application/json"),
            ("/register", "application/json"),
        ] {
            let request = app.api().request("POST", path).header("content-type", kind);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let reply = app
                .send(request.body(axum::body::Body::from(if kind.ends_with("json") { "{}" } else { "" })).unwrap())
                .await;
            let expected = if is_refused { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
            assert_eq!(reply.status, expected, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_not_much_longer_than_what_it_refuses() {
    let app = TestApp::new().await;
    let many: serde_json::Map<_, _> = (0..1500).map(|n| (format!("f{n}"), json!(1))).collect();
    let reply = app.api().post("/register", &serde_json::Value::Object(many)).await;
    assert_eq!(reply.json()["errors"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn health_needs_nothing_and_readiness_the_database() {
    let app = TestApp::new().await;
    for path in [HEALTH, READINESS] {
        let reply = app.api().get(path).await;
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, json!({"status": "ok"})), "{path}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    app.state.store.close().await;
    assert_eq!(app.api().get(HEALTH).await.status, StatusCode::OK);
    let reply = app.api().get(READINESS).await;
    assert_eq!((reply.status, reply.json()["code"].clone()), (StatusCode::SERVICE_UNAVAILABLE, json!("unavailable")));
}
