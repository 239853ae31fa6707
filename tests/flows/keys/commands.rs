//! `latchkey keys …` by the real binary, beside a running server or without one.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tempfile::TempDir;

use super::PASSWORD;
use crate::support::Kind;
use crate::support::binary::{USAGE, WORLD, finish, latchkey, refusal, run, start};

/// One in which a server has made its first key.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).terminate();
    folder
}

fn say(folder: &Path, line: &str) -> String {
    run(folder, &line.split(' ').collect::<Vec<_>>())
}

fn listed(folder: &Path) -> Vec<Value> {
    say(folder, "keys list --json").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The names of the keys in this state.
fn kids(folder: &Path, state: &str) -> Vec<String> {
    let keys = listed(folder).into_iter().filter(|key| key["state"] == state);
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_listed_with_what_they_do_and_until_when() {
    let folder = folder();
    let keys = listed(folder.path());
    assert_eq!(keys.len(), 1);
    let key = &keys[0];
    assert_eq!(
        (&key["algorithm"], &key["state"], &key["retired_at"]),
        (&"EdDSA".into(), &"signing".into(), &Value::Null)
    );
    assert_eq!(key["created_at"], key["signs_from"]);
    let old = key["kid"].as_str().unwrap();
    let said = say(folder.path(), "keys rotate");
    let new = said.split(' ').next().unwrap();
    assert!(said.contains("(EdDSA) is published; it signs from 20") && said.ends_with("UTC on\n"), "{said}");
    let table = say(folder.path(), "keys list");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("KID ") && lines[0].ends_with("BELIEVED UNTIL"), "{table}");
    assert!(lines[1].starts_with(new) && lines[1].contains("next") && lines[1].ends_with('-'), "{table}");
    assert!(lines[2].starts_with(old) && lines[2].contains("signing") && lines[2].ends_with("UTC"), "{table}");
    let said = say(folder.path(), "keys rotate --now");
    assert!(said.contains("may refuse its tokens until 5 minutes from now"), "{said}");
}

#[test]
fn key_2_a_command_revokes_and_retires_and_says_what_takes_the_place() {
    let folder = folder();
    let first = kids(folder.path(), "signing").remove(0);
    let said = say(folder.path(), &format!("keys revoke {first}"));
    let second = kids(folder.path(), "signing").remove(0);
    let expected =
        format!("{first} is revoked; every token of it is refused within 5 seconds\n{second} (EdDSA) takes its place");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(kids(folder.path(), "revoked"), [first.as_str()]);
    assert_eq!(say(folder.path(), &format!("keys revoke {first}")), format!("{first} was revoked already\n"));
    let said = say(folder.path(), &format!("keys retire {second}"));
    let third = kids(folder.path(), "next").remove(0);
    assert!(said.starts_with(&format!("{second} is retired; its tokens are believed until 20")), "{said}");
    assert!(said.contains(&format!("{third} (EdDSA) takes its place")), "{said}");
    let said = say(folder.path(), &format!("keys retire {first}"));
    assert!(said.starts_with(&format!("{first} signs no more already")), "{said}");
}

#[test]
fn key_2_a_command_revokes_one_key_or_all_and_never_neither() {
    let folder = folder();
    let first = kids(folder.path(), "signing").remove(0);
    let second = say(folder.path(), "keys rotate").split(' ').next().unwrap().to_owned();
    for (line, words) in [
        ("keys revoke".to_owned(), "KID or --all is missing"),
        (format!("keys revoke {first} --all"), "exclude each other"),
    ] {
        let said = refusal(latchkey(folder.path()).args(line.split(' ')), USAGE);
        assert!(said.contains(words), "{line} was answered with {said}");
    }
    assert!(kids(folder.path(), "revoked").is_empty());
    let said = say(folder.path(), "keys revoke --all");
    let third = kids(folder.path(), "signing").remove(0);
    assert!(said.contains(&format!("{first} is revoked; every token of it")), "{said}");
    assert!(said.contains(&format!("{second} is revoked; every token of it")), "{said}");
    assert!(said.contains(&format!("{third} (EdDSA) takes their place; it signs from 20")), "{said}");
    assert_eq!((kids(folder.path(), "revoked").len(), listed(folder.path()).len()), (2, 3));
}

#[test]
fn what_cannot_be_done_with_keys_is_one_line() {
    let empty = tempfile::tempdir().unwrap();
    let words =
        if Kind::of_this_run() == Kind::Sqlite { "there is no database at" } else { "is empty; check DATABASE_URL" };
    for line in ["keys list", "keys rotate", "keys revoke x"] {
        let said = refusal(latchkey(empty.path()).args(line.split(' ')), WORLD);
        assert!(said.contains(words), "{said}");
    }
    let folder = folder();
    let kid = kids(folder.path(), "signing").remove(0);
    for (line, code, words) in [
        ("keys revoke hush-canary", WORLD, "there is no such key; see latchkey keys list"),
        ("keys retire hush-canary", WORLD, "there is no such key; see latchkey keys list"),
        ("keys show hush-canary", WORLD, "there is no such key; see latchkey keys list"),
        (&format!("keys show {kid} --secret"), USAGE, "leave --secret away"),
        ("keys retire", USAGE, "KID is missing"),
    ] {
        let said = refusal(latchkey(folder.path()).args(line.split(' ')), code);
        assert!(said.contains(words), "{line} was answered with {said}");
    }
}

#[test]
fn each_change_of_a_key_is_logged_with_its_name_and_nothing_secret() {
    let folder = folder();
    let kid = kids(folder.path(), "signing").remove(0);
    for (line, done) in [
        ("keys list".to_owned(), None),
        (format!("keys show {kid}"), None),
        (format!("keys retire {kid}"), Some("was retired by the operator")),
        ("keys rotate".to_owned(), Some("made, to sign from 20")),
        (format!("keys retire {kid}"), None),
        (format!("keys revoke {kid}"), Some("was revoked by the operator")),
        (format!("keys revoke {kid}"), None),
    ] {
        let output = finish(latchkey(folder.path()).args(line.split(' ')), "");
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{line}: {log}");
        assert_eq!(log.lines().count(), usize::from(done.is_some()), "{line} logged {log}");
        let Some(words) = done else { continue };
        let entry: Value = serde_json::from_str(log.trim()).unwrap();
        assert_eq!((&entry["target"], &entry["actor"]), (&"latchkey::audit".into(), &"the operator".into()));
        assert!(entry["message"].as_str().unwrap().contains(words), "{line} logged {entry}");
        assert_eq!(entry["key"].as_str().unwrap().len(), 22);
    }
}

#[test]
fn key_1_a_command_that_changes_no_key_makes_none_whatever_its_algorithm() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["migrate"]);
    run(folder.path(), &["user", "list"]);
    assert!(listed(folder.path()).is_empty(), "who makes nothing needs no key");
    say(folder.path(), "user add anna anna@example.com");
    let before = listed(folder.path());
    assert_eq!(before.len(), 1, "it binds the database to its secret");
    start(folder.path(), &[]).terminate();
    assert_eq!(listed(folder.path()), before);
    let kid = before[0]["kid"].as_str().unwrap();
    for line in ["keys list", "user list", "user show anna", "user disable anna", &format!("keys show {kid}")] {
        let output = finish(latchkey(folder.path()).env("ALGORITHM", "ES256").args(line.split(' ')), "");
        assert!(output.status.success(), "{line}: {output:?}");
        assert_eq!(listed(folder.path()), before, "{line}");
    }
}

#[test]
fn key_1_a_rotation_with_another_algorithm_than_the_server_s_says_so() {
    let folder = folder();
    let rotate = |algorithm: &str| {
        let output = finish(latchkey(folder.path()).env("ALGORITHM", algorithm).args(["keys", "rotate"]), "");
        let [said, log] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success() && said.contains(&format!("({algorithm}) is published")), "{said}{log}");
        log.lines().filter(|line| line.starts_with("latchkey: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(rotate("EdDSA").is_empty());
    let warning =
        "latchkey: ALGORITHM is ES256 here, but the keys that sign are of EdDSA; a key that is made here is of ES256";
    assert_eq!(rotate("ES256"), [warning]);
    assert_eq!(kids(folder.path(), "signing").len(), 1, "EdDSA signs on");
}

#[test]
fn jwt_7_what_a_key_s_tokens_are_verified_with_is_shown() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let folder = tempfile::tempdir().unwrap();
        let server = start(folder.path(), &[("ALGORITHM", algorithm)]);
        let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
        let mut reply = agent.get(format!("{}/.well-known/jwks.json", server.url)).call().unwrap();
        let set: Value = serde_json::from_str(&reply.body_mut().read_to_string().unwrap()).unwrap();
        let published = &set["keys"][0];
        let line = format!("keys show {}", published["kid"].as_str().unwrap());
        let output = finish(latchkey(folder.path()).env("ALGORITHM", algorithm).args(line.split(' ')), "");
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&shown, &shown["alg"]), (published, &algorithm.into()));
        assert!(shown.get("d").is_none() && shown.get("k").is_none());
    }
}

#[test]
fn jwt_7_the_secret_of_hs256_is_shown_to_who_asks_for_it_and_has_256_bits() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &[("ALGORITHM", "HS256")]);
    let cookies = server.register("anna", PASSWORD);
    let token = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("latchkey-access=")).unwrap();
    let kid = super::kid(token);
    let command = |flags: &str| {
        let mut command = latchkey(folder.path());
        command.env("ALGORITHM", "HS256").args(format!("keys show {kid}{flags}").split(' '));
        command
    };
    assert!(refusal(&mut command(""), USAGE).contains("add --secret to see it"));
    let output = finish(&mut command(" --secret"), "");
    let (said, log) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let jwk: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&jwk["kty"], &jwk["alg"], &jwk["kid"]), (&"oct".into(), &"HS256".into(), &kid.as_str().into()));
    let secret = URL_SAFE_NO_PAD.decode(jwk["k"].as_str().unwrap()).unwrap();
    assert_eq!(secret.len(), 32);
    assert!(log.contains("was shown, with its secret, by the operator") && !log.contains(jwk["k"].as_str().unwrap()));
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[&server.url]);
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).unwrap();
    assert_eq!(jsonwebtoken::decode::<Value>(token, &decoding, &validation).unwrap().claims["username"], "anna");
}

#[test]
fn key_1_a_wrong_secret_at_a_command_changes_nothing() {
    let folder = folder();
    let before = listed(folder.path());
    for line in ["keys list", "keys rotate --now", "user list"] {
        let mut command = latchkey(folder.path());
        command.env("SECRET_KEY", "hush-canary-0123456789-0123456789-0123456789").args(line.split(' '));
        let said = refusal(&mut command, USAGE);
        assert!(said.contains("this database was sealed with another SECRET_KEY"), "{said}");
    }
    assert_eq!(listed(folder.path()), before);
}

#[test]
fn cfg_1_a_database_is_bound_to_its_secret_before_anything_is_made_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let command = |secret: &str, line: &str| {
        let mut command = latchkey(folder.path());
        command.env("SECRET_KEY", format!("{secret}-canary-0123456789-0123456789-0123")).args(line.split(' '));
        command
    };
    assert!(command("one", "migrate").output().unwrap().status.success());
    assert!(command("one", "user add anna anna@example.com").output().unwrap().status.success());
    let said = refusal(&mut command("two", "user add boris boris@example.com"), USAGE);
    assert!(said.contains("this database was sealed with another SECRET_KEY"), "{said}");
}
