//! What a browser holds of a password link: an address, a cookie, a page with a form.

use axum::body::Body;
use axum::http::StatusCode;
use latchkey::paths;

use super::{COOKIE, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, expect_dead, expired, register_at, set, signs_in};
use crate::support::{Browser, Door, TestApp, Verdict};

/// The form of the page that is open, with what it says by itself, once a password is typed into it.
async fn filled_in(browser: &Browser<'_>, password: &'static str) -> Vec<(&'static str, String)> {
    let page = browser.get(paths::SET_PASSWORD).await.body;
    let (_, rest) = page.split_once("<input type=\"hidden\" name=\"account\" value=\"").unwrap();
    let account = rest.split('"').next().unwrap().to_owned();
    vec![("account", account), ("new_password", password.to_owned())]
}

async fn post(browser: &Browser<'_>, form: &[(&'static str, String)]) -> Verdict {
    let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit("set_password", &fields).await.verdict()
}

#[tokio::test]
async fn rst_8_looking_at_a_link_uses_nothing_up_and_takes_the_token_out_of_the_address() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let path = app.try_link("anna").await.unwrap();
        let scanner = app.browser(door);
        for method in ["GET", "HEAD", "GET"] {
            let request = scanner.request(method, &path).body(Body::empty()).unwrap();
            let reply = scanner.exchange(request).await;
            assert_eq!(reply.verdict(), Verdict::goes_to("/set-password"), "{method}");
            assert_eq!(reply.header("referrer-policy"), "no-referrer");
            assert_eq!(reply.header("cache-control"), "no-store");
            assert_eq!(scanner.get(paths::SET_PASSWORD).await.status, StatusCode::OK);
        }
        let person = app.browser(door);
        person.get(&path).await;
        let page = person.get(paths::SET_PASSWORD).await;
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("same-origin", "no-store"));
        assert!(page.body.contains("id=\"set_password\"") && page.body.contains("For the account"));
        assert!(page.body.contains("<bdi>anna</bdi>") && !page.body.contains("lkp1"), "SES-5: {}", page.body);
        assert!(page.body.contains("autocomplete=\"new-password\"") && page.body.contains("value=\"anna\""));
        assert_eq!(set(&person, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
    }
}

/// Somebody has anna's page open, and boris's link is opened beside it: by themselves, or by whoever wants to give boris a
/// password that was typed for anna.
#[tokio::test]
async fn rst_4_a_form_sets_the_password_of_the_account_that_its_page_has_named_and_of_no_other() {
    const HASHES: &str = "select password_hash from accounts order by id";
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        app.register("boris", PASSWORD).await;
        let anna_s_link = app.try_link("anna").await.unwrap();
        let browser = app.browser(door);
        browser.get(&anna_s_link).await;
        let form = filled_in(&browser, NEW_PASSWORD).await;
        assert_eq!(form[0].1, app.account_id("anna").await.to_string());
        browser.get(&app.try_link("boris").await.unwrap()).await;

        let before = app.lines(HASHES).await;
        let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = browser.submit("set_password", &fields).await;
        assert_eq!((reply.status, reply.verdict()), (StatusCode::GONE, expired()), "{door:?}");
        assert!(!reply.body.contains("boris") && !reply.body.contains("id=\"set_password\""), "{door:?}");
        assert!(app.lines(HASHES).await == before, "{door:?}");

        let other = filled_in(&browser, OTHER_PASSWORD).await;
        assert_eq!(post(&browser, &other).await, Verdict::goes_to("/login"), "boris's own form, {door:?}");
        browser.get(&anna_s_link).await;
        assert_eq!(post(&browser, &form).await, Verdict::goes_to("/login"), "anna's link once more, {door:?}");
        assert!(signs_in(&app, NEW_PASSWORD).await && !signs_in(&app, OTHER_PASSWORD).await, "{door:?}");
    }
}

#[tokio::test]
async fn a_newer_link_of_the_same_account_takes_what_was_typed() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let browser = app.link_holder("anna", door).await;
        let form = filled_in(&browser, NEW_PASSWORD).await;
        browser.get(&app.try_link("anna").await.unwrap()).await;
        assert_eq!(post(&browser, &form).await, Verdict::goes_to("/login"), "{door:?}");
    }
}

/// The next person at the machine: what anna has opened must not be theirs.
#[tokio::test]
async fn out_1_and_ses_6_who_signs_in_or_out_leaves_no_link_behind() {
    let password = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    let registration = [("email", "carla@example.com"), ("username", "carla"), ("password", PASSWORD)];
    for door in Door::ALL {
        for (signed_in, form, fields) in [
            (true, "sign_out", &[][..]),
            (false, "sign_out", &[]),
            (false, "sign_in", &[("username", "boris"), ("password", PASSWORD)]),
            (true, "sign_in", &[("username", "boris"), ("password", PASSWORD)]),
            (false, "registration", &registration),
            (true, "password", &password),
            (true, "deletion", &[("current_password", PASSWORD), ("confirm", "yes")]),
        ] {
            let app = TestApp::new().await;
            app.register("anna", PASSWORD).await;
            let boris = app.register("boris", PASSWORD).await.at(door);
            let browser = if signed_in { boris } else { app.browser(door) };
            browser.get(&app.try_link("anna").await.unwrap()).await;
            assert_eq!(browser.get(paths::SET_PASSWORD).await.status, StatusCode::OK);
            let reply = browser.submit(form, fields).await;
            assert!(matches!(reply.verdict(), Verdict::Accepted(_)), "{form} at {door:?}: {}", reply.said());
            assert_eq!(browser.cookie(COOKIE), None, "{form} at {door:?}");
            expect_dead(&app, &browser, form).await;
            let taken: Vec<_> = reply.set_cookies().into_iter().filter(|line| line.starts_with(COOKIE)).collect();
            assert_eq!(taken, [format!("{COOKIE}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")], "{form} at {door:?}");
        }
    }
}

/// What neither begins nor ends a session leaves the link, or nobody who is signed in could use one.
#[tokio::test]
async fn a_refused_sign_in_a_page_and_a_refreshed_session_leave_the_link() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let boris = app.register("boris", PASSWORD).await.at(door);
        app.register("anna", PASSWORD).await;
        boris.get(&app.try_link("anna").await.unwrap()).await;
        app.advance(super::ACCESS_SECONDS);
        assert_eq!(boris.get(paths::PROFILE).await.status, StatusCode::OK);
        boris.submit("sign_in", &[("username", "anna"), ("password", OTHER_PASSWORD)]).await;
        boris.submit("details", &[("first_name", "Boris")]).await;
        assert_eq!(set(&boris, NEW_PASSWORD).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
    }
}

/// Programs and people add slashes and change the case of addresses. The link works all the same, and the token is gone
/// from the address before a page is shown that a Referer could name.
#[tokio::test]
async fn rst_8_an_address_that_is_almost_the_link_s_keeps_no_token_either() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let link = app.try_link("anna").await.unwrap();
    let token = link.split_once('=').unwrap().1;
    for almost in [
        "/set-password/?token=@",
        "/set-password///?token=@",
        "//set-password?token=@",
        "/SET-password?token=@",
        "/Set-Password/?x=1&Token=@",
        "/set-password?TOKEN=@",
        "/set-password?%74oken=@",
    ] {
        let browser = app.browser(Door::Form);
        let reply = browser.get(&almost.replace('@', token)).await;
        assert_eq!(reply.verdict(), Verdict::goes_to(paths::SET_PASSWORD), "{almost}");
        let headers = (reply.header("referrer-policy"), reply.header("cache-control"));
        assert_eq!(headers, ("no-referrer", "no-store"), "{almost}");
        assert!(browser.get(paths::SET_PASSWORD).await.body.contains("<bdi>anna</bdi>"), "{almost}");
    }
}

#[tokio::test]
async fn rst_8_an_address_with_nothing_behind_it_keeps_no_token() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let link = app.try_link("anna").await.unwrap();
    let query = link.split_once('?').unwrap().1;
    for (nowhere, target) in [
        ("/password", "/password"),
        ("/login/set-password/", "/login/set-password/"),
        ("/set%2Dpassword", "/set%2Dpassword"),
        ("//evil.example/", "/evil.example/"),
        ("/\\evil.example", "/"),
        ("/login/", "/login/"),
    ] {
        for method in ["GET", "HEAD"] {
            for address in [format!("{nowhere}?{query}"), format!("{nowhere}?next=/profile&{query}&x")] {
                let browser = app.browser(Door::Form);
                let reply = browser.exchange(browser.request(method, &address).body(Body::empty()).unwrap()).await;
                assert_eq!((reply.verdict(), reply.set_cookies()), (Verdict::goes_to(target), vec![]), "{nowhere}");
                let headers = (reply.header("referrer-policy"), reply.header("cache-control"));
                assert_eq!(headers, ("no-referrer", "no-store"), "{nowhere}");
            }
        }
    }
    let kept = app.browser(Door::Form).get("/login/?next=/profile").await;
    assert_eq!(kept.verdict(), Verdict::goes_to("/login?next=/profile"), "other queries stay");
}

#[tokio::test]
async fn a_link_that_is_no_link_takes_an_older_one_away() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let holder = app.link_holder("anna", Door::Form).await;
    for strange in ["", "%00", "a%0d%0aSet-Cookie:+b=c", "%FF%FE", "lkp1.%3B"] {
        let reply = holder.get(&paths::password_link(strange)).await;
        assert_eq!((reply.verdict(), reply.set_cookies().len()), (Verdict::goes_to("/set-password"), 1), "{strange}");
        assert_eq!(holder.cookie(COOKIE), None, "{strange}");
    }
}

#[tokio::test]
async fn ses_1_the_token_is_kept_out_of_reach_and_under_https_bound_to_the_host() {
    let https = [("LATCHKEY_PUBLIC_URL", "https://id.example.com"), ("LATCHKEY_ENV", "production")];
    for (settings, name, is_secure) in [(&[][..], COOKIE, false), (&https[..], "__Host-latchkey-password-link", true)] {
        let app = TestApp::with(settings).await;
        register_at(&app, app.state.config.public_url.origin()).await;
        let path = app.try_link("anna").await.unwrap();
        let reply = app.browser(Door::Form).get(&path).await;
        let [cookie] = reply.set_cookies()[..] else { panic!("one cookie") };
        let mut parts = cookie.split("; ");
        assert_eq!(parts.next().unwrap().split('=').next(), Some(name));
        let mut attributes: Vec<_> = parts.filter(|attribute| *attribute != "Secure").collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Max-Age=1800", "Path=/", "SameSite=Lax"]);
        assert_eq!(cookie.contains("; Secure"), is_secure);
    }
}

#[tokio::test]
async fn web_1_the_token_s_cookie_alone_calls_for_our_own_origin() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    for door in Door::ALL {
        let holder = app.link_holder("anna", door).await;
        for origin in [None, Some("https://evil.example"), Some("null")] {
            let request = holder.request("POST", &door.url("set_password"));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
            let account = app.account_id("anna").await;
            let body = Body::from(format!("account={account}&new_password={OTHER_PASSWORD}"));
            let reply = app.send(request.body(body).unwrap()).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{door:?} {origin:?}");
        }
    }
    assert!(!signs_in(&app, OTHER_PASSWORD).await);
}
