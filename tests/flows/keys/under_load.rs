//! Keys are rotated, retired and at last revoked by commands, while the real server answers a hundred requests a second.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use latchkey::paths::api::ME;
use serde_json::Value;

use super::{PASSWORD, kid};
use crate::support::binary::{run, start};
use crate::support::program::Program;

const LASTS: Duration = Duration::from_secs(30);
/// 125 requests a second, so that a hundred remain when the machine is busy.
const BETWEEN: Duration = Duration::from_millis(8);
const CLIENTS: usize = 10;

/// What the operator does all the while: each kind of change, one after the other.
fn operate(folder: &Path, is_over: &AtomicBool) -> usize {
    let mut changes = 0;
    while !is_over.load(Ordering::SeqCst) {
        run(folder, &["keys", "rotate", "--now"]);
        run(folder, &["keys", "rotate"]);
        run(folder, &["keys", "rotate", "--now"]);
        let signing = keys(folder).into_iter().find(|key| key["state"] == "signing").unwrap();
        run(folder, &["keys", "retire", signing["kid"].as_str().unwrap()]);
        changes += 4;
        // Each takeover takes five seconds: one more change at once would put it off for ever.
        let until = Instant::now() + Duration::from_secs(6);
        while Instant::now() < until && !is_over.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(50));
        }
    }
    changes
}

fn keys(folder: &Path) -> Vec<Value> {
    run(folder, &["keys", "list", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn key_1_thirty_seconds_of_rotation_at_a_hundred_requests_a_second_refuse_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &[("LATCHKEY_LOG", "warn")]);
    server.register("anna", PASSWORD);
    let clients: Vec<Program> = (0..CLIENTS).map(|_| Program::sign_in(&server, "anna", PASSWORD)).collect();
    let (is_over, next, begun) = (AtomicBool::new(false), AtomicU64::new(0), Instant::now());
    let (refused, signers) = (Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
    let (changes, mut clients): (usize, Vec<Program>) = thread::scope(|scope| {
        let operator = scope.spawn(|| operate(folder.path(), &is_over));
        let work = |mut client: Program| {
            let (next, refused, signers) = (&next, &refused, &signers);
            move || {
                while begun.elapsed() < LASTS {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    // Requests come by the clock, however long an answer takes.
                    let due = BETWEEN * u32::try_from(number).unwrap();
                    thread::sleep(due.saturating_sub(begun.elapsed()));
                    let (what, status) =
                        if number % 10 == 0 { ("/refresh", client.refresh()) } else { ("/users/me", client.ask(ME)) };
                    signers.lock().unwrap().insert(kid(&client.access));
                    if status != 200 {
                        refused.lock().unwrap().push((begun.elapsed(), what, status));
                    }
                }
                client
            }
        };
        let workers: Vec<_> = clients.into_iter().map(|client| scope.spawn(work(client))).collect();
        let clients = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        is_over.store(true, Ordering::SeqCst);
        (operator.join().unwrap(), clients)
    });
    let (asked, signers) = (next.load(Ordering::SeqCst), signers.into_inner().unwrap().len());
    assert_eq!(refused.into_inner().unwrap(), []);
    assert!(asked >= 3000, "only {asked} requests");
    assert!(changes >= 12 && signers >= 3, "only {changes} changes, {signers} keys that signed");

    // And the emergency: every token of the key that signs is refused by the running server within five seconds.
    assert!(clients.iter_mut().all(|client| client.refresh() == 200));
    let stolen = kid(&clients[0].access);
    let (mut of_key, _): (Vec<_>, Vec<_>) = clients.iter_mut().partition(|client| kid(&client.access) == stolen);
    assert!(of_key.iter().all(|client| client.ask(ME) == 200));
    run(folder.path(), &["keys", "revoke", &stolen]);
    let revoked = Instant::now();
    while of_key.iter().any(|client| client.ask(ME) != 401) {
        assert!(revoked.elapsed() < Duration::from_secs(5), "still believed after {:?}", revoked.elapsed());
    }
    assert!(of_key.iter_mut().all(|client| client.refresh() == 200 && client.ask(ME) == 200), "nobody was signed out");
    assert!(of_key.iter().all(|client| kid(&client.access) != stolen));
    let log = server.terminate();
    assert!(!log.contains("ERROR"), "{log}");
}
