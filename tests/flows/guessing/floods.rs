//! Floods of invented names: what is counted about them goes at least as fast as it comes (PRV-3), and what one network can make of
//! it is bounded (LOG-6).

use super::{WRONG, fail};
use crate::support::{Door, TestApp};

/// A wrong password for a name that nobody else tries. Gives the status.
async fn guess_from(app: &TestApp, address: &str, number: usize) -> u16 {
    let browser = app.browser(Door::Rpc).coming_from(address);
    let name = format!("nobody-{number}");
    browser.submit("sign_in", &[("username", &name), ("password", WRONG)]).await.status.as_u16()
}

#[tokio::test]
async fn prv_3_however_many_names_were_made_up_a_few_guesses_later_they_are_gone() {
    let app = TestApp::new().await;
    for number in 0..600 {
        assert_eq!(guess_from(&app, &format!("10.0.{}.{}", number / 200, number % 200), number).await, 401);
    }
    // Of a moment, so that no purge came between.
    assert_eq!(app.count("select count(*) from attempts").await, 2 * 600);
    app.advance(3601);
    let mut left = Vec::new();
    for number in 0..8 {
        assert_eq!(guess_from(&app, "192.0.2.1", 1_000 + number).await, 401);
        left.push(app.count("select count(*) from attempts where subject like 'name:%'").await);
    }
    // Each guess leaves a name of its own, and takes 200 rows away.
    assert_eq!(app.count("select count(*) from attempts").await, 8 + 1, "{left:?}");
}

#[tokio::test]
async fn prv_3_a_name_that_is_locked_is_remembered_for_seven_days() {
    let app = TestApp::new().await;
    fail(&app, "nobody", super::LIMIT).await;
    app.advance(7 * 86_400 - 1);
    fail(&app, "somebody", 1).await;
    assert_eq!(app.count("select count(*) from attempts").await, 2);
    app.advance(3600);
    fail(&app, "another", 1).await;
    assert_eq!(app.count("select count(*) from attempts").await, 2, "another, and somebody until this very moment");
}

#[tokio::test]
async fn log_6_a_network_of_65536_networks_makes_a_bounded_number_of_rows() {
    /// Sixteen times the setting below.
    const ALLOWED: usize = 16 * 5;
    let app = TestApp::with(&[("LATCHKEY_SOURCE_ATTEMPTS", "5")]).await;
    let mut number = 0;
    for window in 0..12 {
        let mut statuses = Vec::new();
        for _ in 0..ALLOWED + 3 {
            number += 1;
            statuses.push(guess_from(&app, &format!("2001:db8:1:{number:x}::1"), number).await);
        }
        assert_eq!(statuses, [[401; ALLOWED].as_slice(), &[429; 3]].concat(), "window {window}");
        // Names of an hour and sources of a window, each with one window more until they are purged; and what the next network made.
        let rows = usize::try_from(app.count("select count(*) from attempts").await).unwrap();
        assert!(rows <= ALLOWED * (6 + 1 + 1 + 1) + 3 * 12, "window {window}: {rows}");
        assert_eq!(guess_from(&app, "2001:db8:2::1", number).await, 401, "the next network");
        app.advance(600);
    }
}
