//! `/token`, `/refresh`, `/logout` and the keys.

use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::domain::AuthError;
use latchkey::paths::api::{KEYS, LOGOUT, ME, REFRESH, TOKEN};
use latchkey::server::caller::Caller;
use latchkey::server::keys::service::{self, Takeover};
use serde_json::{Value, json};

use crate::support::{Door, ORIGIN, Reply, TestApp};

const PASSWORD: &str = "canary-Tokens-Kx7-pw";
const FORM: &str = "application/x-www-form-urlencoded";
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

async fn app_with_anna() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app
}

fn claims(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut json = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (json(), json())
}

#[tokio::test]
async fn a_password_gets_a_pair_of_tokens_by_form_or_json_with_username_or_address() {
    let app = app_with_anna().await;
    let form = |name: &str| serde_urlencoded::to_string([("username", name), ("password", PASSWORD)]).unwrap();
    for name in ["anna", "ANNA", "anna@example.com"] {
        let json = json!({"username": name, "password": PASSWORD, "grant_type": "password", "scope": "a b"});
        let by_json = app.api().post(TOKEN, &json).await;
        let by_form = app.api().send_raw("POST", TOKEN, (FORM, form(name))).await;
        for reply in [by_json, by_form] {
            assert_eq!(reply.status, StatusCode::OK, "{name}");
            assert_eq!((reply.header("content-type"), reply.header("cache-control")), ("application/json", "no-store"));
            let body = reply.json();
            assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(600)));
            assert_eq!(body.as_object().unwrap().len(), 4);
            assert!(body["refresh_token"].as_str().unwrap().starts_with("lk1."));
        }
    }
    assert_eq!(app.count("select count(*) from sessions where kind = 'api' and ended_at is null").await, 6);
}

#[tokio::test]
async fn jwt_2_an_access_token_says_what_others_verify() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    let (header, claims) = claims(&client.access_token());
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    let now = app.now().as_seconds();
    let id = app.account_id("anna").await.to_string();
    let expected = json!({
        "iss": "http://127.0.0.1:3000", "aud": "http://127.0.0.1:3000", "sub": id, "client_id": "latchkey", "username": "anna",
        "roles": ["user"], "sid": claims["sid"], "jti": claims["jti"], "auth_time": now, "iat": now, "nbf": now, "exp": now + 600,
    });
    assert_eq!(claims, expected);
    for id in ["sid", "jti"] {
        assert!(claims[id].as_str().unwrap().len() >= 22, "{id}");
    }
    let keys = app.api().get(KEYS).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    let keys = keys.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);
}

#[tokio::test]
async fn the_published_keys_verify_and_hold_nothing_private() {
    for (algorithm, fields) in [("EdDSA", 6), ("ES256", 7), ("RS256", 6)] {
        let app = TestApp::with(&[("ALGORITHM", algorithm)]).await;
        app.register("anna", PASSWORD).await;
        let token = app.api_as("anna", PASSWORD).await.access_token();
        let keys = app.api().get(KEYS).await.json();
        let key = &keys["keys"][0];
        assert_eq!((key["alg"].as_str(), key["use"].as_str()), (Some(algorithm), Some("sig")));
        let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        assert!(private.iter().all(|name| key.get(name).is_none()), "{key}");
        assert_eq!(key.as_object().unwrap().len(), fields, "{key}");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.clone()).unwrap();
        let algorithm = algorithm.parse().unwrap();
        let mut validation = jsonwebtoken::Validation::new(algorithm);
        validation.set_audience(&["http://127.0.0.1:3000"]);
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        assert_eq!(jsonwebtoken::decode::<Value>(&token, &decoding, &validation).unwrap().claims["username"], "anna");
    }
    let app = TestApp::with(&[("ALGORITHM", "HS256")]).await;
    assert_eq!(app.api().get(KEYS).await.json(), json!({"keys": []}), "a secret key is nobody's to see");
}

#[tokio::test]
async fn key_1_the_published_keys_are_kept_for_minutes_and_not_sent_again_unchanged() {
    let app = app_with_anna().await;
    let ask = async |app: &TestApp, tags: &[&str]| {
        let request = app.api().request("GET", KEYS);
        let request = tags.iter().fold(request, |request, tag| request.header("if-none-match", *tag));
        app.send(request.body(Body::empty()).unwrap()).await
    };
    let first = ask(&app, &[]).await;
    let tag = first.header("etag");
    assert!(first.status == 200 && tag.starts_with('"') && tag.len() > 10, "{tag}");
    assert_eq!(first.header("content-type"), "application/json");
    for known in [&[tag][..], &[&format!("W/{tag}")], &[&format!("\"x\", {tag}")], &["\"x\"", tag], &["*"]] {
        let reply = ask(&app, known).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (304, ""), "{known:?}");
        assert_eq!((reply.header("etag"), reply.header("cache-control")), (tag, "public, max-age=300"));
    }
    for unknown in [&["\"x\""][..], &[tag.trim_matches('"')], &[""]] {
        assert_eq!(ask(&app, unknown).await.status, 200, "{unknown:?}");
    }
    let other = app.another(&[]).await.unwrap();
    assert_eq!(ask(&other, &[tag]).await.status, 304, "every process says the same");
    service::rotate(&app.state, &Caller::operator(), Takeover::Published).await.unwrap();
    let second = ask(&app, &[tag]).await;
    assert_eq!((second.status.as_u16(), second.json()["keys"].as_array().unwrap().len()), (200, 2));
    assert_ne!(second.header("etag"), tag);
}

#[tokio::test]
async fn log_8_token_is_a_way_in_for_people_and_no_grant_for_clients() {
    let app = app_with_anna().await;
    let with = |name: &str, value: &str| json!({"username": "anna", "password": PASSWORD, name: value});
    for (name, value, error) in [
        ("client_id", "shop", AuthError::UnauthorizedClient),
        ("client_secret", "x", AuthError::UnauthorizedClient),
        ("grant_type", "client_credentials", AuthError::UnsupportedGrantType),
        ("grant_type", "PASSWORD", AuthError::UnsupportedGrantType),
    ] {
        let reply = app.api().post(TOKEN, &with(name, value)).await;
        assert_eq!((reply.status, reply.api_verdict()), (StatusCode::BAD_REQUEST, Err(error)), "{name}={value}");
    }
    for (name, value) in [("client_id", ""), ("client_secret", ""), ("grant_type", ""), ("grant_type", "password")] {
        assert_eq!(app.api().post(TOKEN, &with(name, value)).await.status, StatusCode::OK, "{name}={value}");
    }
    let body = || serde_urlencoded::to_string([("username", "anna"), ("password", PASSWORD)]).unwrap();
    // "Og==" is the empty client that Swagger UI names.
    for (headers, status) in [
        (&["Basic Og=="][..], 200),
        (&["Basic c2hvcDp4"], 400),
        (&["basic c2hvcDp4"], 400),
        (&["Bearer x", "Basic c2hvcDp4"], 400),
        (&["Basic !!"], 400),
        (&["Basic "], 200),
        (&["Bearer x"], 200),
    ] {
        let request = app.api().request("POST", TOKEN).header("content-type", FORM);
        let request = headers.iter().fold(request, |request, value| request.header("authorization", *value));
        let reply = app.send(request.body(Body::from(body())).unwrap()).await;
        assert_eq!(reply.status, status, "{headers:?}");
    }
    let other = json!({"grant_type": "refresh_token", "refresh_token": "x", "client_id": ""});
    let reply = app.api().post(TOKEN, &other).await;
    assert_eq!((reply.status, &reply.json()["error"]), (StatusCode::BAD_REQUEST, &json!("unsupported_grant_type")));
    let more = json!({"username": "anna", "password": PASSWORD, "audience": "x", "resource": "y"});
    assert_eq!(app.api().post(TOKEN, &more).await.status, StatusCode::OK, "RFC 6749 §3.2: passed over");
    let off = TestApp::with(&[("LATCHKEY_PASSWORD_TOKENS", "false")]).await;
    off.register("anna", PASSWORD).await;
    let reply = off.api().sign_in("anna", PASSWORD).await;
    assert_eq!((reply.status, reply.api_verdict()), (StatusCode::BAD_REQUEST, Err(AuthError::UnsupportedGrantType)));
}

/// All of an answer that does not name its own request.
fn anonymous(reply: &Reply) -> String {
    let id = reply.header("x-request-id");
    let nonce = reply.header("content-security-policy").split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    reply.said().replace(id, "").replace(nonce, "")
}

#[tokio::test]
async fn log_1_unknown_wrong_and_disabled_are_one_answer_at_token() {
    let app = app_with_anna().await;
    app.register("boris", PASSWORD).await;
    app.sql("update accounts set is_active = 0 where username = 'boris'").await;
    let unknown = app.api().sign_in("nobody", PASSWORD).await;
    assert_eq!(
        (unknown.status, unknown.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, r#"Bearer realm="latchkey""#)
    );
    for (username, password) in
        [("anna", "canary-wrong-pw"), ("boris", PASSWORD), ("nobody@example.com", PASSWORD), ("a b<c>", PASSWORD)]
    {
        let reply = app.api().sign_in(username, password).await;
        assert_eq!(anonymous(&reply), anonymous(&unknown), "{username}");
    }
}

#[tokio::test]
async fn ref_1_and_ref_3_refreshing_gives_a_new_pair_again_the_same_and_later_ends_the_session() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    let first = client.refresh_token();
    app.advance(30);
    let second = client.refresh().await.json();
    assert_ne!(second["refresh_token"], json!(first));
    assert_eq!(client.get(ME).await.status, StatusCode::OK);
    let again = app.api().post(REFRESH, &json!({"refresh_token": first})).await.json();
    assert_eq!(again["refresh_token"], second["refresh_token"], "a lost answer costs nobody the session");
    app.advance(11);
    let reuse =
        app.api().send_raw("POST", REFRESH, (FORM, format!("grant_type=refresh_token&refresh_token={first}"))).await;
    assert_eq!((reuse.status, reuse.api_verdict()), (StatusCode::UNAUTHORIZED, Err(AuthError::InvalidRefreshToken)));
    assert_eq!(reuse.json()["error"], "invalid_grant", "RFC 6749 §5.2");
    assert_eq!(client.get(ME).await.api_verdict(), Err(AuthError::SessionEnded));
    assert_eq!(client.refresh().await.api_verdict(), Err(AuthError::InvalidRefreshToken));
    assert_eq!(app.text("select end_reason from sessions where kind = 'api'").await, "reuse");
}

#[tokio::test]
async fn ses_3_an_api_session_ends_after_a_week_without_use_and_after_ninety_days() {
    let app = app_with_anna().await;
    let idle = app.api_as("anna", PASSWORD).await;
    app.advance(7 * DAY - 1);
    assert_eq!(idle.refresh().await.status, StatusCode::OK);
    app.advance(7 * DAY);
    assert_eq!(idle.refresh().await.status, StatusCode::UNAUTHORIZED);
    let busy = app.api_as("anna", PASSWORD).await;
    for _ in 0..14 {
        app.advance(6 * DAY);
        assert_eq!(busy.refresh().await.status, StatusCode::OK);
    }
    app.advance(6 * DAY - 1);
    assert_eq!(busy.refresh().await.status, StatusCode::OK);
    app.advance(1);
    assert_eq!(busy.refresh().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ref_4_a_clock_that_steps_back_revives_no_replaced_token() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    let first = client.refresh_token();
    client.refresh().await;
    app.advance(-DAY);
    let reuse = app.api().post(REFRESH, &json!({"refresh_token": first})).await;
    assert_eq!(reuse.api_verdict(), Err(AuthError::InvalidRefreshToken));
    // Nor is its owner accused of a theft: nobody can say how late it came.
    assert_eq!(client.get(ME).await.status, 401, "its access token is of tomorrow");
    assert_eq!(client.refresh().await.status, 200);
    let oldest = app.api().post(REFRESH, &json!({"refresh_token": first})).await;
    assert_eq!(oldest.status, 401);
    assert_eq!(client.refresh().await.status, 401, "one from before the last is a copy, whatever the clock says");
    assert_eq!(app.text("select end_reason from sessions where kind = 'api'").await, "reuse");
}

#[tokio::test]
async fn out_1_and_ses_2_a_clock_that_steps_back_keeps_no_session_from_its_end() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    let first = client.refresh_token();
    client.refresh().await;
    app.advance(-MINUTE);
    assert_eq!(app.api().post(LOGOUT, &json!({"refresh_token": first})).await.status, 204);
    app.advance(MINUTE);
    assert_eq!(client.refresh().await.status, 401, "a token that was replaced signs out, too");
    assert_eq!(app.text("select end_reason from sessions where kind = 'api'").await, "signed_out");

    let browser = app.register("boris", PASSWORD).await;
    let before = browser.cookie("latchkey-refresh").unwrap();
    app.advance(11 * MINUTE);
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK);
    let copy = browser.at(Door::Form);
    browser.set_cookie("latchkey-access", None);
    browser.set_cookie("latchkey-refresh", Some(&before));
    app.advance(-MINUTE);
    browser.submit("sign_in", &[("username", "boris"), ("password", PASSWORD)]).await;
    app.advance(MINUTE);
    assert_eq!(copy.get("/").await.header("location"), "/login", "the session that was there is replaced");
}

#[tokio::test]
async fn many_sign_ins_at_the_api_leave_the_browser_signed_in() {
    let app = TestApp::new().await;
    let browser = app.register("anna", PASSWORD).await;
    for _ in 0..51 {
        app.advance(1);
        app.api_as("anna", PASSWORD).await;
    }
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from sessions where kind = 'api' and ended_at is null").await, 50);
}

#[tokio::test]
async fn pwd_1_a_form_in_another_encoding_is_refused_at_every_door() {
    let app = app_with_anna().await;
    for path in [TOKEN, "/login", "/rpc/sign_in"] {
        let body = "username=anna&password=passw%E4rt123";
        let request = app.api().request("POST", path).header("content-type", FORM).header("origin", ORIGIN);
        let reply = app.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn ref_5_a_refresh_asks_anew_who_somebody_is_and_what_they_may() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts").await;
    client.refresh().await;
    assert_eq!(claims(&client.access_token()).1["roles"], json!(["admin", "user"]));
    app.sql("update accounts set is_active = 0").await;
    assert_eq!(client.refresh().await.api_verdict(), Err(AuthError::InvalidRefreshToken));
}

#[tokio::test]
async fn ses_5_a_token_in_the_address_is_refused_and_does_nothing() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    let token = client.refresh_token();
    for path in [REFRESH, LOGOUT] {
        let reply = app.api().call("POST", &format!("{path}?refresh_token={token}")).await;
        assert_eq!((reply.status, reply.api_verdict()), (StatusCode::BAD_REQUEST, Err(AuthError::TokenInQuery)));
    }
    let reply = app.api().get(&format!("{ME}?access_token={}", client.access_token())).await;
    assert_eq!(reply.api_verdict(), Err(AuthError::TokenInQuery));
    let reply = app.api().get(&format!("{ME}?Token=x")).await;
    assert_eq!(reply.api_verdict(), Err(AuthError::TokenInQuery));
    assert_eq!(client.refresh_token(), token);
    assert_eq!(client.refresh().await.status, StatusCode::OK);
}

#[tokio::test]
async fn out_1_signing_out_kills_every_token_of_the_session_and_may_be_done_twice() {
    let app = app_with_anna().await;
    let body = |token: String| json!({"refresh_token": token});
    for by_refresh_token in [true, false] {
        let client = app.api_as("anna", PASSWORD).await;
        let other = app.api_as("anna", PASSWORD).await;
        for _ in 0..2 {
            let reply = if by_refresh_token {
                app.api().post(LOGOUT, &body(client.refresh_token())).await
            } else {
                client.call("POST", LOGOUT).await
            };
            assert_eq!((reply.status, reply.body.as_str()), (StatusCode::NO_CONTENT, ""));
        }
        assert_eq!(client.get(ME).await.api_verdict(), Err(AuthError::SessionEnded));
        assert_eq!(client.refresh().await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(other.get(ME).await.status, StatusCode::OK);
    }
    let client = app.api_as("anna", PASSWORD).await;
    assert_eq!(app.api().post(LOGOUT, &body(client.access_token())).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        client.get(ME).await.api_verdict(),
        Err(AuthError::SessionEnded),
        "RFC 7009 §2.1: either names the session"
    );
    let browser = app.browser(Door::Form);
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    for cookie in ["latchkey-access", "latchkey-refresh"] {
        let token = browser.cookie(cookie).unwrap();
        assert_eq!(app.api().post(LOGOUT, &body(token)).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK, "a browser's session is ended at its own door");
    for token in ["", "lk1.a.b.0.c", "nonsense"] {
        let expected = if token.is_empty() { StatusCode::UNAUTHORIZED } else { StatusCode::NO_CONTENT };
        assert_eq!(app.api().post(LOGOUT, &body(token.to_owned())).await.status, expected, "{token:?}");
    }
    for empty in [json!({}), json!({"refresh_token": null})] {
        assert_eq!(app.api().post(LOGOUT, &empty).await.api_verdict(), Err(AuthError::Unauthenticated));
        let client = app.api_as("anna", PASSWORD).await;
        assert_eq!(client.post(LOGOUT, &empty).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(app.api().call("POST", LOGOUT).await.api_verdict(), Err(AuthError::Unauthenticated));
}

#[tokio::test]
async fn out_1_an_expired_access_token_still_signs_out() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    app.advance(11 * MINUTE);
    let me = client.get(ME).await;
    assert_eq!(me.api_verdict(), Err(AuthError::ExpiredToken));
    assert!(
        me.header("www-authenticate")
            .contains(r#"error="invalid_token", error_description="The access token has expired""#)
    );
    assert_eq!(client.call("POST", LOGOUT).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.refresh().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn out_3_an_outage_is_no_sign_out_and_no_401() {
    let app = app_with_anna().await;
    let client = app.api_as("anna", PASSWORD).await;
    app.state.store.close().await;
    for reply in [client.call("POST", LOGOUT).await, client.get(ME).await, client.refresh().await] {
        assert_eq!(
            (reply.status, reply.json()["code"].clone()),
            (StatusCode::SERVICE_UNAVAILABLE, json!("unavailable"))
        );
    }
}
