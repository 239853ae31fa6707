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

/// A way that a guess can go, and how often it is tried.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// It is looked at.
    Compared,
    /// Too many came from where it comes from.
    Throttled,
    /// The same, with a device's token: the account is looked up to know whose.
    ThrottledWithToken,
    /// The name is locked.
    Locked,
}

impl Way {
    /// What is refused takes a thirtieth of the time, and is the more easily disturbed.
    fn tries(self) -> usize {
        if matches!(self, Self::Compared) { TRIES } else { 5 * TRIES }
    }

    async fn prepare(self, app: &TestApp) {
        app.sql("delete from attempts").await;
        if matches!(self, Self::Throttled | Self::ThrottledWithToken) {
            for number in 0..20 {
                self.go(app, &format!("nobody-{number}")).await;
            }
        }
        for name in ["known", "other"].into_iter().cycle().take(20).filter(|_| matches!(self, Self::Locked)) {
            self.go(app, name).await;
        }
    }

    async fn go(self, app: &TestApp, username: &str) -> (u16, Duration) {
        let browser = app.browser(Door::Rpc);
        let browser = if matches!(self, Self::Locked) { browser } else { browser.coming_from("192.0.2.1") };
        if matches!(self, Self::ThrottledWithToken) {
            browser.set_cookie("latchkey-device", Some(&format!("lkd1.{}.{}", "a".repeat(22), "A".repeat(43))));
        }
        let start = Instant::now();
        let reply = browser.submit("sign_in", &[("username", username), ("password", "canary-Timing-wrong")]).await;
        (reply.status.as_u16(), start.elapsed())
    }
}

/// One round of interleaved tries; the gap between the medians, relative.
async fn gap(app: &TestApp, way: Way) -> f64 {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    way.prepare(app).await;
    let timed = async |username| {
        let (status, time) = way.go(app, username).await;
        assert_eq!(status, if matches!(way, Way::Compared) { 401 } else { 429 }, "{way:?}: {username}");
        time
    };
    for number in 0..way.tries() {
        if matches!(way, Way::Compared) {
            // Each is the first one; a guess that is not looked at takes no time.
            app.sql("delete from attempts").await;
        }
        // Each goes first as often as the other.
        if number % 2 == 0 {
            known.push(timed("known").await);
        }
        unknown.push(timed("other").await);
        if number % 2 == 1 {
            known.push(timed("known").await);
        }
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
    for way in [Way::Compared, Way::Throttled, Way::ThrottledWithToken, Way::Locked] {
        let mut gaps = Vec::new();
        while gaps.iter().all(|gap| *gap >= MAX_GAP) {
            assert!(gaps.len() < 3, "{way:?}: the medians differ in every round: {gaps:?}");
            gaps.push(gap(&app, way).await);
        }
        println!("{way:?}: gaps between the medians of {} tries: {gaps:?}", way.tries());
    }
}
