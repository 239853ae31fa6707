//! A database as SQLAlchemy and passlib make it moves here, and nobody notices but by their new hash.

use std::path::Path;
use std::process::Command;

use latchkey::server::caller::Caller;
use latchkey::server::import::{self, Format, Outcome};
use serde::Deserialize;

use crate::support::{Door, TestApp, Verdict};

/// Somebody in the old database.
#[derive(Deserialize)]
struct Person {
    username: String,
    password: String,
    is_active: bool,
}

/// Makes the old database with the real Python libraries.
fn old_database(file: &Path, form: &str) -> Vec<Person> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/python/bin/python");
    assert!(python.exists(), "target/python is missing: run scripts/setup.sh test");
    let script = root.join("tests/support/tutorial_database.py");
    let output = Command::new(python).arg(script).arg(file).arg(form).output().unwrap();
    assert!(
        output.status.success(),
        "run scripts/setup.sh test; Python says: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn everyone_moves(form: &str, door: Door) {
    let app = TestApp::new().await;
    let file = app.folder.path().join("app.db");
    let people = old_database(&file, form);
    let report = import::run(&app.state, &Caller::operator(), &file, false).await.unwrap();
    assert_eq!(
        (report.format, report.outcome, report.accounts),
        (Format::Sqlite, Outcome::Imported, people.len()),
        "{report}"
    );
    assert!(
        report.to_string().contains("28 accounts, 26 with bcrypt, 2 with Argon2; 1 disabled, 0 administrators."),
        "{report}"
    );
    for (number, person) in people.iter().enumerate() {
        let email = format!("person{number}@example.com");
        // Old names and addresses both still work.
        let login = if number % 2 == 0 { person.username.as_str() } else { email.as_str() };
        let try_with = async |password: &str| {
            let browser = app.browser(door);
            browser.submit("sign_in", &[("username", login), ("password", password)]).await.verdict()
        };
        let wrong = try_with("canary-Nobody-has-this").await;
        assert!(matches!(wrong, Verdict::Refused(_)), "{login}");
        let right = try_with(&person.password).await;
        assert_eq!(right == Verdict::goes_to("/profile"), person.is_active, "{login}: {right:?}");
        if person.is_active {
            assert_eq!(try_with(&person.password).await, Verdict::goes_to("/profile"), "{login}, with the new hash");
        }
    }
    let left =
        app.count("select count(*) from accounts where is_active = 1 and password_hash not like '$argon2id$%'").await;
    assert_eq!(left, 0, "everybody who signed in has an Argon2id hash");
    let bcrypt = app.count("select count(*) from accounts where is_active = 0 and password_hash like '$2b$%'").await;
    assert_eq!(bcrypt, 1, "who may not sign in keeps theirs");
    if form == "full" {
        let names = app.text("select first_name || ' ' || last_name from accounts where username = 'Вера'").await;
        assert_eq!(names, "Вера first O'Hara");
    }
}

#[tokio::test]
async fn pwd_4_everyone_of_a_tutorial_database_signs_in_with_the_old_password_and_is_on_argon2id_afterwards() {
    everyone_moves("full", Door::Form).await;
}

#[tokio::test]
async fn the_short_form_of_a_tutorial_database_moves_too() {
    everyone_moves("short", Door::Rpc).await;
}
