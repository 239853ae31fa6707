//! Several processes on one database server: whoever is asked gives the same answer. `scripts/with-databases.sh` brings the servers.

mod cluster;
mod rolling;
mod starts;

use crate::support::figure;
use std::thread;
use std::time::{Duration, Instant};

use latchkey::paths::{self, api};
use serde_json::{Value, json};

use cluster::{Client, Cluster, PASSWORD};

const NEWER: &str = "canary-Newer-Qz3-pw";
const WRONG: &str = "canary-Wrong-Qz3-pw";

/// The form of the profile that is called so.
fn profile_form(name: &str) -> String {
    format!("{}?{}={name}", paths::PROFILE, paths::FORM)
}

fn register(client: &mut Client, name: &str) {
    let email = format!("{name}@example.com");
    let fields = [("email", email.as_str()), ("username", name), ("password", PASSWORD)];
    assert_eq!(client.form(paths::REGISTER, &fields).status, 303, "{name} registers");
}

/// The id of the session that a program holds.
fn own_session(client: &mut Client) -> String {
    let list = client.api("GET", api::MY_SESSIONS, &Value::Null).json();
    let items = list["items"].as_array().unwrap();
    let own: Vec<_> = items.iter().filter(|item| item["is_current"] == true).collect();
    own.first().unwrap_or_else(|| panic!("{list}"))["id"].as_str().unwrap().to_owned()
}

/// All that a person does with forms and by the API, each step wherever nginx sends it.
fn live(cluster: &Cluster, admin: &mut Client, name: &str) {
    let (mut form, mut rpc, mut program) = (cluster.client(), cluster.client(), cluster.client());
    register(&mut form, name);
    assert!(form.is_in());
    let email = format!("{name}@example.com");
    assert_eq!(rpc.form(paths::rpc::SIGN_IN, &[("username", &email), ("password", PASSWORD)]).status, 200);
    assert_eq!(program.sign_in_as(name, PASSWORD), 200);
    assert!(rpc.page(paths::PROFILE).body.contains(&email));

    // Details, e-mail address, refresh; and each is seen by the others at once.
    let details = [("username", name), ("first_name", "Ада"), ("last_name", "Л.")];
    assert_eq!(form.form(&profile_form("details"), &details).status, 303);
    assert!(rpc.page(paths::PROFILE).body.contains("Ада"));
    let email = format!("{name}@new.example");
    let fields = [("email", email.as_str()), ("current_password", PASSWORD)];
    assert_eq!(rpc.form(paths::rpc::UPDATE_PROFILE, &fields).status, 200);
    assert_eq!(program.api("GET", api::ME, &Value::Null).json()["email"], json!(email));
    for _ in 0..3 {
        assert_eq!(program.try_refresh().unwrap().status, 200);
        assert_eq!(program.me(), 200);
    }

    // The list of sessions, and the end of one.
    let mut second = cluster.client();
    assert_eq!(second.sign_in_as(&email, PASSWORD), 200);
    let id = own_session(&mut second);
    assert_eq!(form.page(paths::SESSIONS).status, 200);
    assert_eq!(form.form(paths::SESSIONS, &[("session", &id)]).status, 303);
    assert_eq!((second.me(), second.try_refresh().unwrap().status, program.me()), (401, 401, 200));

    // A new password ends the others; the link of an administrator ends all.
    let fields = [("current_password", PASSWORD), ("new_password", NEWER)];
    assert_eq!(form.form(&profile_form("password"), &fields).status, 303);
    assert!(form.is_in() && !rpc.is_in());
    assert_eq!((program.me(), program.sign_in_as(name, PASSWORD), program.sign_in_as(name, NEWER)), (401, 401, 200));
    let link = cluster.command(&["user", "password", name], "");
    let link = link.split_whitespace().find(|word| word.starts_with(&cluster.url)).unwrap();
    let id = program.api("GET", api::ME, &Value::Null).json()["id"].to_string();
    let mut holder = cluster.client();
    assert_eq!(holder.page(link.strip_prefix(&cluster.url).unwrap()).location, paths::SET_PASSWORD);
    let fields = [("account", id.as_str()), ("new_password", PASSWORD)];
    assert_eq!(holder.form(paths::SET_PASSWORD, &fields).status, 303);
    assert!(!form.is_in() && program.me() == 401);
    assert_eq!((program.sign_in_as(name, NEWER), program.sign_in_as(name, PASSWORD)), (401, 200));
    assert_eq!(form.form(paths::LOGIN, &[("username", name), ("password", PASSWORD)]).status, 303);

    administrate(admin, name, &id, &mut program);
    // Signing out, at each door; then the account goes.
    assert!(form.is_in());
    assert_eq!(form.form(paths::SIGN_OUT, &[]).status, 303);
    assert!(!form.is_in());
    assert_eq!(program.sign_in_as(name, PASSWORD), 200);
    assert_eq!(program.api("POST", api::LOGOUT, &Value::Null).status, 204);
    assert_eq!(program.me(), 401);
    assert_eq!(admin.api("DELETE", &api::USER.replace("{id}", &id), &Value::Null).status, 204);
    assert_eq!(program.sign_in_as(name, PASSWORD), 401);
}

/// What an administrator does with the account by the API. Its browser stays signed in.
fn administrate(admin: &mut Client, name: &str, id: &str, program: &mut Client) {
    let found = admin.api("GET", &format!("{}?search={name}", api::USERS), &Value::Null).json();
    assert_eq!(found["items"][0]["id"].to_string(), id);
    let user = api::USER.replace("{id}", id);
    assert_eq!(admin.api("PATCH", &user, &json!({"roles": ["editor"]})).status, 200);
    assert_eq!(program.api("GET", api::ME, &Value::Null).json()["roles"], json!(["editor", "user"]));
    assert_eq!(admin.api("GET", &api::USER_SESSIONS.replace("{id}", id), &Value::Null).status, 200);
    assert_eq!(admin.try_refresh().unwrap().status, 200);
}

#[test]
fn every_journey_works_with_its_requests_spread_over_three_processes() {
    let Some(cluster) = Cluster::start(&[("LATCHKEY_ROLES", "editor")]) else { return };
    cluster.command(&["user", "add", "root", "root@example.com", "--role", "admin", "--password-stdin"], PASSWORD);
    thread::scope(|scope| {
        for person in 0..4 {
            let cluster = &cluster;
            scope.spawn(move || {
                let mut admin = cluster.client();
                assert_eq!(admin.sign_in_as("root", PASSWORD), 200);
                for round in 0..5 {
                    live(cluster, &mut admin, &format!("person-{person}-{round}"));
                }
            });
        }
    });
    let spread = cluster.end();
    assert!(spread.iter().all(|count| *count > 100), "{spread:?}");
    figure(&format!("requests by process: {spread:?}"));
}

/// Asks every process at the same moment.
fn at_once(clients: &mut [Client], ask: impl Fn(&mut Client) -> u16 + Sync) -> Vec<u16> {
    let ask = &ask;
    thread::scope(|scope| {
        let asked: Vec<_> = clients.iter_mut().map(|client| scope.spawn(move || ask(client))).collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}

#[test]
fn what_ends_on_one_process_has_ended_on_the_others_with_the_next_request() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    cluster.command(&["user", "add", "root", "root@example.com", "--role", "admin", "--password-stdin"], PASSWORD);
    let mut admin = cluster.client_of(0);
    assert_eq!(admin.sign_in_as("root", PASSWORD), 200);
    register(&mut cluster.client(), "anna");
    for round in 0..10 {
        // A session that is ended where it was not begun, a browser that signs out, an account that is disabled.
        let mut program = cluster.client_of(round % 3);
        assert_eq!(program.sign_in_as("anna", PASSWORD), 200);
        let id = own_session(&mut program);
        let mut copies = cluster.everywhere(&program);
        assert_eq!(at_once(&mut copies, Client::me), [200; 3]);
        let path = api::MY_SESSION.replace("{id}", &id);
        assert_eq!(copies[(round + 1) % 3].api("DELETE", &path, &Value::Null).status, 204);
        assert_eq!(at_once(&mut copies, Client::me), [401; 3], "round {round}");

        let mut browser = cluster.client_of(round % 3);
        assert_eq!(browser.form(paths::LOGIN, &[("username", "anna"), ("password", PASSWORD)]).status, 303);
        let mut copies = cluster.everywhere(&browser);
        assert_eq!(browser.form(paths::SIGN_OUT, &[]).status, 303);
        assert_eq!(at_once(&mut copies, |copy| u16::from(copy.is_in())), [0; 3], "round {round}");

        assert_eq!(program.sign_in_as("anna", PASSWORD), 200);
        let user = program.api("GET", api::ME, &Value::Null).json()["id"].to_string();
        let user = api::USER.replace("{id}", &user);
        let mut copies = cluster.everywhere(&program);
        assert_eq!(admin.api("PATCH", &user, &json!({"is_active": false})).status, 200);
        let refused = at_once(&mut copies, Client::me);
        assert!(refused.iter().all(|status| [400, 401].contains(status)), "round {round}: {refused:?}");
        let signed_in = at_once(&mut copies, |copy| copy.sign_in_as("anna", PASSWORD));
        assert_eq!(signed_in, [401; 3], "round {round}");
        assert_eq!(admin.api("PATCH", &user, &json!({"is_active": true})).status, 200);
    }
}

#[test]
fn log_3_wrong_passwords_on_three_processes_are_one_count() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    for name in ["anna", "boris", "nobody"] {
        if name != "nobody" {
            register(&mut cluster.client(), name);
        }
        let mut guessers: Vec<_> = (0..3).map(|at| cluster.client_of(at)).collect();
        let guesses = (0..12).map(|number| guessers[number % 3].sign_in_as(name, WRONG));
        let (free, locked): (Vec<_>, Vec<_>) = guesses.enumerate().partition(|(number, _)| *number < 10);
        assert!(free.iter().all(|(_, status)| *status == 401), "{name}: {free:?}");
        assert!(locked.iter().all(|(_, status)| *status == 429), "{name}: {locked:?}");
        let right = at_once(&mut guessers, |guesser| guesser.sign_in_as(name, PASSWORD));
        assert_eq!(right, [429; 3], "{name}: the lock holds for the right password, too");
    }
    // What one process has locked, an operator's command opens for all.
    cluster.command(&["user", "unlock", "anna"], "");
    let mut guessers: Vec<_> = (0..3).map(|at| cluster.client_of(at)).collect();
    assert_eq!(at_once(&mut guessers, |guesser| guesser.sign_in_as("anna", PASSWORD)), [200; 3]);
}

#[test]
fn key_2_a_key_that_a_command_revokes_is_refused_by_three_processes_within_five_seconds() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    register(&mut cluster.client(), "anna");
    let mut slowest = Duration::ZERO;
    for round in 0..3 {
        let mut program = cluster.client_of(round);
        assert_eq!(program.sign_in_as("anna", PASSWORD), 200);
        let key = jsonwebtoken::decode_header(program.access()).unwrap().kid.unwrap();
        let mut copies = cluster.everywhere(&program);
        assert_eq!(at_once(&mut copies, Client::me), [200; 3]);
        cluster.command(&["keys", "revoke", &key], "");
        let revoked = Instant::now();
        for copy in &mut copies {
            while copy.me() != 401 {
                assert!(revoked.elapsed() < Duration::from_secs(5), "still believed after {:?}", revoked.elapsed());
            }
        }
        slowest = slowest.max(revoked.elapsed());
        // Nobody is signed out by it: a refresh, wherever, is believed everywhere.
        assert_eq!(copies[2 - round].try_refresh().unwrap().status, 200);
        assert_eq!(at_once(&mut cluster.everywhere(&copies[2 - round]), Client::me), [200; 3]);
    }
    figure(&format!("a revoked key was refused by all after {slowest:?} at most"));
}
