//! Many guesses at once, in one process and in two: the database decides how many are looked at (LOG-4).

use futures_util::future::join_all;

use super::{LIMIT, PASSWORD, WRONG, guess, wait};
use crate::support::{Door, Reply, TestApp, rounds};

/// Whether somebody is to come back later, because it is locked, or, on a slow machine, because their turn did not come in time.
fn is_put_off(reply: &Reply) -> bool {
    [429, 503].contains(&reply.status.as_u16()) && !reply.header("retry-after").is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn log_4_of_two_hundred_wrong_guesses_at_once_ten_are_looked_at_also_by_two_processes() {
    for round in 0..rounds(50) {
        let one = TestApp::new().await;
        one.register("anna", PASSWORD).await;
        let two = one.another(&[]).await.unwrap();
        let before = one.state.hasher.compared() + two.state.hasher.compared();
        let guesses = (0..200_usize).map(|number| {
            let app = if number % 2 == 0 { &one } else { &two };
            async move {
                let browser = app.browser(Door::ALL[number / 2 % 2]).coming_from(&format!("2001:db8:0:{number:x}::1"));
                let name = if number % 3 == 0 { "anna@example.com" } else { "Anna" };
                browser.submit("sign_in", &[("username", name), ("password", WRONG)]).await
            }
        });
        let replies = join_all(guesses).await;
        let compared = one.state.hasher.compared() + two.state.hasher.compared() - before;
        assert_eq!(compared, LIMIT as u64, "round {round}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), LIMIT, "round {round}");
        assert!(replies.iter().all(|reply| reply.status == 401 || is_put_off(reply)), "round {round}");
        assert_eq!(one.count("select failures from attempts where subject like 'account:%'").await, 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_4_the_same_holds_for_a_name_that_nobody_has_and_for_a_source() {
    for round in 0..rounds(50) {
        let one = TestApp::new().await;
        let two = one.another(&[]).await.unwrap();
        let guesses = (0..100_usize).map(|number| guess(if number % 2 == 0 { &one } else { &two }, "nobody", WRONG));
        let replies = join_all(guesses).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), LIMIT, "round {round}");
        assert_eq!(one.state.hasher.compared() + two.state.hasher.compared(), LIMIT as u64, "round {round}");
        let spread = (0..100_usize).map(|number| {
            let app = if number % 2 == 0 { &one } else { &two };
            async move {
                let browser = app.browser(Door::Rpc).coming_from("192.0.2.1");
                browser.submit("sign_in", &[("username", &format!("nobody-{number}")), ("password", WRONG)]).await
            }
        });
        let replies = join_all(spread).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 20, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_4_right_passwords_at_once_lock_nobody_out_for_good() {
    for round in 0..rounds(50) {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let replies = join_all((0..30).map(|_| guess(&app, "anna", PASSWORD))).await;
        assert!(replies.iter().filter(|reply| reply.status == 200).count() >= LIMIT, "round {round}");
        assert!(replies.iter().all(|reply| reply.status == 200 || is_put_off(reply)), "round {round}");
        assert_eq!(guess(&app, "anna", PASSWORD).await.status, 200, "round {round}");
        assert_eq!(app.count("select count(*) from attempts").await, 0, "round {round}");
    }
}

#[tokio::test]
async fn two_processes_agree_on_who_is_locked_and_who_is_not() {
    let one = TestApp::new().await;
    one.register("anna", PASSWORD).await;
    let two = one.another(&[]).await.unwrap();
    for number in 0..LIMIT {
        assert_eq!(guess(if number % 2 == 0 { &one } else { &two }, "anna", WRONG).await.status, 401);
    }
    for app in [&one, &two] {
        assert_eq!(wait(&guess(app, "anna", PASSWORD).await), Some(30));
    }
    one.advance(30);
    assert_eq!(guess(&two, "anna", PASSWORD).await.status, 200);
    assert_eq!(guess(&one, "anna", WRONG).await.status, 401, "cleared for both");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_finds_the_queue_full_is_given_back() {
    let app = TestApp::with_slow_hashing().await;
    let guesses = (0..100_usize).map(|number| {
        let browser = app.browser(Door::Rpc);
        async move {
            browser.submit("sign_in", &[("username", &*format!("nobody-{number}")), ("password", WRONG)]).await.status
        }
    });
    let statuses = join_all(guesses).await;
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert!(statuses.iter().all(|status| [401, 503].contains(&status.as_u16())) && looked_at < 100, "{looked_at}");
    assert_eq!(app.count("select count(*) from attempts").await, i64::try_from(looked_at).unwrap());
}
