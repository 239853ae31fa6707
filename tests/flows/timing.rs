//! An unknown user and a wrong password cannot be told apart: not by the answer, not by the time (LOG-1, LOG-2).

use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::support::{Door, Reply, TestApp};

const PASSWORD: &str = "canary-Timing-Kx7-pw";
const TRIES: usize = 200;
/// The largest gap between the medians.
const MAX_GAP: f64 = 0.05;

async fn try_as(app: &TestApp, door: Door, username: &str) -> (Reply, Duration) {
    let browser = app.browser(door);
    let start = Instant::now();
    let reply = browser.submit("sign_in", &[("username", username), ("password", "canary-Timing-wrong")]).await;
    (reply, start.elapsed())
}

/// What differs between any two answers.
fn comparable(mut headers: HeaderMap) -> HeaderMap {
    for name in ["x-request-id", "date", "content-security-policy"] {
        headers.remove(name);
    }
    headers
}

#[tokio::test]
async fn log_1_the_answers_are_the_same() {
    let app = TestApp::new().await;
    app.register("known", PASSWORD).await;
    for door in Door::ALL {
        let (known, unknown) = (try_as(&app, door, "known").await.0, try_as(&app, door, "other").await.0);
        let body = |reply: &Reply, name: &str| {
            let nonce =
                reply.header("content-security-policy").split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
            reply.body.replace(name, "NAME").replace(nonce, "NONCE")
        };
        assert_eq!(known.status, unknown.status);
        assert_eq!(body(&known, "known"), body(&unknown, "other"), "{door:?}");
        assert_eq!(comparable(known.headers), comparable(unknown.headers), "{door:?}");
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// One round of interleaved tries; the gap between the medians, relative.
async fn gap(app: &TestApp) -> f64 {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        // Each is the first one; a guess that is not looked at takes no time.
        app.sql("delete from attempts").await;
        known.push(try_as(app, Door::Rpc, "known").await.1);
        unknown.push(try_as(app, Door::Rpc, "other").await.1);
    }
    let (known, unknown) = (median(known), median(unknown));
    (known - unknown).abs() / known.max(unknown)
}

/// Runs alone (`make test` sees to it): other tests beside it would only add noise. A real gap shows in every round,
/// noise does not, so that one clean round of three is enough.
#[tokio::test]
#[ignore = "runs alone, with the real hashing cost"]
#[expect(clippy::print_stdout, reason = "the figure is the point")]
async fn log_2_the_times_are_the_same() {
    let app = TestApp::at_full_cost().await;
    app.register("known", PASSWORD).await;
    let mut gaps = Vec::new();
    for _ in 0..3 {
        gaps.push(gap(&app).await);
        if gaps.iter().any(|gap| *gap < MAX_GAP) {
            println!("gaps between the medians of {TRIES} tries: {gaps:?}");
            return;
        }
    }
    panic!("the medians differ in every round: {gaps:?}");
}
