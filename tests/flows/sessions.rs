//! The life of a session: carried on, shared by tabs, stolen, ended.

use axum::http::StatusCode;

use crate::support::{Browser, Door, Kind, TestApp, Verdict, connect};

const PASSWORD: &str = "canary-Sessions-Kx7-pw";
const NEW_PASSWORD: &str = "canary-Sessions-Qz3-pw";
const ACCESS: &str = "latchkey-access";
const REFRESH: &str = "latchkey-refresh";
const ACCESS_SECONDS: i64 = 600 + 5;
const DAY: i64 = 24 * 60 * 60;

async fn is_signed_in(browser: &Browser<'_>) -> bool {
    // The start page only sends on: a hundred of these do not wait for each other's rendering.
    let reply = browser.get("/").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.said());
    reply.header("location") == "/profile"
}

#[tokio::test]
async fn an_expired_access_token_is_renewed_and_both_cookies_change() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let (access, refresh) = (anna.cookie(ACCESS), anna.cookie(REFRESH));
    assert!(anna.get("/profile").await.set_cookies().iter().all(|c| !c.contains("access") && !c.contains("refresh")));
    app.advance(ACCESS_SECONDS);
    assert!(is_signed_in(&anna).await);
    assert_ne!((access, refresh), (anna.cookie(ACCESS), anna.cookie(REFRESH)));
    assert!(is_signed_in(&anna).await, "the new access token works by itself");
}

#[tokio::test]
async fn ref_3_a_tab_that_lost_the_race_gets_the_same_successor() {
    let app = TestApp::new().await;
    let first = app.register("anna", PASSWORD).await;
    app.advance(ACCESS_SECONDS);
    let second = first.at(Door::Form);
    assert!(is_signed_in(&first).await);
    app.advance(9);
    assert!(is_signed_in(&second).await);
    assert_eq!(first.cookie(REFRESH), second.cookie(REFRESH));
}

#[tokio::test]
async fn ref_1_and_ref_4_an_old_token_after_the_grace_ends_the_session() {
    let app = TestApp::new().await;
    let owner = app.register("anna", PASSWORD).await;
    app.advance(ACCESS_SECONDS);
    let thief = owner.at(Door::Form);
    assert!(is_signed_in(&owner).await);
    app.advance(10);
    assert!(!is_signed_in(&thief).await);
    assert!(!is_signed_in(&owner).await, "nobody can tell which of the two is the thief");
    assert_eq!(app.text("select end_reason from sessions").await, "reuse");
}

#[tokio::test]
async fn ref_1_signing_out_or_in_with_an_old_token_ends_the_session_too() {
    for (door, form) in
        [(Door::Form, "sign_out"), (Door::Rpc, "sign_out"), (Door::Form, "sign_in"), (Door::Rpc, "sign_in")]
    {
        let app = TestApp::new().await;
        let owner = app.register("anna", PASSWORD).await.at(door);
        app.advance(ACCESS_SECONDS);
        let thief = owner.at(Door::Form);
        assert!(is_signed_in(&thief).await);
        app.advance(11);
        owner.submit(form, &[("username", "anna"), ("password", PASSWORD)]).await;
        assert!(!is_signed_in(&thief).await, "{form} at {door:?}");
    }
}

#[tokio::test]
async fn a_grace_of_zero_seconds_allows_no_second_use() {
    let app = TestApp::with(&[("LATCHKEY_REFRESH_GRACE", "0")]).await;
    let owner = app.register("anna", PASSWORD).await;
    app.advance(ACCESS_SECONDS);
    let second = owner.at(Door::Form);
    assert!(is_signed_in(&owner).await);
    assert!(!is_signed_in(&second).await);
}

#[tokio::test]
async fn ref_2_a_hundred_refreshes_of_one_token_have_one_successor() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    app.advance(ACCESS_SECONDS);
    let tabs: Vec<_> = (0..100).map(|_| anna.at(Door::Form)).collect();
    let signed_in = futures_util::future::join_all(tabs.iter().map(is_signed_in)).await;
    assert!(signed_in.iter().all(|signed_in| *signed_in));
    assert!(tabs.iter().all(|tab| tab.cookie(REFRESH) == tabs[0].cookie(REFRESH)));
    assert_eq!(app.count("select counter from sessions").await, 1);
}

#[tokio::test]
async fn a_token_ahead_of_a_database_that_failed_over_is_taken() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    for _ in 0..3 {
        app.advance(ACCESS_SECONDS);
        assert!(is_signed_in(&anna).await);
    }
    app.sql("update sessions set counter = 1").await;
    app.advance(ACCESS_SECONDS);
    assert!(is_signed_in(&anna).await);
    assert_eq!(app.count("select counter from sessions").await, 4);
}

#[tokio::test]
async fn ses_3_a_session_ends_when_it_is_idle_and_at_its_absolute_limit() {
    let app = TestApp::new().await;
    let idle = app.register("anna", PASSWORD).await;
    let busy = app.register("boris", PASSWORD).await;
    app.advance(DAY - 1);
    assert!(is_signed_in(&busy).await);
    app.advance(1);
    assert!(!is_signed_in(&idle).await);
    // Used every day, but for the access token's lifetime, which idleness is measured in.
    const STEP: i64 = DAY - 700;
    for _ in 0..89 {
        app.advance(STEP);
        assert!(is_signed_in(&busy).await);
    }
    app.advance(89 * (DAY - STEP) - 1);
    assert!(is_signed_in(&busy).await);
    app.advance(1);
    assert!(!is_signed_in(&busy).await, "90 days are enough");
}

#[tokio::test]
async fn out_1_signing_out_ends_the_session_for_every_copy_of_its_tokens() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let copy = anna.at(Door::Form);
        app.advance(if door == Door::Form { 0 } else { ACCESS_SECONDS });
        assert_eq!(anna.submit("sign_out", &[]).await.verdict(), Verdict::goes_to("/login"));
        assert_eq!((anna.cookie(ACCESS), anna.cookie(REFRESH)), (None, None));
        assert!(!is_signed_in(&copy).await, "{door:?}");
        app.advance(ACCESS_SECONDS);
        assert!(!is_signed_in(&copy).await, "{door:?}");
        assert_eq!(app.text("select end_reason from sessions").await, "signed_out");
    }
}

#[tokio::test]
async fn out_3_a_sign_out_that_failed_is_not_reported_as_one() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let (stuck, again) = match Kind::of_this_run() {
            Kind::Sqlite => (
                "create trigger stuck before update on sessions begin select raise(abort, 'canary-in-sql'); end",
                "drop trigger stuck",
            ),
            Kind::Postgres => (
                "create function stuck() returns trigger language plpgsql as \
                 $$ begin raise exception 'canary-in-sql'; end $$; \
                 create trigger stuck before update on sessions for each row execute function stuck()",
                "drop trigger stuck on sessions",
            ),
            Kind::MariaDb => (
                "create trigger stuck before update on sessions for each row \
                 signal sqlstate '45000' set message_text = 'canary-in-sql'",
                "drop trigger stuck",
            ),
        };
        let mut database = connect(&app.database).await;
        sqlx::raw_sql(stuck).execute(&mut database).await.unwrap();
        let reply = anna.submit("sign_out", &[]).await;
        assert_eq!((reply.status, reply.set_cookies().len()), (StatusCode::INTERNAL_SERVER_ERROR, 0), "{door:?}");
        assert!(!reply.said().contains("canary-in-sql") && !reply.body.contains("Page not found"), "{door:?}");
        assert!(!reply.header("content-security-policy").is_empty());
        sqlx::raw_sql(again).execute(&mut database).await.unwrap();
        assert!(is_signed_in(&anna).await, "{door:?}");
    }
}

#[tokio::test]
async fn ses_6_the_next_person_in_the_same_browser_sees_nothing_of_the_last() {
    let app = TestApp::new().await;
    app.register("boris", NEW_PASSWORD).await;
    let shared = app.register("anna", PASSWORD).await;
    shared.submit("sign_out", &[]).await;
    shared.submit("sign_in", &[("username", "boris"), ("password", NEW_PASSWORD)]).await;
    let page = shared.get("/profile").await;
    assert!(page.body.contains("boris@example.com") && !page.body.contains("anna"));
}

#[tokio::test]
async fn rst_1_and_ses_2_a_new_password_ends_every_session_and_begins_a_new_one_here() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let here = app.register("anna", PASSWORD).await.at(door);
        let copy = here.at(Door::Form);
        let elsewhere = app.browser(Door::Form);
        elsewhere.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert!(is_signed_in(&elsewhere).await);
        let fields = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
        assert_eq!(here.submit("password", &fields).await.verdict(), Verdict::goes_to("/profile"));
        assert!(is_signed_in(&here).await && !is_signed_in(&elsewhere).await, "{door:?}");
        assert!(!is_signed_in(&copy).await, "SES-2: a copy of the old tokens is out at {door:?}");
        let visitor = app.browser(door);
        let old = visitor.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert!(matches!(old.verdict(), Verdict::Refused(_)));
        let new = visitor.submit("sign_in", &[("username", "anna"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(new.verdict(), Verdict::goes_to("/profile"));
    }
}

#[tokio::test]
async fn ses_2_signing_in_again_ends_the_session_that_was_there() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let planted = anna.at(Door::Form);
        anna.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert!(is_signed_in(&anna).await && !is_signed_in(&planted).await, "{door:?}");
    }
}

#[tokio::test]
async fn prv_2_a_deleted_account_leaves_nothing_and_its_tokens_are_nobody() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let copy = anna.at(Door::Form);
        anna.submit("deletion", &[("current_password", PASSWORD), ("confirm", "yes")]).await;
        assert!(!is_signed_in(&copy).await, "{door:?}");
        for query in
            ["select count(*) from accounts", "select count(*) from sessions", "select count(*) from account_roles"]
        {
            assert_eq!(app.count(query).await, 0, "{query}");
        }
        app.register("anna", NEW_PASSWORD).await;
        assert!(!is_signed_in(&copy).await, "a new account of that name inherits nothing");
    }
}

#[tokio::test]
async fn jwt_6_a_disabled_account_is_out_at_once() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    app.sql("update accounts set is_active = 0").await;
    assert!(!is_signed_in(&anna).await);
    app.advance(ACCESS_SECONDS);
    assert!(!is_signed_in(&anna).await, "nor does its refresh token help");
    let reply = anna.at(Door::Rpc).submit("details", &[("username", "anna9")]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_fifty_first_session_ends_the_oldest() {
    let app = TestApp::new().await;
    let oldest = app.register("anna", PASSWORD).await;
    let second = app.browser(Door::Form);
    for number in 0..50 {
        app.advance(1);
        let fresh = app.browser(Door::Form);
        let browser = if number == 0 { &second } else { &fresh };
        browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    }
    assert!(!is_signed_in(&oldest).await && is_signed_in(&second).await);
    assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 50);
}

#[tokio::test]
async fn ref_6_a_dump_of_the_database_cannot_sign_in() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It is about a file.
    }
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let refresh = anna.cookie(REFRESH).unwrap();
    let mac = refresh.rsplit('.').next().unwrap();
    for file in ["latchkey.db", "latchkey.db-wal"] {
        let dump = std::fs::read(app.folder.path().join(file)).unwrap();
        let holds = |needle: &str| dump.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!holds(mac) && !holds(PASSWORD), "{file}");
    }
}

#[tokio::test]
async fn avl_4_without_a_database_the_answer_is_503_and_no_cookie_is_touched() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    app.state.store.close().await;
    for path in ["/profile", "/login", "/"] {
        let reply = anna.get(path).await;
        assert_eq!((reply.status, reply.set_cookies().len()), (StatusCode::SERVICE_UNAVAILABLE, 0), "{path}");
    }
    for door in Door::ALL {
        let visitor = app.browser(door);
        let reply = visitor.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert_eq!((reply.status, reply.set_cookies().len()), (StatusCode::SERVICE_UNAVAILABLE, 0), "{door:?}");
    }
}

#[tokio::test]
async fn the_token_pages_use_says_what_the_design_promises() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let token = anna.cookie(ACCESS).unwrap();
    let claims = app.state.keys.verify(&token).await.unwrap();
    let id = app.count("select id from accounts").await.to_string();
    assert_eq!((claims.sub, claims.username.as_str(), claims.client_id.as_str()), (id, "anna", "latchkey"));
    assert_eq!((claims.exp - claims.iat, claims.auth_time), (600, app.now().as_seconds()));
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), jsonwebtoken::Algorithm::EdDSA));
}
