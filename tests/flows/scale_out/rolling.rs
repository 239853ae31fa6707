//! Each process is restarted in turn while requests come, and none of them is lost (AVL-6).

use crate::support::figure;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use latchkey::paths::{self, api};
use serde_json::{Value, json};

use super::cluster::{Client, Cluster, PASSWORD};
use super::register;

const LASTS: Duration = Duration::from_secs(15);
/// 100 requests a second.
const BETWEEN: Duration = Duration::from_millis(10);
const CLIENTS: usize = 20;

/// One request, of a kind by its number: half of them change something. What was wrong with the answer, if anything was.
fn ask(client: &mut Client, number: u64) -> Option<String> {
    let (what, answer, expected) = match number % 20 {
        0 | 5 | 10 | 15 => ("POST /refresh", client.try_refresh(), 200),
        3 => {
            let fields = json!({"username": client.name(), "password": PASSWORD});
            ("POST /token", client.try_api("POST", api::TOKEN, &fields), 200)
        }
        1 | 7 | 11 | 14 | 17 => {
            let name = json!({"first_name": format!("Anna {number}")});
            ("PATCH /users/me", client.try_api("PATCH", api::ME, &name), 200)
        }
        2 => ("GET /profile", client.try_page(paths::PROFILE), 200),
        _ => ("GET /users/me", client.try_api("GET", api::ME, &Value::Null), 200),
    };
    match answer {
        Ok(answer) if answer.status == expected => None,
        Ok(answer) => Some(format!("{what}: {} {}", answer.status, answer.body)),
        Err(error) => Some(format!("{what}: {error}")),
    }
}

/// Sets its flag when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn avl_6_each_process_is_restarted_in_turn_at_a_hundred_requests_a_second_and_none_fails() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|number| {
            let (mut client, name) = (cluster.client(), format!("anna-{number}"));
            register(&mut client, &name);
            assert_eq!(client.sign_in_as(&name, PASSWORD), 200);
            client
        })
        .collect();
    let (is_over, next, begun) = (AtomicBool::new(false), AtomicU64::new(0), Instant::now());
    let failed = Mutex::new(Vec::new());
    let (restarts, slowest) = thread::scope(|scope| {
        for mut client in clients {
            let (is_over, next, failed) = (&is_over, &next, &failed);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    // Requests come by the clock, however long an answer takes.
                    let due = BETWEEN * u32::try_from(number).unwrap();
                    thread::sleep(due.saturating_sub(begun.elapsed()));
                    if let Some(what) = ask(&mut client, number) {
                        failed.lock().unwrap().push((begun.elapsed(), what));
                    }
                }
            });
        }
        // Also when a restart fails.
        let _over = Over(&is_over);
        let (mut restarts, mut slowest) = (0, Duration::ZERO);
        // Longer where the machine is too busy for a hundred a second.
        let is_enough = || begun.elapsed() > LASTS && next.load(Ordering::SeqCst) >= 1000;
        while restarts < 3 || !is_enough() && begun.elapsed() < 4 * LASTS {
            slowest = slowest.max(cluster.restart(restarts % 3));
            restarts += 1;
        }
        (restarts, slowest)
    });
    let (asked, took) = (next.load(Ordering::SeqCst), begun.elapsed());
    figure(&format!("{asked} requests in {took:?}, {restarts} restarts, the slowest end took {slowest:?}"));
    assert_eq!(failed.into_inner().unwrap(), []);
    assert!(asked >= 1000, "only {asked} requests");
}
