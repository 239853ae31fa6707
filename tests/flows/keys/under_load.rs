//! Keys are rotated, retired and at last revoked by commands, while the real server answers a hundred requests a second.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use super::{PASSWORD, kid};
use crate::support::binary::{Running, run, start};

const LASTS: Duration = Duration::from_secs(30);
/// 125 requests a second, so that a hundred remain when the machine is busy.
const BETWEEN: Duration = Duration::from_millis(8);
const CLIENTS: usize = 10;

struct Client {
    agent: Agent,
    url: String,
    access: String,
    refresh: String,
}

impl Client {
    fn sign_in(server: &Running) -> Self {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut client = Self { agent, url: server.url.clone(), access: String::new(), refresh: String::new() };
        let (status, body) = client.post("/token", &json!({"username": "anna", "password": PASSWORD}));
        assert_eq!(status, 200, "{body}");
        client.keep(&body);
        client
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let mut reply = request.send(body.to_string()).unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        (reply.status().as_u16(), serde_json::from_str(&text).unwrap())
    }

    fn keep(&mut self, tokens: &Value) {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (self.access, self.refresh) = (text("access_token"), text("refresh_token"));
    }

    fn refresh(&mut self) -> u16 {
        let (status, body) = self.post("/refresh", &json!({"refresh_token": self.refresh}));
        if status == 200 {
            self.keep(&body);
        }
        status
    }

    fn ask(&self) -> u16 {
        let request = self.agent.get(format!("{}/users/me", self.url));
        let mut reply = request.header("authorization", format!("Bearer {}", self.access)).call().unwrap();
        reply.body_mut().read_to_string().unwrap();
        reply.status().as_u16()
    }
}

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
    let clients: Vec<Client> = (0..CLIENTS).map(|_| Client::sign_in(&server)).collect();
    let (is_over, next, begun) = (AtomicBool::new(false), AtomicU64::new(0), Instant::now());
    let (refused, signers) = (Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
    let (changes, mut clients): (usize, Vec<Client>) = thread::scope(|scope| {
        let operator = scope.spawn(|| operate(folder.path(), &is_over));
        let work = |mut client: Client| {
            let (next, refused, signers) = (&next, &refused, &signers);
            move || {
                while begun.elapsed() < LASTS {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    // Requests come by the clock, however long an answer takes.
                    let due = BETWEEN * u32::try_from(number).unwrap();
                    thread::sleep(due.saturating_sub(begun.elapsed()));
                    let (what, status) =
                        if number % 10 == 0 { ("/refresh", client.refresh()) } else { ("/users/me", client.ask()) };
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
    assert!(of_key.iter().all(|client| client.ask() == 200));
    run(folder.path(), &["keys", "revoke", &stolen]);
    let revoked = Instant::now();
    while of_key.iter().any(|client| client.ask() != 401) {
        assert!(revoked.elapsed() < Duration::from_secs(5), "still believed after {:?}", revoked.elapsed());
    }
    assert!(of_key.iter_mut().all(|client| client.refresh() == 200 && client.ask() == 200), "nobody was signed out");
    assert!(of_key.iter().all(|client| kid(&client.access) != stolen));
    let log = server.terminate();
    assert!(!log.contains("ERROR"), "{log}");
}
