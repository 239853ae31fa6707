//! Languages and colours: every door answers in the one that is asked for, and what was chosen on a page stays.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Browser, Door, ORIGIN, Reply, TestApp};

const PASSWORD: &str = "canary-languages-1";

/// Presses a button of the footer.
async fn press(browser: &Browser<'_>, fields: &[(&str, &str)]) -> Reply {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let request = browser.request("POST", "/preferences").header("origin", ORIGIN);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    browser.exchange(request.body(Body::from(body)).unwrap()).await
}

/// A page for whose browser asks like this.
async fn accepting(browser: &Browser<'_>, path: &str, languages: &str) -> Reply {
    let request = browser.request("GET", path).header("accept-language", languages);
    browser.exchange(request.body(Body::empty()).unwrap()).await
}

#[track_caller]
fn is_in(reply: &Reply, tag: &str, words: &str) {
    assert_eq!(reply.header("content-language"), tag, "{}", reply.said());
    let page = reply.body.split_once("<html").and_then(|(_, rest)| rest.split('>').next()).unwrap_or_default();
    assert!(page.contains(&format!(" lang=\"{tag}\"")), "{}", reply.body);
    assert!(reply.body.contains(words), "{words}: {}", reply.body);
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_browser_asks_for() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    is_in(&browser.get("/login").await, "en", "Keep me signed in");
    is_in(&accepting(&browser, "/login", "ru-RU,ru;q=0.9,en;q=0.8").await, "ru", "Не выходить из системы");
    is_in(&accepting(&browser, "/login", "de-DE").await, "en", "Keep me signed in");
    let missing = accepting(&browser, "/no/such/page", "ru").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    is_in(&missing, "ru", "Страница не найдена");
}

#[tokio::test]
async fn the_operator_says_in_which_language_everybody_else_is_answered() {
    let app = TestApp::with(&[("LATCHKEY_LANGUAGE", "ru")]).await;
    let browser = app.browser(Door::Form);
    is_in(&browser.get("/login").await, "ru", "Не выходить из системы");
    is_in(&accepting(&browser, "/login", "en").await, "en", "Keep me signed in");
    let refused = app.api().get("/users/me").await.json();
    assert!(refused["detail"].as_str().unwrap().starts_with("Вход не выполнен."), "{refused}");
}

#[tokio::test]
async fn what_is_chosen_at_the_foot_of_a_page_stays_and_leads_back_to_it() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    let page = browser.get("/register?next=%2Fprofile&x=%22").await;
    assert!(page.body.contains("name=\"next\" value=\"/register?next=/profile\""), "{}", page.body);
    assert!(!page.body.contains("data-theme"), "{}", page.body);

    let back = press(&browser, &[("next", "/register?next=%2Fprofile"), ("language", "ru")]).await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/register?next=%2Fprofile"));
    let kept = back.set_cookies().join("\n");
    assert!(kept.contains("HttpOnly") && kept.contains("SameSite=Lax") && kept.contains("Max-Age=31536000"), "{kept}");
    is_in(&accepting(&browser, "/login", "en").await, "ru", "Не выходить из системы");

    for theme in ["dark", "light"] {
        assert_eq!(press(&browser, &[("theme", theme)]).await.header("location"), "/");
        let page = browser.get("/login").await;
        assert!(page.body.contains(&format!("data-theme=\"{theme}\"")), "{}", page.body);
        assert!(page.body.contains(&format!("content=\"{theme}\"")), "{}", page.body);
        is_in(&page, "ru", "Не выходить из системы");
    }
    press(&browser, &[("theme", "system")]).await;
    assert!(!browser.get("/login").await.body.contains("data-theme"));
}

#[tokio::test]
async fn a_choice_that_is_none_changes_nothing_and_leads_nowhere_else() {
    let app = TestApp::new().await;
    let browser = app.browser(Door::Form);
    for fields in [&[("next", "/login")][..], &[("language", "xx")], &[("language", "")], &[]] {
        let refused = press(&browser, fields).await;
        assert_eq!((refused.status, refused.set_cookies().len()), (StatusCode::BAD_REQUEST, 0), "{fields:?}");
    }
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let back = press(&browser, &[("next", next), ("language", "ru")]).await;
        assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/"), "WEB-5: {next}");
    }
    let foreign = browser.request("POST", "/preferences").header("origin", "https://evil.example");
    let foreign = foreign.header("content-type", "application/x-www-form-urlencoded");
    let refused = browser.exchange(foreign.body(Body::from("language=en")).unwrap()).await;
    assert_eq!((refused.status, refused.set_cookies().len()), (StatusCode::FORBIDDEN, 0), "WEB-1");
    is_in(&refused, "ru", "Не удалось прочитать запрос.");
}

#[tokio::test]
async fn a_refusal_is_in_the_same_language_at_every_door() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let wrong = [("username", "anna"), ("password", "canary-not-annas")];
    let short = [("username", "-"), ("email", "x"), ("password", "canary7")];
    for door in Door::ALL {
        let browser = app.browser(door);
        press(&browser, &[("language", "ru")]).await;
        let refused = browser.submit("sign_in", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(
            refused.body.contains("Имя пользователя, адрес почты или пароль неверны."),
            "{door:?}: {}",
            refused.body
        );
        let refused = browser.submit("registration", &short).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for sentence in ["Введите адрес вида name@example.com.", "Нужно не менее 8 символов."]
        {
            assert!(refused.body.contains(sentence), "{door:?}: {}", refused.body);
        }
    }
    let api = app.api();
    let ask = |languages: &'static str| {
        let request = api.request("POST", "/token").header("content-type", "application/json");
        let body = json!({"username": "anna", "password": "canary-not-annas"}).to_string();
        // The API takes no cookies, not even this one.
        let request = request.header("cookie", "latchkey-language=ru").header("accept-language", languages);
        app.send(request.body(Body::from(body)).unwrap())
    };
    for (languages, tag, detail) in [
        ("ru", "ru", "Неверное имя пользователя, адрес почты или пароль."),
        ("en", "en", "Incorrect username, e-mail address or password."),
        ("de", "en", "Incorrect username, e-mail address or password."),
    ] {
        let refused = ask(languages).await;
        assert_eq!(refused.header("content-language"), tag);
        assert_eq!(refused.json()["detail"], detail);
        assert_eq!(refused.json()["code"], "invalid_credentials", "programs read this");
    }
}
