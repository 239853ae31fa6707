//! Where guesses come from: the socket's other end, an IPv6 one as its network, whatever a client writes (LOG-6, LOG-7).

use super::{PASSWORD, WRONG, wait};
use crate::support::{Browser, Door, Reply, TestApp, log_text};

/// Of the default settings.
const LIMIT: usize = 20;

fn at<'a>(app: &'a TestApp, address: &str) -> Browser<'a> {
    app.browser(Door::Rpc).coming_from(address)
}

async fn try_as(browser: &Browser<'_>, username: &str, password: &str) -> Reply {
    browser.submit("sign_in", &[("username", username), ("password", password)]).await
}

#[tokio::test]
async fn log_6_a_thousand_addresses_of_one_network_share_one_count() {
    let app = TestApp::new().await;
    let mut refused = 0;
    for number in 0..1_000 {
        let browser = at(&app, &format!("2001:db8:1:2:{number:x}::{number:x}"));
        let reply = try_as(&browser, &format!("nobody-{number}"), WRONG).await;
        let is_refused = wait(&reply).is_some();
        assert_eq!(reply.status, if is_refused { 429 } else { 401 });
        refused += usize::from(is_refused);
    }
    assert_eq!((refused, app.state.hasher.compared()), (1_000 - LIMIT, LIMIT as u64));
    assert_eq!(try_as(&at(&app, "2001:db8:1:3::1"), "nobody", WRONG).await.status, 401, "the next network");
}

#[tokio::test]
async fn log_6_what_a_client_writes_about_its_address_changes_nothing() {
    let app = TestApp::with(&[("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7")]).await;
    for number in 0..LIMIT {
        let address = if number % 2 == 0 { "192.0.2.1" } else { "::ffff:192.0.2.1" };
        assert_eq!(try_as(&at(&app, address), &format!("nobody-{number}"), WRONG).await.status, 401);
    }
    let guess = async |peer: &str, header: &str| {
        let body = format!("username=anybody&password={WRONG}");
        let request = at(&app, peer).request("POST", &Door::Rpc.url("sign_in"));
        let request = request.header("origin", crate::support::ORIGIN).header("x-forwarded-for", header);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        app.send(request.body(body.into()).unwrap()).await
    };
    for header in ["a", "", "198.51.100.1", "unknown, 198.51.100.2", "[::1", ",,,", "10.0.0.7"] {
        assert!(wait(&guess("192.0.2.1", header).await).is_some(), "{header:?} from the client");
        assert!(wait(&guess("10.0.0.7", "192.0.2.1").await).is_some(), "the same client through the proxy");
    }
    assert_eq!(guess("10.0.0.7", "198.51.100.3").await.status, 401, "another client through the proxy");
    // What the proxy says and nobody can read is the proxy's own.
    for _ in 1..LIMIT {
        assert!(!guess("10.0.0.7", "a").await.status.is_server_error());
    }
}

#[tokio::test]
async fn log_7_one_password_at_five_hundred_accounts_is_throttled_and_nobody_learns_which_exist() {
    let app = TestApp::new().await;
    for number in 0..25 {
        app.register(&format!("person-{number}"), PASSWORD).await;
    }
    let before = app.state.hasher.compared();
    let mut answers = Vec::new();
    for number in 0..500 {
        // Every other one exists, as far as there are any.
        let name = if number % 2 == 0 { format!("person-{}", number / 2) } else { format!("nobody-{number}") };
        let door = Door::ALL[number / 2 % 2];
        let reply = try_as(&app.browser(door).coming_from("192.0.2.1"), &name, WRONG).await;
        answers.push((number, reply.status.as_u16(), wait(&reply)));
    }
    for (number, status, wait) in answers {
        let expected = if number < LIMIT { (401, None) } else { (429, Some(600)) };
        assert_eq!((status, wait), expected, "{number}");
    }
    assert_eq!(app.state.hasher.compared() - before, LIMIT as u64);
    assert!(log_text().contains("a source is throttled: 20 wrong passwords"));
    // Those whose passwords were guessed at sign in from elsewhere, and the source in its next window.
    assert_eq!(try_as(&at(&app, "198.51.100.9"), "person-0", PASSWORD).await.status, 200);
    app.advance(600);
    assert_eq!(try_as(&at(&app, "192.0.2.1"), "person-0", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn log_7_an_account_of_one_s_own_does_not_clear_one_s_source() {
    let app = TestApp::new().await;
    app.register("mallory", PASSWORD).await;
    let compared = app.state.hasher.compared();
    let mut wrong = 0;
    for number in 0..100 {
        let source = at(&app, "192.0.2.1");
        wrong += u64::from(try_as(&source, &format!("nobody-{number}"), WRONG).await.status == 401);
        try_as(&source, "mallory", PASSWORD).await;
    }
    assert_eq!(wrong, LIMIT as u64);
    assert!(app.state.hasher.compared() - compared <= 2 * LIMIT as u64);
}

#[tokio::test]
async fn reg_3_registrations_are_counted_where_they_come_from_and_apart_from_sign_ins() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    // At each of the three doors: the answer that an address is taken is worth a try, too.
    for number in 0..LIMIT + 3 {
        let username = format!("racer-{number}");
        let fields = [("email", "anna@example.com"), ("username", &*username), ("password", PASSWORD)];
        let reply = match Door::ALL.get(number % 3) {
            Some(door) => app.browser(*door).coming_from("192.0.2.1").submit("registration", &fields).await,
            None => app.api().coming_from("192.0.2.1").submit("registration", &fields).await.unwrap(),
        };
        let is_last = number >= LIMIT;
        assert_eq!(wait(&reply), is_last.then_some(600), "{number}: {}", reply.said());
        assert!(is_last || [400, 422].contains(&reply.status.as_u16()), "{}", reply.said());
    }
    assert_eq!(try_as(&at(&app, "192.0.2.1"), "anna", PASSWORD).await.status, 200);
    let fields = [("email", "boris@example.com"), ("username", "boris"), ("password", PASSWORD)];
    assert_eq!(at(&app, "198.51.100.9").submit("registration", &fields).await.status, 200, "from elsewhere");
}
