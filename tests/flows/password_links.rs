//! The life of a password link: made, looked at, used once, void.

mod browser;
mod races;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures_util::future::join_all;
use latchkey::domain::{AccountId, AuthError, Field, NewPassword, Password, Problem, Timestamp};
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, Who};
use latchkey::server::caller::Caller;
use latchkey::server::crypto::{LinkToken, SessionKind};
use latchkey::server::password_links::service::{self, LIFETIME_SECONDS};
use latchkey::server::sessions::service as sessions;
use latchkey::server::store::StandingChanges;

use crate::support::{Browser, Door, Kind, ORIGIN, PATIENT, Reply, START, TestApp, Verdict};

const PASSWORD: &str = "canary-Links-Kx7-pw";
const NEW_PASSWORD: &str = "canary-Links-Qz3-pw";
const OTHER_PASSWORD: &str = "canary-Links-Vw9-pw";
const COOKIE: &str = "latchkey-password-link";
const ACCESS_SECONDS: i64 = 600 + 5;
const LINKS: &str = "select count(*) from password_links";

fn expired() -> Verdict {
    Verdict::Refused(AuthError::LinkExpired)
}

async fn set(browser: &Browser<'_>, password: &str) -> Reply {
    browser.set_password("anna", password).await
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let reply = app.browser(Door::Rpc).submit("sign_in", &[("username", "anna"), ("password", password)]).await;
    assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&reply.status), "{}", reply.said());
    reply.status == StatusCode::OK
}

async fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get(paths::PROFILE).await.status == StatusCode::OK
}

/// Neither the page nor the form at either door takes this browser's link, and the old password still signs in.
async fn expect_dead(app: &TestApp, holder: &Browser<'_>, why: &str) {
    let page = holder.get(paths::SET_PASSWORD).await;
    assert_eq!((page.status, page.verdict()), (StatusCode::GONE, expired()), "{why}");
    for shown in ["id=\"set_password\"", "For the account"] {
        assert!(!page.body.contains(shown), "{why}: {shown}");
    }
    for door in Door::ALL {
        let reply = set(&holder.at(door), OTHER_PASSWORD).await;
        assert_eq!((reply.status, reply.verdict()), (StatusCode::GONE, expired()), "{why} at {door:?}");
    }
    assert!(!signs_in(app, OTHER_PASSWORD).await, "{why}");
}

#[tokio::test]
async fn rst_3_and_rst_7_a_link_sets_the_password_once_and_signs_nobody_in() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        app.advance(60);
        let holder = app.link_holder("anna", door).await;
        assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
        assert_eq!((holder.cookie("latchkey-access"), holder.cookie("latchkey-refresh")), (None, None), "{door:?}");
        assert_eq!(holder.cookie(COOKIE), None, "the token is of no more use");
        assert!(!is_signed_in(&holder).await, "{door:?}");
        assert!(holder.get("/login").await.body.contains("Your password is set. Sign in with it."));
        assert!(signs_in(&app, NEW_PASSWORD).await && !signs_in(&app, PASSWORD).await, "{door:?}");
        assert_eq!(app.count(LINKS).await, 0);
        assert_eq!(app.count("select updated_at from accounts").await, app.now().as_micros());
    }
}

#[tokio::test]
async fn rst_3_a_used_link_is_dead_for_every_copy_of_it() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    let copy = holder.at(Door::Rpc);
    set(&holder, NEW_PASSWORD).await;
    expect_dead(&app, &copy, "used").await;
}

#[tokio::test]
async fn rst_3_twenty_uses_at_once_have_one_winner() {
    for _ in 0..5 {
        let app = TestApp::with(&PATIENT).await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", Door::Form).await;
        let passwords: Vec<_> = (0..20).map(|number| format!("canary-Links-racer-{number:02}")).collect();
        let uses = passwords.iter().enumerate().map(|(number, password)| {
            let browser = holder.at(Door::ALL[number % 2]);
            async move { set(&browser, password).await.verdict() }
        });
        let verdicts = join_all(uses).await;
        let winners: Vec<_> = (0..20).filter(|n| verdicts[*n] == Verdict::goes_to("/login")).collect();
        assert_eq!(winners.len(), 1, "{verdicts:?}");
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == expired()).count(), 19, "{verdicts:?}");
        for (number, password) in passwords.iter().enumerate() {
            assert_eq!(signs_in(&app, password).await, winners.contains(&number), "{number}");
        }
    }
}

/// What the service has looked up may have changed until it writes: the write itself asks again, and all or nothing of it
/// is kept.
#[tokio::test]
async fn rst_3_and_rst_7_the_write_believes_nothing_that_was_true_before() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    let token = app.link_holder("anna", Door::Form).await.cookie(COOKIE).unwrap();
    let [anna, boris] = [app.account_id("anna").await, app.account_id("boris").await].map(AccountId::from_stored);
    let other = app.state.link_key.hash(&LinkToken::generate().unwrap());
    let token = app.state.link_key.hash(&LinkToken::parse(&token).unwrap());
    let password = NewPassword::parse(Password::new(NEW_PASSWORD.to_owned()), app.state.password_policy()).unwrap();
    let hash = app.state.hasher.hash(&password).await.unwrap();
    let (now, late) = (app.now(), app.now().plus_seconds(LIFETIME_SECONDS));
    let all = "select a.username, a.password_hash, a.is_active, a.updated_at, s.id, s.ended_at, l.token_hash from accounts a \
               join sessions s on s.account_id = a.id left join password_links l on l.account_id = a.id order by a.id, s.id";
    for (is_active, account, token, now, why) in [
        (true, anna, &token, late, "too old"),
        (true, anna, &other, now, "another link"),
        (true, boris, &token, now, "another account"),
        (false, anna, &token, now, "disabled"),
    ] {
        if !is_active {
            app.sql("update accounts set is_active = 0").await;
        }
        let before = app.lines(all).await;
        let used = app.state.store.use_password_link(account, token, &hash, now).await.unwrap();
        assert!(!used && app.lines(all).await == before, "{why}");
    }
    app.sql("update accounts set is_active = 1").await;
    assert!(app.state.store.use_password_link(anna, &token, &hash, now).await.unwrap());
    assert!(signs_in(&app, NEW_PASSWORD).await);
}

#[tokio::test]
async fn rst_3_a_link_works_for_thirty_minutes_and_not_a_second_more() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let (in_time, late) = (app.link_holder("anna", door).await, app.browser(door));
        app.advance(30 * 60 - 1);
        assert_eq!(in_time.get(paths::SET_PASSWORD).await.status, StatusCode::OK);
        assert_eq!(set(&in_time, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
        late.get(&app.try_link("anna").await.unwrap()).await;
        app.advance(30 * 60);
        expect_dead(&app, &late, "too old").await;
    }
}

#[tokio::test]
async fn rst_3_a_newer_link_a_new_password_and_a_new_address_each_void_it() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let first = app.link_holder("anna", Door::Form).await;
    let second = app.link_holder("ANNA@example.com", Door::Form).await;
    expect_dead(&app, &first, "replaced").await;
    assert_eq!(second.get(paths::SET_PASSWORD).await.status, StatusCode::OK);

    anna.submit("details", &[("username", "anna"), ("first_name", "Anna")]).await;
    anna.submit("password", &[("current_password", OTHER_PASSWORD), ("new_password", NEW_PASSWORD)]).await;
    assert_eq!(second.get(paths::SET_PASSWORD).await.status, StatusCode::OK, "nothing of this touches it");
    let change = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    assert_eq!(anna.submit("password", &change).await.verdict(), Verdict::goes_to("/profile"));
    expect_dead(&app, &second, "password changed").await;

    let third = app.link_holder("anna", Door::Form).await;
    let change = [("email", "new@example.com"), ("current_password", NEW_PASSWORD)];
    assert_eq!(anna.submit("email", &change).await.verdict(), Verdict::goes_to("/profile"));
    expect_dead(&app, &third, "e-mail address changed").await;
    assert_eq!(app.count(LINKS).await, 0);
}

#[tokio::test]
async fn rst_7_a_link_neither_revives_nor_is_made_for_an_account_that_is_disabled_or_gone() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    app.sql("update accounts set is_active = 0").await;
    expect_dead(&app, &holder, "disabled").await;
    assert_eq!(app.count("select count(*) from accounts where is_active = 0").await, 1);
    assert_eq!(app.try_link("anna").await, Err(AuthError::InactiveAccount));

    app.sql("update accounts set is_active = 1").await;
    let holder = app.link_holder("anna", Door::Form).await;
    anna.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    let deletion = [("current_password", PASSWORD), ("confirm", "yes")];
    assert_eq!(anna.submit("deletion", &deletion).await.verdict(), Verdict::goes_to("/login"));
    expect_dead(&app, &holder, "deleted").await;
    assert_eq!(app.count(LINKS).await, 0);
    app.register("anna", PASSWORD).await;
    expect_dead(&app, &holder, "a new account of that name").await;
    for nobody in ["boris", "boris@example.com", "", "a b", "anna@"] {
        assert_eq!(app.try_link(nobody).await, Err(AuthError::NotFound), "{nobody:?}");
    }
}

#[tokio::test]
async fn ses_2_every_session_of_the_account_ends_and_no_other() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await;
        let elsewhere = app.browser(Door::Form);
        elsewhere.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        let boris = app.register("boris", PASSWORD).await;
        let holder = app.link_holder("anna", door).await;
        assert!(is_signed_in(&anna).await && is_signed_in(&elsewhere).await);
        set(&holder, NEW_PASSWORD).await;
        for wait in [0, ACCESS_SECONDS] {
            app.advance(wait);
            assert!(!is_signed_in(&anna).await && !is_signed_in(&elsewhere).await, "{door:?} after {wait}");
        }
        assert!(is_signed_in(&boris).await, "{door:?}");
        let ended = "select count(*) from sessions where end_reason = 'password_link' and ended_at is not null";
        assert_eq!((app.count(ended).await, app.count("select count(*) from sessions").await), (2, 3));
    }
}

#[tokio::test]
async fn who_is_signed_in_may_use_a_link_and_keeps_only_a_session_of_somebody_else() {
    for (door, wait) in [(Door::Form, 0), (Door::Rpc, 0), (Door::Form, ACCESS_SECONDS), (Door::Rpc, ACCESS_SECONDS)] {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let boris = app.register("boris", PASSWORD).await.at(door);
        for browser in [&anna, &boris] {
            let path = app.try_link("anna").await.unwrap();
            assert_eq!(browser.get(&path).await.verdict(), Verdict::goes_to("/set-password"));
            app.advance(wait);
            assert_eq!(set(browser, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?} {wait}");
        }
        assert_eq!((anna.cookie("latchkey-access"), anna.cookie("latchkey-refresh")), (None, None), "{door:?} {wait}");
        assert!(!is_signed_in(&anna).await && is_signed_in(&boris).await, "{door:?} {wait}");
    }
}

/// What its owner was given before somebody disabled the account must not open it after it was enabled.
#[tokio::test]
async fn rst_7_a_link_does_not_revive_with_an_account_that_is_enabled_again() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    for is_active in [false, true] {
        let changes = (Who::Name("anna"), StandingChanges::active(is_active));
        let changed = accounts::update(&app.state, &Caller::operator(), changes).await.unwrap();
        assert!(changed.is_new());
        expect_dead(&app, &holder, if is_active { "enabled again" } else { "disabled" }).await;
    }
    assert_eq!(app.count(LINKS).await, 0);
    assert!(signs_in(&app, PASSWORD).await);
    let holder = app.link_holder("anna", Door::Form).await;
    assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "a new one works");
}

#[tokio::test]
async fn rst_4_no_step_works_without_the_token_in_that_very_request() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", door).await;
        assert_eq!(holder.get(paths::SET_PASSWORD).await.status, StatusCode::OK);
        let short = set(&holder, "short").await;
        let too_short = (Field::NewPassword, Problem::TooShort(8));
        assert_eq!(short.verdict(), Verdict::Refused(too_short.into()), "a refused password leaves the link as it is");
        let token = holder.cookie(COOKIE).unwrap();
        let account = app.account_id("anna").await.to_string();
        let mut in_form = vec![("account", account.as_str()), ("new_password", OTHER_PASSWORD)];
        in_form.extend(["token", "link"].map(|name| (name, token.as_str())));
        for browser in [app.browser(door), anna.at(door)] {
            assert_eq!(browser.submit("set_password", &in_form).await.verdict(), expired(), "{door:?}");
            expect_dead(&app, &browser, "no token").await;
        }
        holder.set_cookie(COOKIE, None);
        expect_dead(&app, &holder, "the cookie is gone").await;
        holder.set_cookie(COOKIE, Some(&token));
        assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
    }
}

#[tokio::test]
async fn rst_5_a_link_and_its_redirect_know_only_the_configured_address() {
    let settings = [("LATCHKEY_PUBLIC_URL", "https://id.example.com"), ("LATCHKEY_ENV", "production")];
    let app = TestApp::with(&settings).await;
    register_at(&app, "https://id.example.com").await;
    let link = service::make_link(&app.state, &Caller::operator(), "anna").await.unwrap();
    let path = link.url.strip_prefix("https://id.example.com").unwrap();
    assert!(path.starts_with("/set-password?token=lkp1."));
    assert_eq!((link.username.as_str(), format!("{link:?}").as_str()), ("anna", "PasswordLink([redacted])"));
    assert_eq!(link.expires_at, Timestamp::from_micros(START).plus_seconds(LIFETIME_SECONDS));
    for uri in [path, paths::SET_PASSWORD] {
        let request = Request::builder().uri(uri).header("accept", "text/html").header("host", "evil.example");
        let request = request.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "http");
        let request = request.header("forwarded", "host=evil.example;proto=http").body(Body::empty()).unwrap();
        let reply = app.send(request).await;
        assert!(["/set-password", ""].contains(&reply.header("location")), "{}", reply.header("location"));
        assert!(!reply.said().contains("evil.example"));
    }
}

/// A browser of the tests names the default origin, which another public address does not take.
async fn register_at(app: &TestApp, origin: &str) {
    let fields = [("email", "anna@example.com"), ("username", "anna"), ("password", PASSWORD)];
    let request = app.browser(Door::Form).request("POST", paths::REGISTER).header("origin", origin);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let body = Body::from(serde_urlencoded::to_string(fields).unwrap());
    assert_eq!(app.send(request.body(body).unwrap()).await.verdict(), Verdict::goes_to("/profile"));
}

#[tokio::test]
async fn rst_3_a_dump_of_the_database_holds_no_token_and_opens_nothing() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    let token = holder.cookie(COOKIE).unwrap();
    let secret = token.strip_prefix("lkp1.").unwrap();
    assert!(!app.values().await.iter().any(|value| value.contains(secret)));
    for file in ["latchkey.db", "latchkey.db-wal"].iter().filter(|_| Kind::of_this_run() == Kind::Sqlite) {
        let dump = std::fs::read(app.folder.path().join(file)).unwrap();
        assert!(!dump.windows(secret.len()).any(|window| window == secret.as_bytes()), "{file}");
    }
    let stored = app.text("select token_hash from password_links").await;
    holder.set_cookie(COOKIE, Some(&format!("lkp1.{stored}")));
    expect_dead(&app, &holder, "what is stored is no token").await;
}

#[tokio::test]
async fn jwt_3_a_password_link_and_the_other_tokens_do_not_stand_in_for_each_other() {
    let app = TestApp::with(&PATIENT).await;
    let anna = app.register("anna", PASSWORD).await;
    let token = app.link_holder("anna", Door::Form).await.cookie(COOKIE).unwrap();
    let (access, refresh) = (anna.cookie("latchkey-access").unwrap(), anna.cookie("latchkey-refresh").unwrap());
    let mac = refresh.rsplit('.').next().unwrap();
    for other in [&access, &refresh, "welcome", &format!("lkp1.{mac}"), &token.replace("lkp1.", "lk1.")] {
        let thief = app.browser(Door::Form);
        thief.set_cookie(COOKIE, Some(other));
        expect_dead(&app, &thief, "another kind, in the cookie").await;
        let thief = app.browser(Door::Form);
        assert_eq!(thief.get(&paths::password_link(other)).await.verdict(), Verdict::goes_to("/set-password"));
        expect_dead(&app, &thief, "another kind, in the address").await;
    }
    for name in ["latchkey-access", "latchkey-refresh", "latchkey-notice"] {
        let thief = app.browser(Door::Form);
        thief.set_cookie(name, Some(&token));
        assert!(!is_signed_in(&thief).await, "{name}");
        expect_dead(&app, &thief, name).await;
    }
    for bearer in [&token, &format!("Bearer {token}")] {
        let request = app.browser(Door::Form).request("GET", paths::PROFILE).header(header::AUTHORIZATION, bearer);
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.verdict(), Verdict::goes_to("/login?next=/profile"));
    }
    assert!(app.state.keys.verify(&token).await.is_err());
    assert_eq!(app.count(LINKS).await, 1, "none of this touched the link");
}

#[tokio::test]
async fn jwt_4_a_changed_or_cut_token_opens_nothing() {
    let app = TestApp::with(&PATIENT).await;
    app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    let token = holder.cookie(COOKIE).unwrap();
    let flip = |at: usize| {
        let new = if &token[at..=at] == "A" { "B" } else { "A" };
        format!("{}{new}{}", &token[..at], &token[at + 1..])
    };
    let changed = [0, 4, 5, 20, token.len() - 1].map(flip);
    let cut = ["", "lkp1.", &token[..token.len() - 1], &token[1..]].map(str::to_owned);
    let longer = [format!("{token}A"), format!("{token}="), format!("{token}{token}"), "x".repeat(5000)];
    for strange in changed.iter().chain(&cut).chain(&longer) {
        holder.set_cookie(COOKIE, Some(strange));
        expect_dead(&app, &holder, "in the cookie").await;
        let visitor = app.browser(Door::Form);
        let reply = visitor.get(&paths::password_link(strange)).await;
        assert_eq!(reply.verdict(), Verdict::goes_to("/set-password"));
        expect_dead(&app, &visitor, "in the address").await;
    }
    holder.set_cookie(COOKIE, Some(&token));
    assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"));
}

#[tokio::test]
async fn pwd_3_a_link_refuses_passwords_that_guessers_try_first_in_production() {
    let settings = [("LATCHKEY_ENV", "production"), ("LATCHKEY_PUBLIC_URL", ORIGIN)];
    for door in Door::ALL {
        let app = TestApp::with(&settings).await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", door).await;
        for password in ["password123", "annaanna", "qwertyuiop"] {
            let common = Verdict::Refused((Field::NewPassword, Problem::Common).into());
            assert_eq!(set(&holder, password).await.verdict(), common, "{password} at {door:?}");
        }
        assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
    }
}

/// With every place at the hashing service taken, whoever needs one is told to come back.
#[tokio::test]
async fn avl_1_a_link_that_does_not_work_costs_no_hash() {
    for door in Door::ALL {
        let app = TestApp::with_slow_hashing().await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", door).await;
        let stranger = app.browser(door);
        let password = NewPassword::parse(Password::new(PASSWORD.to_owned()), app.state.password_policy()).unwrap();
        let crowd = join_all((0..80).map(|_| app.state.hasher.hash(&password)));
        let both = async {
            let refused = set(&stranger, OTHER_PASSWORD).await.verdict();
            (refused, set(&holder, OTHER_PASSWORD).await.status)
        };
        let (_, answers) = futures_util::join!(crowd, both);
        assert_eq!(answers, (expired(), StatusCode::SERVICE_UNAVAILABLE), "{door:?}");
        assert_eq!(set(&holder, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "it was not used up");
    }
}

#[tokio::test]
async fn avl_4_without_a_database_the_page_says_so_and_not_that_the_link_is_dead() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let holder = app.link_holder("anna", door).await;
        app.state.store.close().await;
        for reply in [holder.get(paths::SET_PASSWORD).await, set(&holder, NEW_PASSWORD).await] {
            assert_eq!((reply.status, reply.set_cookies().len()), (StatusCode::SERVICE_UNAVAILABLE, 0), "{door:?}");
            assert!(!reply.body.contains("does not work any more"));
        }
    }
}

#[tokio::test]
async fn only_the_operator_and_administrators_make_links() {
    let app = TestApp::new().await;
    let access = app.register("anna", PASSWORD).await.cookie("latchkey-access").unwrap();
    let as_anna = async || Caller {
        session: Some(sessions::by_access_token(&app.state, &access, SessionKind::Browser).await.unwrap()),
        ..Caller::default()
    };
    let make = async |caller: Caller| service::make_link(&app.state, &caller, "anna").await.map(drop);
    assert_eq!(make(Caller::default()).await, Err(AuthError::Unauthenticated));
    assert_eq!(make(as_anna().await).await, Err(AuthError::Forbidden), "not even for oneself");
    assert_eq!(app.count(LINKS).await, 0);
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts").await;
    assert_eq!(make(as_anna().await).await, Ok(()));
    assert_eq!(app.count(LINKS).await, 1);
}
