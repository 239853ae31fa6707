//! Settings on a screen, and what standard output and standard error get.

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use super::{PASSWORD, block_on, database, folder, say};
use crate::support::binary::{CANARY, USAGE, WORLD, complaints, failure, finish, latchkey, start};
use crate::support::placed;

#[test]
fn cfg_3_the_settings_are_listed_with_their_origin_and_without_secrets() {
    let folder = folder();
    let file = folder.path().join("latchkey.toml");
    fs::write(&file, format!("secret_key = '{CANARY}-0123456789-0123456789-0123456789'")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.path().join(".env"), "LATCHKEY_SIGN_UP=closed").unwrap();
    let settings: Value = serde_json::from_str(&say(&folder, "config --json --refresh-grace 5")).unwrap();
    let at = |key: &str, what: &str| settings[key][what].as_str().unwrap().to_owned();
    assert_eq!((at("sign_up", "value"), at("sign_up", "from")), ("closed".into(), ".env".into()));
    assert_eq!((at("refresh_grace", "value"), at("refresh_grace", "from")), ("5".into(), "flag".into()));
    assert_eq!((at("listen", "from"), at("env", "from")), ("environment".into(), "default".into()));
    assert_eq!(at("secret_key", "value"), "(set)");
    assert!(at("secret_key", "from").ends_with("latchkey.toml"));
    let table = say(&folder, "config");
    assert!(table.lines().count() > 16 && !format!("{settings}{table}").contains(CANARY), "{table}");
    assert!(table.contains("LATCHKEY_SIGN_UP") && table.contains("closed"));
    assert!(!folder.path().join("data").exists(), "it touched the data folder");
}

#[test]
fn settings_that_cannot_be_used_are_listed_all_the_same() {
    let folder = folder();
    for (setting, words) in [
        (("LATCHKEY_SIGN_UP", "hush"), "must be one of open, closed"),
        (("LATCHKEY_COLOUR", "red"), "unknown variable LATCHKEY_COLOUR"),
        (("DATABASE_URL", "oracle://me:hush-canary@localhost/x"), "use sqlite"),
        (("DATABASE_URL", "postgresql://me:hush-canary@localhost"), "names no database"),
        (("LATCHKEY_DATABASE_PASSWORD", "hush-canary"), "DATABASE_URL names none"),
        (("LATCHKEY_PUBLIC_URL", "https://me:hush-canary@a.example"), "user name"),
        (("LATCHKEY_LOG", "latchkey=loud"), "no log filter"),
    ] {
        for flags in [&["config"][..], &["config", "--json"]] {
            let (listed, line) =
                failure(latchkey(folder.path()).env_remove("DATABASE_URL").envs([setting]).args(flags), USAGE);
            assert!(line.contains(words), "{line}");
            assert!(listed.contains("LATCHKEY_REFRESH_GRACE") && listed.contains("LATCHKEY_HASH_PERMITS"), "{listed}");
        }
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn what_the_operator_does_is_logged_and_nothing_else_unless_it_is_asked_for() {
    let folder = folder();
    let email = |name: &str| format!("{name}@example.com");
    let line = r#"{"email":"cleo@example.com","username":"cleo","password_hash":"$2b$04$abcdefghijklmnopqrstuu5s6vQKsBXO4QzBjPwQXGHJTjXhXyvQu"}"#;
    fs::write(folder.path().join("users.jsonl"), line).unwrap();
    say(&folder, "migrate");
    for (line, done) in [
        (format!("user add anna {}", email("anna")), &["was added by", "a password link for account "][..]),
        ("user import users.jsonl".to_owned(), &["accounts imported by the operator: 1"]),
        ("user grant anna admin".to_owned(), &["was given the role admin by"]),
        ("user grant anna admin".to_owned(), &[]),
        ("user disable cleo".to_owned(), &["was disabled by"]),
        ("user enable cleo".to_owned(), &["was enabled by"]),
        ("user password cleo".to_owned(), &["a password link for account "]),
        ("user sign-out cleo".to_owned(), &["was signed out by"]),
        ("user sign-out --all".to_owned(), &["everybody is being signed out by", "everybody was signed out by"]),
        ("user list".to_owned(), &[]),
        ("user delete cleo --yes".to_owned(), &["was deleted by"]),
    ] {
        let output = finish(latchkey(folder.path()).args(line.split(' ')), "");
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{line}: {log}");
        assert_eq!(log.lines().count(), done.len(), "{line} logged {log}");
        for (entry, words) in log.lines().zip(done) {
            let entry: Value = serde_json::from_str(entry).unwrap();
            assert_eq!((&entry["target"], &entry["actor"]), (&"latchkey::audit".into(), &"the operator".into()));
            assert!(entry["message"].as_str().unwrap().contains(words), "{line} logged {entry}");
        }
        assert!(!log.contains("anna") && !log.contains("cleo") && !log.contains("lkp1"), "{line} logged {log}");
    }
    let Output { stderr, .. } = finish(latchkey(folder.path()).args(["user", "password", "anna", "--log=off"]), "");
    assert!(stderr.is_empty(), "{stderr:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault_and_a_full_disk_is_one() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    for line in ["user list", "user list --json", "user show anna", "config", "--help", "migrate"] {
        let mut command = latchkey(folder.path());
        let mut child = command.args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""), "{line}");
    }
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = latchkey(folder.path()).args(["user", "list"]).stdout(full).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(WORLD));
    assert!(errors.contains("cannot write to standard output"), "{errors}");
}

#[test]
fn a_link_that_nobody_could_read_is_a_fault_and_says_how_to_get_another() {
    let folder = folder();
    let again = "run: latchkey user password anna";
    say(&folder, "user add boris boris@example.com");
    for full in [false, true] {
        for (line, words) in [
            ("user add anna anna@example.com", "the account was added; run: latchkey user password anna"),
            ("user password anna", "the link is lost; run again: latchkey user password anna"),
        ] {
            let mut command = latchkey(folder.path());
            command.args(line.split(' ')).stderr(Stdio::piped());
            if full {
                let Ok(full) = File::options().write(true).open("/dev/full") else { return };
                command.stdout(full);
            } else {
                // The reading end is closed before it starts.
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                command.stdout(writer);
            }
            let output = command.output().unwrap();
            let errors = complaints(&output.stderr);
            assert_eq!(output.status.code(), Some(WORLD), "{line}: {errors}");
            assert!(errors.contains("cannot write to standard output") && errors.contains(words), "{line}: {errors}");
        }
        assert!(say(&folder, again.trim_start_matches("run: latchkey ")).contains("/set-password?token="));
        say(&folder, "user delete anna --yes");
    }
}

#[test]
fn a_stranger_s_client_cannot_steer_the_operator_s_terminal() {
    let folder = folder();
    let server = start(folder.path(), &[]);
    server.register("anna", PASSWORD);
    block_on(async {
        let update = sqlx::AssertSqlSafe(placed("update sessions set user_agent = ?"));
        let update = sqlx::query(update).bind("a\u{1b}[31m\u{202e}b");
        update.execute(&mut database(&folder).await).await.unwrap();
    });
    let said = say(&folder, "user show anna");
    assert!(said.contains("a\u{fffd}[31m\u{fffd}b"), "{said:?}");
    // For programs nothing is lost, and a terminal is not steered either.
    let said = say(&folder, "user show anna --json");
    assert!(said.contains(r"a\u001b[31m\u202eb"), "{said:?}");
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(value["sessions"][0]["user_agent"], "a\u{1b}[31m\u{202e}b");
}
