//! Clients that hang up while their guess is under way (LOG-4).

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::poll_fn;
use tokio::runtime::Handle;

use super::{PASSWORD, WRONG};
use crate::support::{Door, Kind, Reply, TestApp};

/// Signs in, and hangs up after so many steps of the work on it. Gives the answer, if it came before.
async fn hang_up_after(app: &TestApp, steps: usize, username: &str, password: &str) -> Option<Reply> {
    let browser = app.browser(Door::Rpc).coming_from("192.0.2.1");
    let fields = [("username", username), ("password", password)];
    let mut answer = pin!(browser.submit("sign_in", &fields));
    let mut left = steps;
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Ready(reply) => Poll::Ready(Some(reply)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// The same, as soon as the password is looked at: behind the count, and before the answer.
async fn hang_up_in_time(app: &TestApp, username: &str, password: &str) {
    let browser = app.browser(Door::Rpc).coming_from("192.0.2.1");
    let (before, fields) = (app.state.hasher.compared(), [("username", username), ("password", password)]);
    let is_looked_at = async {
        while app.state.hasher.compared() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = is_looked_at => {}
        reply = browser.submit("sign_in", &fields) => panic!("it was answered unseen: {}", reply.status),
    }
}

/// What is under way when nothing is: the pool of a database server looks after its connections.
fn at_rest() -> usize {
    usize::from(Kind::of_this_run() != Kind::Sqlite)
}

/// Waits until no more is under way than that.
async fn settled(at_rest: usize) {
    let is_settled = async {
        while Handle::current().metrics().num_alive_tasks() > at_rest {
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(30), is_settled).await;
    assert!(outcome.is_ok(), "something goes on for ever: {} {at_rest}", Handle::current().metrics().num_alive_tasks());
}

/// Each is about as many steps long as the database is quick, so that every moment has its turn.
const ROUNDS: u64 = 10;

/// The steps after which clients hang up in a round. At a server a hang-up costs the connection, and most steps are those of making
/// the next one: there each round takes some of them, and the rounds take turns.
fn steps(round: u64) -> impl Iterator<Item = usize> {
    let (first, stride) =
        if Kind::of_this_run() == Kind::Sqlite { (1, 1) } else { (1 + usize::try_from(round).unwrap(), 11) };
    (first..).step_by(stride)
}

#[tokio::test]
async fn log_4_a_right_password_whose_client_hangs_up_at_any_moment_is_no_failure() {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let at_rest = at_rest();
    for round in 0..ROUNDS {
        for steps in steps(round) {
            let reply = hang_up_after(&app, steps, "anna", PASSWORD).await;
            settled(at_rest).await;
            assert_eq!(app.count("select count(*) from attempts").await, 0, "after {steps} steps");
            if let Some(reply) = reply {
                assert_eq!(reply.status, 200);
                break;
            }
        }
        hang_up_in_time(&app, "anna", PASSWORD).await;
        settled(at_rest).await;
        assert_eq!(app.count("select count(*) from attempts").await, 0, "behind the count");
    }
}

#[tokio::test]
async fn log_4_a_wrong_password_whose_client_hangs_up_is_counted_if_it_is_looked_at() {
    let app = TestApp::with(&crate::support::PATIENT).await;
    let at_rest = at_rest();
    for round in 0..ROUNDS {
        for steps in steps(round) {
            let reply = hang_up_after(&app, steps, &format!("nobody-{round}-{steps}"), WRONG).await;
            settled(at_rest).await;
            let counted = app.count("select count(*) from attempts where subject like 'name:%'").await;
            assert_eq!(u64::try_from(counted).unwrap(), app.state.hasher.compared(), "after {steps} steps");
            if let Some(reply) = reply {
                assert_eq!(reply.status, 401);
                break;
            }
        }
        hang_up_in_time(&app, &format!("nobody-{round}"), WRONG).await;
        settled(at_rest).await;
        let counted = app.count("select count(*) from attempts where subject like 'name:%'").await;
        assert_eq!(u64::try_from(counted).unwrap(), app.state.hasher.compared(), "behind the count");
    }
}
