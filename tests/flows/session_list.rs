//! The list of sessions: what it shows, what it ends, and that it is nobody else's.

use axum::body::Body;
use latchkey::domain::{AuthError, EndReason, Language, Role, text};
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, Who, Whose};
use latchkey::server::caller::Caller;
use latchkey::server::crypto::SessionKind;
use latchkey::server::session_list::service as session_list;
use latchkey::server::sessions::service as sessions;
use latchkey::server::store::{Ending, RoleChange, StandingChanges};
use serde_json::Value;

use crate::support::{Browser, Door, ORIGIN, TestApp, Verdict, log_contains};

const PASSWORD: &str = "canary-List-Kx7-pw";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
const DAY: i64 = 24 * 60 * 60;
const ACCESS_SECONDS: i64 = 600 + 5;

async fn sign_in(browser: &Browser<'_>, more: &[(&str, &str)]) {
    let fields: Vec<_> =
        [("username", "anna"), ("password", PASSWORD)].into_iter().chain(more.iter().copied()).collect();
    assert_eq!(browser.submit("sign_in", &fields).await.verdict(), Verdict::goes_to("/profile"));
}

/// Signs in as a browser that calls itself `agent`.
async fn sign_in_with(app: &TestApp, agent: &str) {
    let browser = app.browser(Door::Form);
    let request = browser.request("POST", paths::LOGIN).header("origin", ORIGIN).header("user-agent", agent);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let body = serde_urlencoded::to_string([("username", "anna"), ("password", PASSWORD)]).unwrap();
    assert_eq!(browser.exchange(request.body(Body::from(body)).unwrap()).await.status, 303);
}

async fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get("/").await.header("location") == "/profile"
}

/// Why those have ended that have, the last one first.
async fn gone(app: &TestApp) -> Vec<String> {
    app.advance(1);
    let sessions = app.api_as("anna", PASSWORD).await.sessions().await;
    sessions.iter().filter_map(|session| session["end_reason"].as_str().map(str::to_owned)).collect()
}

/// The id of the session that a browser's cookies belong to.
async fn id_of(app: &TestApp, browser: &Browser<'_>) -> String {
    app.state.keys.read(&browser.cookie("latchkey-access").unwrap()).await.unwrap().sid
}

#[tokio::test]
async fn ses_4_the_list_says_what_is_signed_in_from_where_and_since_when_and_marks_this_one() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    app.advance(60);
    sign_in_with(&app, FIREFOX).await;
    app.advance(60);
    sign_in_with(&app, "<script>alert(1)</script>").await;
    app.sql("update sessions set address = '203.0.113.7' where user_agent like 'Mozilla%'").await;
    let page = anna.get(paths::SESSIONS).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    for shown in
        ["Firefox on Linux", "203.0.113.7", "15 January 2027, 08:01 UTC", text::sessions::OTHERS.say(Language::English)]
    {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert_eq!(page.body.matches(text::sessions::THIS_ONE.say(Language::English)).count(), 1);
    assert_eq!(page.body.matches("name=\"session\"").count(), 2, "not this one, and not somebody else's");
    assert!(!page.body.contains("<script>alert"), "WEB-4: what a client calls itself is text");

    let client = app.api_as("anna", PASSWORD).await;
    let listed = client.sessions().await;
    let facts = |session: &Value| (session["kind"].clone(), session["client"].clone(), session["is_current"].clone());
    assert_eq!(facts(&listed[0]), ("api".into(), "Unknown device".into(), true.into()));
    assert_eq!(facts(&listed[2]), ("browser".into(), "Firefox on Linux".into(), false.into()));
    assert_eq!((&listed[2]["address"], &listed[2]["user_agent"]), (&"203.0.113.7".into(), &FIREFOX.into()));
    assert_eq!(listed[2]["created_at"], "2027-01-15T08:01:00Z");
    assert_eq!(listed[2]["expires_at"], "2027-01-16T08:01:00Z");
    assert_eq!(listed.len(), 4);
}

#[tokio::test]
async fn ses_4_a_session_that_is_ended_from_another_one_is_dead_at_every_door() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let here = app.register("anna", PASSWORD).await.at(door);
        let (there, third) = (app.browser(Door::Form), app.browser(Door::Form));
        sign_in(&there, &[]).await;
        sign_in(&third, &[]).await;
        let id = id_of(&app, &there).await;
        let ended = here.submit("sessions", &[("session", &id)]).await;
        assert_eq!(ended.verdict(), Verdict::goes_to(paths::SESSIONS));
        assert!(!is_signed_in(&there).await && is_signed_in(&third).await && is_signed_in(&here).await, "{door:?}");
        app.advance(ACCESS_SECONDS);
        assert!(!is_signed_in(&there).await, "nor does its refresh token help");
        let again = here.submit("sessions", &[("session", &id)]).await;
        assert_eq!(again.verdict(), Verdict::goes_to(paths::SESSIONS), "twice is fine");
        assert!(
            here.get(paths::SESSIONS)
                .await
                .body
                .contains(text::sessions::reason(EndReason::EndedElsewhere).say(Language::English))
        );
    }
}

#[tokio::test]
async fn ses_4_a_client_of_the_api_ends_sessions_too() {
    let app = TestApp::new().await;
    let browser = app.register("anna", PASSWORD).await;
    let (one, two) = (app.api_as("anna", PASSWORD).await, app.api_as("anna", PASSWORD).await);
    let listed = one.sessions().await;
    let other = listed.iter().find(|session| session["kind"] == "api" && session["is_current"] == false).unwrap();
    assert_eq!(one.end_session(other["id"].as_str().unwrap()).await.status, 204);
    let refused = two.get(paths::api::ME).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].clone()), (401, "session_ended".into()));
    assert_eq!(two.refresh().await.status, 401);
    assert!(is_signed_in(&browser).await);
    assert_eq!(one.end_session(listed[0]["id"].as_str().unwrap()).await.status, 204, "its own: it signs out");
    assert_eq!(one.get(paths::api::ME).await.status, 401);
    assert_eq!(one.refresh().await.status, 401);
}

#[tokio::test]
async fn out_2_somebody_signs_out_everywhere_else() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let here = app.register("anna", PASSWORD).await.at(door);
        let boris = app.register("boris", PASSWORD).await;
        let others: Vec<_> = (0..4).map(|_| app.browser(Door::Form)).collect();
        for other in &others {
            sign_in(other, &[]).await;
        }
        let client = app.api_as("anna", PASSWORD).await;
        assert_eq!(here.submit("sessions", &[("others", "yes")]).await.verdict(), Verdict::goes_to(paths::SESSIONS));
        for other in &others {
            assert!(!is_signed_in(other).await, "{door:?}");
        }
        assert_eq!(
            (client.get(paths::api::ME).await.status.as_u16(), client.refresh().await.status.as_u16()),
            (401, 401)
        );
        assert!(is_signed_in(&here).await && is_signed_in(&boris).await);
        let page = here.get(paths::SESSIONS).await.body;
        assert!(
            page.contains(text::sessions::ONLY_HERE.say(Language::English))
                && !page.contains(text::sessions::OTHERS.say(Language::English))
        );
    }
}

#[tokio::test]
async fn ses_4_ending_the_session_that_asks_is_signing_out() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let id = id_of(&app, &anna).await;
        assert_eq!(anna.submit("sessions", &[("session", &id)]).await.verdict(), Verdict::goes_to("/login"));
        assert_eq!((anna.cookie("latchkey-access"), anna.cookie("latchkey-refresh")), (None, None), "{door:?}");
        assert_eq!(app.text("select end_reason from sessions").await, "signed_out");
    }
}

#[tokio::test]
async fn auz_2_a_session_of_somebody_else_is_one_that_is_not_there() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let boris = app.register("boris", PASSWORD).await;
        let id = id_of(&app, &boris).await;
        let foreign = anna.submit("sessions", &[("session", &id)]).await;
        let unknown = anna.submit("sessions", &[("session", "AAAAAAAAAAAAAAAAAAAAAA")]).await;
        assert_eq!(foreign.verdict(), Verdict::Refused(AuthError::NotFound));
        assert_eq!((foreign.status, foreign.verdict()), (unknown.status, unknown.verdict()));
        assert!(is_signed_in(&boris).await, "{door:?}");
        let client = app.api_as("anna", PASSWORD).await;
        assert_eq!(client.end_session(&id).await.status, 404);
        assert!(is_signed_in(&boris).await);
    }
}

#[tokio::test]
async fn every_way_in_which_a_session_ends_is_told_with_its_reason() {
    let app = TestApp::new().await;
    let first = app.register("anna", PASSWORD).await;
    first.submit("sign_out", &[]).await;
    assert_eq!(gone(&app).await, ["signed_out"]);
    // Signing in where somebody was signed in.
    let replaced = app.browser(Door::Form);
    sign_in(&replaced, &[]).await;
    sign_in(&replaced, &[]).await;
    assert_eq!(gone(&app).await[0], "replaced");
    // A copy of an old refresh token.
    let copy = replaced.at(Door::Form);
    app.advance(ACCESS_SECONDS);
    assert!(is_signed_in(&replaced).await);
    app.advance(ACCESS_SECONDS);
    assert!(is_signed_in(&replaced).await && !is_signed_in(&copy).await);
    assert_eq!(gone(&app).await[0], "reuse");
    // A new password, by its owner and by a link.
    let client = app.api_as("anna", PASSWORD).await;
    sign_in(&app.browser(Door::Form), &[]).await;
    let same = serde_json::json!({"current_password": PASSWORD, "new_password": PASSWORD});
    assert_eq!(client.post(paths::api::MY_PASSWORD, &same).await.status, 204);
    assert_eq!(gone(&app).await[0], "password_changed");
    let link = app.link_holder("anna", Door::Form).await;
    link.set_password("anna", PASSWORD).await;
    assert_eq!(gone(&app).await[0], "password_link");
}

#[tokio::test]
async fn what_administrators_and_time_end_is_told_with_its_reason() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    // What administrators do.
    let who = Who::Name("anna");
    let operator = &Caller::operator();
    accounts::sign_out(&app.state, operator, Whose::Account(who)).await.unwrap();
    assert_eq!(gone(&app).await[0], "ended_by_admin");
    for (changes, reason) in [
        (StandingChanges::roles(RoleChange::Grant(Role::ADMIN)), "role_granted"),
        (StandingChanges::active(false), "disabled"),
    ] {
        app.advance(1);
        if reason == "disabled" {
            app.register("boris", PASSWORD).await;
            accounts::update(
                &app.state,
                operator,
                (Who::Name("boris"), StandingChanges::roles(RoleChange::Grant(Role::ADMIN))),
            )
            .await
            .unwrap();
        }
        accounts::update(&app.state, operator, (who, changes)).await.unwrap();
        accounts::update(&app.state, operator, (who, StandingChanges::active(true))).await.unwrap();
        assert_eq!(gone(&app).await[0], reason);
    }
    app.advance(1);
    accounts::update(&app.state, operator, (who, StandingChanges::roles(RoleChange::Revoke(Role::ADMIN))))
        .await
        .unwrap();
    assert_eq!(gone(&app).await[0], "role_revoked");
    // Time.
    let (idle, busy) = (app.browser(Door::Form), app.browser(Door::Form));
    sign_in(&idle, &[]).await;
    sign_in(&busy, &[("keep", "yes")]).await;
    for _ in 0..9 {
        app.advance(10 * DAY);
        is_signed_in(&busy).await;
    }
    assert_eq!(gone(&app).await[0], "too_old");
    sign_in(&app.browser(Door::Form), &[]).await;
    app.advance(DAY);
    assert_eq!(gone(&app).await[0], "idle");
}

#[tokio::test]
async fn ref_1_a_stolen_session_is_shown_with_what_to_do() {
    let app = TestApp::new().await;
    let stolen = app.register("anna", PASSWORD).await;
    let thief = stolen.at(Door::Form);
    app.advance(ACCESS_SECONDS);
    assert!(is_signed_in(&stolen).await);
    app.advance(ACCESS_SECONDS);
    assert!(!is_signed_in(&thief).await && !is_signed_in(&stolen).await);
    let account = app.account_id("anna").await;
    assert!(log_contains(&format!("an old refresh token of account {account} came back; its session ends")));
    sign_in(&stolen, &[]).await;
    let page = stolen.get(paths::SESSIONS).await.body;
    assert!(
        page.contains(text::sessions::reason(EndReason::Reuse).say(Language::English))
            && page.contains(text::sessions::CHANGE_PASSWORD.say(Language::English))
    );
    assert!(page.contains("href=\"/profile#password-heading\""));
    assert!(stolen.get(paths::PROFILE).await.body.contains("id=\"password-heading\""), "the link leads somewhere");
}

#[tokio::test]
async fn ses_3_who_wishes_to_stay_signed_in_stays_for_two_weeks_without_use_and_ninety_days_in_all() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let (kept, idle) = (app.browser(door), app.browser(door));
        let sign_in = [("username", "anna"), ("password", PASSWORD), ("keep", "yes")];
        let reply = kept.submit("sign_in", &sign_in).await;
        let ours = |cookie: &&str| cookie.starts_with("latchkey-access") || cookie.starts_with("latchkey-refresh");
        let cookies: Vec<_> = reply.set_cookies().into_iter().filter(ours).map(str::to_owned).collect();
        assert!(cookies.len() == 2 && cookies.iter().all(|cookie| cookie.contains("Max-Age=1209600")), "{cookies:?}");
        idle.submit("sign_in", &sign_in).await;
        app.advance(14 * DAY - 1);
        let page = kept.get(paths::SESSIONS).await;
        assert!(page.body.contains(text::sessions::KEPT.say(Language::English)), "{door:?}");
        let renewed: Vec<_> = page.set_cookies().into_iter().filter(ours).collect();
        assert!(renewed.len() == 2 && renewed.iter().all(|cookie| cookie.contains("Max-Age=1209600")), "{renewed:?}");
        app.advance(1);
        assert!(!is_signed_in(&idle).await, "{door:?}");
        for _ in 0..75 {
            app.advance(DAY);
            assert!(is_signed_in(&kept).await, "{door:?}");
        }
        app.advance(DAY);
        assert!(!is_signed_in(&kept).await, "90 days are enough at {door:?}");
    }
}

#[tokio::test]
async fn a_browser_that_nobody_told_to_keep_its_session_forgets_it_when_it_is_closed() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        for keep in ["", "no", "YES"] {
            let fields = [("username", "anna"), ("password", PASSWORD), ("keep", keep)];
            let reply = app.browser(door).submit("sign_in", &fields).await;
            let tokens = reply
                .set_cookies()
                .into_iter()
                .filter(|cookie| cookie.starts_with("latchkey-access") || cookie.starts_with("latchkey-refresh"));
            assert!(
                tokens.map(|cookie| assert!(!cookie.contains("Max-Age"), "{cookie}")).count() == 2,
                "{keep:?} at {door:?}"
            );
        }
    }
    // A refused form keeps the tick.
    let app = TestApp::new().await;
    let fields = [("username", "anna"), ("password", PASSWORD), ("keep", "yes")];
    let refused = app.browser(Door::Form).submit("sign_in", &fields).await.body;
    let tick = refused.split("name=\"keep\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(tick.contains("checked"), "{tick}");
}

#[tokio::test]
async fn ses_3_the_limits_are_settings() {
    let app = TestApp::with(&[
        ("LATCHKEY_SESSION_IDLE_HOURS", "2"),
        ("LATCHKEY_SESSION_KEPT_DAYS", "3"),
        ("LATCHKEY_SESSION_API_DAYS", "1"),
        ("LATCHKEY_SESSION_MAX_DAYS", "4"),
    ])
    .await;
    let plain = app.register("anna", PASSWORD).await;
    let (kept, busy) = (app.browser(Door::Form), app.browser(Door::Form));
    sign_in(&kept, &[("keep", "yes")]).await;
    sign_in(&busy, &[("keep", "yes")]).await;
    let client = app.api_as("anna", PASSWORD).await;
    app.advance(2 * 60 * 60 - 1);
    assert!(is_signed_in(&plain).await);
    app.advance(2 * 60 * 60);
    assert!(!is_signed_in(&plain).await, "two hours without use");
    app.advance(DAY - 4 * 60 * 60);
    assert_eq!(client.refresh().await.status, 200);
    app.advance(DAY);
    assert_eq!(client.refresh().await.status, 401, "a day without use");
    assert!(is_signed_in(&busy).await);
    app.advance(DAY + 1);
    assert!(!is_signed_in(&kept).await && is_signed_in(&busy).await, "three days without use");
    app.advance(DAY);
    assert!(!is_signed_in(&busy).await, "four days in all");
}

#[tokio::test]
async fn ses_2_who_becomes_an_administrator_signs_in_anew() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    let anna = app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    let grant = |role: &str| (Who::Name("anna"), StandingChanges::roles(RoleChange::Grant(Role::parse(role).unwrap())));
    accounts::update(&app.state, &Caller::operator(), grant("editor")).await.unwrap();
    assert!(is_signed_in(&anna).await && client.get(paths::api::ME).await.status == 200, "any other role");
    accounts::update(&app.state, &Caller::operator(), grant("admin")).await.unwrap();
    assert!(!is_signed_in(&anna).await, "a session that was planted before");
    assert_eq!((client.get(paths::api::ME).await.status.as_u16(), client.refresh().await.status.as_u16()), (401, 401));
    let client = app.api_as("anna", PASSWORD).await;
    accounts::update(&app.state, &Caller::operator(), grant("admin")).await.unwrap();
    assert_eq!(client.get(paths::api::USERS).await.status, 200, "what is so already ends nothing");
}

#[tokio::test]
async fn ses_4_an_administrator_sees_and_ends_anyone_s_sessions() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    let bystander = app.register("boris", PASSWORD).await;
    app.register("clara", PASSWORD).await;
    let grant = StandingChanges::roles(RoleChange::Grant(Role::ADMIN));
    accounts::update(&app.state, &Caller::operator(), (Who::Name("clara"), grant)).await.unwrap();
    let admin = app.api_as("clara", PASSWORD).await;
    let path = paths::api::USER_SESSIONS.replace("{id}", &app.account_id("anna").await.to_string());
    let listed = admin.get(&path).await.json()["items"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|session| session["is_current"] == false && session["ended_at"].is_null()));
    assert_eq!(admin.call("DELETE", &path).await.status, 204);
    assert!(!is_signed_in(&anna).await && is_signed_in(&bystander).await);
    assert_eq!((client.get(paths::api::ME).await.status.as_u16(), client.refresh().await.status.as_u16()), (401, 401));
    assert!(
        admin.get(&path).await.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|session| session["end_reason"] == "ended_by_admin")
    );
    assert_eq!(admin.get(paths::api::ME).await.status, 200);
}

#[tokio::test]
async fn jwt_6_who_was_signed_out_in_the_meantime_ends_nobody_s_sessions() {
    let app = TestApp::new().await;
    let (anna, client) = (app.register("anna", PASSWORD).await, app.api_as("anna", PASSWORD).await);
    let admin = app.api_as("anna", PASSWORD).await;
    let believed = sessions::by_access_token(&app.state, &client.access_token(), SessionKind::Api).await.unwrap();
    let held = Caller { session: Some(believed), ..Caller::default() };
    client.call("POST", paths::api::LOGOUT).await;
    let id = id_of(&app, &anna).await;
    for which in [Ending::Others, Ending::One(&id)] {
        assert_eq!(session_list::end(&app.state, &held, which).await, Err(AuthError::Unauthenticated));
    }
    assert!(is_signed_in(&anna).await);
    // An administrator's request that arrives after the role is gone.
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts").await;
    let believed = sessions::by_access_token(&app.state, &admin.access_token(), SessionKind::Api).await.unwrap();
    let held = Caller { session: Some(believed), ..Caller::default() };
    app.sql("delete from account_roles").await;
    for whose in [Whose::Everybody, Whose::Account(Who::Name("anna"))] {
        assert_eq!(accounts::sign_out(&app.state, &held, whose).await, Err(AuthError::SessionEnded));
    }
    assert!(is_signed_in(&anna).await);
}

#[tokio::test]
async fn sessions_that_have_ended_do_not_pile_up() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let script = app.browser(Door::Rpc);
    for _ in 0..110 {
        app.advance(60);
        sign_in(&script, &[]).await;
    }
    let gone = "select count(*) from sessions where ended_at is not null";
    assert_eq!(app.count(gone).await, 100);
    assert_eq!(app.api_as("anna", PASSWORD).await.sessions().await.len(), 3 + 20, "the list stays short");
    app.advance(40 * DAY);
    sign_in(&script, &[]).await;
    assert_eq!(app.count("select count(*) from sessions").await, 1, "a month after they ended all are forgotten");
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test]
async fn sessions_whose_time_has_run_out_crowd_nobody_out() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.advance(1);
    let kept = app.browser(Door::Form);
    sign_in(&kept, &[("keep", "yes")]).await;
    for _ in 0..49 {
        app.advance(1);
        sign_in(&app.browser(Door::Rpc), &[]).await;
    }
    app.advance(DAY + 1);
    for _ in 0..40 {
        app.advance(1);
        sign_in(&app.browser(Door::Rpc), &[]).await;
    }
    assert!(is_signed_in(&kept).await, "fifty that nobody used were none");
    assert_eq!(app.count("select count(*) from sessions where end_reason = 'crowded'").await, 1, "of the first day");
}

#[tokio::test]
async fn api_4_what_can_be_no_session_s_name_is_none() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    for id in ["\0", "a\0b", "\u{e9}", "a b", "..", &"A".repeat(33), &"A".repeat(64)] {
        assert_eq!(client.end_session(id).await.status, 404, "{id:?}");
    }
}

#[tokio::test]
async fn out_1_the_browser_is_told_to_forget_the_pages_it_has_seen_and_no_more() {
    for door in Door::ALL {
        for (form, fields) in
            [("sign_out", vec![]), ("deletion", vec![("current_password", PASSWORD), ("confirm", "yes")])]
        {
            let app = TestApp::new().await;
            let anna = app.register("anna", PASSWORD).await.at(door);
            assert_eq!(anna.submit("details", &[("first_name", "Anna")]).await.header("clear-site-data"), "");
            let reply = anna.submit(form, &fields).await;
            assert_eq!(reply.header("clear-site-data"), "\"cache\"", "{form} at {door:?}");
            let cleared = reply.set_cookies();
            let issued = ["latchkey-access", "latchkey-refresh"];
            for name in issued {
                let cookie = cleared.iter().find(|cookie| cookie.starts_with(name)).unwrap();
                for attribute in ["Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"] {
                    assert!(cookie.contains(attribute), "a cookie is cleared by its own attributes: {cookie}");
                }
            }
        }
    }
}
