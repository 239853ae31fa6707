//! `/register`, `/users/me` and what belongs to it, `/protected`.

use axum::http::StatusCode;
use latchkey::domain::{AuthError, Field, FieldErrors, Problem};
use latchkey::paths::REGISTER;
use latchkey::paths::api::{ME, MY_PASSWORD, PROTECTED};
use serde_json::{Value, json};

use crate::support::{ApiClient, TestApp};

const PASSWORD: &str = "canary-Account-Kx7-pw";
const OTHER_PASSWORD: &str = "canary-Newer-Qz3-pw";
const FIVE_MINUTES: i64 = 5 * 60;

fn invalid(field: Field, problem: Problem) -> Result<(), AuthError> {
    let mut errors = FieldErrors::default();
    errors.add(field, problem);
    Err(errors.into())
}

async fn anna(app: &TestApp) -> ApiClient<'_> {
    app.register("anna", PASSWORD).await;
    app.api_as("anna", PASSWORD).await
}

fn new_account(app: &TestApp, username: &str) -> Value {
    app.is_secret(PASSWORD);
    json!({"email": format!("{username}@example.com"), "username": username, "password": PASSWORD})
}

#[tokio::test]
async fn registering_gives_the_account_and_no_session() {
    let app = TestApp::new().await;
    let mut body = new_account(&app, "newcomer");
    body["first_name"] = json!("Ада");
    body["last_name"] = Value::Null;
    let reply = app.api().post(REGISTER, &body).await;
    assert_eq!(reply.status, StatusCode::OK);
    let account = reply.json();
    let now = app.now().to_rfc3339();
    let expected = json!({
        "id": app.account_id("newcomer").await, "email": "newcomer@example.com", "username": "newcomer", "first_name": "Ада",
        "last_name": null, "is_active": true, "email_verified": false, "roles": ["user"], "created_at": now, "updated_at": now,
        "last_login": null,
    });
    assert_eq!(account, expected);
    assert!(reply.set_cookies().is_empty());
    assert_eq!(app.count("select count(*) from sessions").await, 0);
    assert_eq!(app.api().sign_in("newcomer", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_taken_address_or_name_is_a_400_that_says_which() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    for (field, value, words) in [("email", "Anna@EXAMPLE.com", "e-mail address"), ("username", "ANNA", "username")] {
        let mut body = new_account(&app, "newcomer");
        body[field] = json!(value);
        let reply = app.api().post(REGISTER, &body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let problem = reply.json();
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!(field), &json!("taken")));
        assert!(problem["errors"].as_array().unwrap().len() == 1);
    }
}

#[tokio::test]
async fn reg_6_sign_up_that_is_closed_is_closed_at_the_api() {
    let app = TestApp::with(&[("LATCHKEY_SIGN_UP", "closed")]).await;
    let reply = app.api().post(REGISTER, &new_account(&app, "newcomer")).await;
    assert_eq!((reply.status, reply.api_verdict()), (StatusCode::FORBIDDEN, Err(AuthError::SignUpClosed)));
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn the_same_address_is_the_page_for_browsers_and_the_api_for_json() {
    let app = TestApp::new().await;
    let page = app.api().get(REGISTER).await;
    assert!(page.status == StatusCode::OK && page.header("content-type").starts_with("text/html"));
    let charset = ("application/json; charset=utf-8", new_account(&app, "newcomer").to_string());
    assert_eq!(app.api().send_raw("POST", REGISTER, charset).await.status, StatusCode::OK);
    let curl = app.api().send_raw("POST", REGISTER, ("application/x-www-form-urlencoded", "{\"email\": \"a\"}")).await;
    assert_eq!(curl.api_verdict(), Err(AuthError::UnsupportedMediaType), "curl -d without -H");
    for kind in ["text/plain", "application/xml", "application/jsonx", "multipart/form-data; boundary=x"] {
        let reply = app.api().send_raw("POST", REGISTER, (kind, "{}")).await;
        assert_eq!(reply.api_verdict(), Err(AuthError::UnsupportedMediaType), "{kind}");
    }
}

#[tokio::test]
async fn the_own_account_is_shown_with_its_last_sign_in() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.advance(60);
    let client = app.api_as("anna", PASSWORD).await;
    let account = client.get(ME).await.json();
    assert_eq!(client.get(ME).await.header("cache-control"), "no-store", "SES-6");
    assert_eq!((&account["username"], &account["roles"]), (&json!("anna"), &json!(["user"])));
    assert_eq!(account["last_login"], json!(app.now().to_rfc3339()));
    assert_ne!(account["created_at"], account["last_login"]);
    let greeting = client.get(PROTECTED).await.json();
    assert_eq!(greeting, json!({"message": "Hello, anna! This route is protected."}));
    let head = client.call("HEAD", ME).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn put_and_patch_change_what_they_name_and_null_removes_a_name() {
    let app = TestApp::new().await;
    let client = anna(&app).await;
    for method in ["PUT", "PATCH"] {
        let both = client.send(method, ME, &json!({"first_name": "Anna", "last_name": "K"})).await.json();
        assert_eq!((&both["first_name"], &both["last_name"]), (&json!("Anna"), &json!("K")));
        let one = client.send(method, ME, &json!({"first_name": null})).await.json();
        assert_eq!((&one["first_name"], &one["last_name"]), (&json!(null), &json!("K")), "{method}");
        let none = client.send(method, ME, &json!({})).await.json();
        assert_eq!((&none["username"], &none["last_name"]), (&json!("anna"), &json!("K")));
        for field in ["email", "username"] {
            let reply = client.send(method, ME, &json!({field: null})).await;
            assert_eq!(
                (reply.status, &reply.json()["errors"][0]["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong_type"))
            );
        }
    }
    let renamed = client.send("PATCH", ME, &json!({"username": "Анна"})).await.json();
    assert_eq!((&renamed["username"], &client.get(ME).await.json()["username"]), (&json!("Анна"), &json!("Анна")));
}

#[tokio::test]
async fn eml_2_a_new_address_takes_a_fresh_sign_in_or_the_password() {
    let app = TestApp::new().await;
    let client = anna(&app).await;
    let to = |email: &str| json!({"email": email});
    app.advance(FIVE_MINUTES - 1);
    assert_eq!(client.send("PATCH", ME, &to("one@example.com")).await.json()["email"], "one@example.com");
    app.advance(1);
    let stale = client.send("PATCH", ME, &to("two@example.com")).await;
    assert_eq!((stale.status, stale.api_verdict()), (StatusCode::FORBIDDEN, Err(AuthError::ReauthenticationRequired)));
    client.refresh().await;
    let refreshed = client.send("PUT", ME, &to("two@example.com")).await;
    assert_eq!(refreshed.api_verdict(), Err(AuthError::ReauthenticationRequired), "a refresh is no sign-in");
    let with = |password: &str| json!({"email": "two@example.com", "current_password": password});
    let wrong = client.send("PATCH", ME, &with(OTHER_PASSWORD)).await;
    assert_eq!(
        (wrong.status, wrong.api_verdict()),
        (StatusCode::UNPROCESSABLE_ENTITY, invalid(Field::CurrentPassword, Problem::Wrong))
    );
    assert_eq!(client.send("PATCH", ME, &with(PASSWORD)).await.json()["email"], "two@example.com");
    assert_eq!(client.send("PATCH", ME, &to("two@example.com")).await.status, StatusCode::OK, "no change, no proof");
    let later = app.api_as("anna", PASSWORD).await;
    app.sql("update sessions set authenticated_at = authenticated_at + 86400000000").await;
    let ahead = later.send("PATCH", ME, &to("three@example.com")).await;
    assert_eq!(
        ahead.api_verdict(),
        Err(AuthError::ReauthenticationRequired),
        "a clock that stepped back proves nothing"
    );
    assert_eq!(client.send("PATCH", ME, &json!({"first_name": "A"})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn rst_1_a_new_password_ends_the_other_sessions_and_keeps_this_one() {
    let app = TestApp::new().await;
    let client = anna(&app).await;
    let other = app.api_as("anna", PASSWORD).await;
    let browser = app.browser(crate::support::Door::Form);
    browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    app.is_secret(OTHER_PASSWORD);
    let change = |current: &str| json!({"current_password": current, "new_password": OTHER_PASSWORD});
    let wrong = client.post(MY_PASSWORD, &change("canary-Wrong-pw")).await;
    assert_eq!(
        (wrong.status, wrong.api_verdict()),
        (StatusCode::UNPROCESSABLE_ENTITY, invalid(Field::CurrentPassword, Problem::Wrong))
    );
    assert_eq!(client.post(MY_PASSWORD, &change(PASSWORD)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get(ME).await.status, StatusCode::OK);
    assert_eq!(client.refresh().await.status, StatusCode::OK);
    assert_eq!(other.get(ME).await.api_verdict(), Err(AuthError::SessionEnded));
    assert_eq!(other.refresh().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/profile").await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.api().sign_in("anna", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.api().sign_in("anna", OTHER_PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_account_is_deleted_after_a_fresh_sign_in_or_with_the_password() {
    for (age, body, is_deleted) in [
        (0, json!(null), true),
        (FIVE_MINUTES - 1, json!({}), true),
        (FIVE_MINUTES, json!(null), false),
        (FIVE_MINUTES, json!({}), false),
        (FIVE_MINUTES, json!({"password": PASSWORD}), true),
        (FIVE_MINUTES, json!({"current_password": PASSWORD}), true),
        (0, json!({"password": OTHER_PASSWORD}), false),
        (FIVE_MINUTES, json!({"current_password": OTHER_PASSWORD}), false),
    ] {
        let app = TestApp::new().await;
        let client = anna(&app).await;
        app.advance(age);
        let reply =
            if body.is_null() { client.call("DELETE", ME).await } else { client.send("DELETE", ME, &body).await };
        let expected = if is_deleted {
            Ok(())
        } else if body.as_object().is_some_and(|body| !body.is_empty()) {
            invalid(Field::CurrentPassword, Problem::Wrong)
        } else {
            Err(AuthError::ReauthenticationRequired)
        };
        assert_eq!(reply.api_verdict(), expected, "{age} {body}");
        assert_eq!(app.count("select count(*) from accounts").await, i64::from(!is_deleted), "{age} {body}");
        if is_deleted {
            assert_eq!((reply.status, reply.json()), (StatusCode::OK, json!({"message": "The account is deleted."})));
            assert_eq!(client.get(ME).await.status, StatusCode::UNAUTHORIZED);
            assert_eq!(client.refresh().await.status, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn the_last_administrator_cannot_leave_by_the_api() {
    let app = TestApp::new().await;
    let client = anna(&app).await;
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts").await;
    let reply = client.call("DELETE", ME).await;
    assert_eq!((reply.status, reply.api_verdict()), (StatusCode::CONFLICT, Err(AuthError::LastAdmin)));
}

#[tokio::test]
async fn auz_3_a_disabled_account_is_told_so_on_every_route_that_wants_a_token() {
    let app = TestApp::new().await;
    let client = anna(&app).await;
    app.sql("update accounts set is_active = 0").await;
    for (method, path) in [("GET", ME), ("GET", PROTECTED), ("PATCH", ME), ("DELETE", ME), ("POST", MY_PASSWORD)] {
        let reply = client.send(method, path, &json!({})).await;
        assert_eq!(
            (reply.status, reply.api_verdict()),
            (StatusCode::BAD_REQUEST, Err(AuthError::InactiveAccount)),
            "{method} {path}"
        );
    }
}
