//! What keeps a file out, and what is said about it.

use latchkey::server::caller::Caller;
use latchkey::server::import;

use super::{HASH, file, foreign, imported};
use crate::support::TestApp;

/// The header that most cases have.
const HEAD: &str = "email,username,hashed_password\n";

async fn faults(app: &TestApp, content: impl AsRef<[u8]>) -> Vec<String> {
    let report = imported(app, content).await;
    assert!(report.is_refused() && report.accounts == 0, "{report}");
    assert!(report.to_string().contains("Nothing was imported"), "{report}");
    report.faults.iter().map(ToString::to_string).collect()
}

fn line(number: usize) -> String {
    format!("person{number}@x.io,person{number},{HASH}\n")
}

/// Each file is kept out, and this is the first thing that is said about it.
async fn refused_with<const N: usize>(cases: [(String, &str); N]) {
    let app = TestApp::new().await;
    for (content, expected) in cases {
        let found = faults(&app, &content).await;
        assert_eq!(found.first().map(String::as_str), Some(expected), "{content}");
    }
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn a_file_of_another_shape_is_refused() {
    let good = line(1);
    refused_with([
        (String::new(), "the file: there is nothing in it; is it the right file?"),
        ("[{}]".to_owned(), "the file: this is a JSON array; write one object a line instead (JSON Lines)"),
        (format!("email;username\n{good}"), "line 1: columns are separated by commas alone; save it so"),
        (format!("email,username\n{good}"), "line 1: there is no column hashed_password; every account needs one"),
        (format!("email,{HEAD}"), "line 1: the column email is there twice; leave one out"),
        (format!("password_hash,{HEAD}"), "line 1: the column hashed_password is there twice; leave one out"),
        (
            format!("password,{HEAD}x,{good}"),
            "line 1: the column password holds passwords as plain text; give their hashes alone, as hashed_password, and \
             delete this file",
        ),
        (
            format!("phone,{HEAD}x,{good}"),
            "line 1: unknown column \"phone\"; leave it out, or name it as one of email, username, hashed_password, \
             password_hash, first_name, last_name, is_active, email_verified, roles, created_at, updated_at, last_login, id",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_line_of_another_shape_is_refused_and_named() {
    let (good, more) = (line(1), line(2));
    refused_with([
        (
            format!("{HEAD}{good}a@x.io,anna\n"),
            "line 3: 2 values, but the header names 3; put values with commas into quotes",
        ),
        (
            format!("{HEAD}{good}\n\n\"a@x.io,anna,{HASH}\n{more}b@x.io\",boris,{HASH}\n"),
            "line 5: email has a line break; is a quote not closed?",
        ),
        (r#"{"email": "a@x.io""#.to_owned(), "line 1: not a JSON object (column 18); write one whole object a line"),
        (format!("{{\"email\": \"{}\"}}", "a".repeat(65_536)), "line 1: longer than 65536 bytes; is this one account?"),
        (
            format!(r#"{{"email": "a@x.io", "email": "b@x.io", "username": "anna", "hashed_password": "{HASH}"}}"#),
            "line 1: the column email is there twice; leave one out",
        ),
        (
            format!(r#"{{"email": "a@x.io", "username": ["anna"], "hashed_password": "{HASH}"}}"#),
            "line 1: username: write one plain value",
        ),
    ])
    .await;
}

#[tokio::test]
async fn every_value_that_is_refused_is_named_with_what_to_do() {
    let costly = HASH.replace("$04$", "$16$");
    let (good, long) = (line(1), "a".repeat(254));
    refused_with([
        (format!("{HEAD}bad,anna,{HASH}"), "line 2: email: not an e-mail address like name@example.com; correct it"),
        (
            format!("{HEAD}{long}@x.io,anna,{HASH}"),
            "line 2: email: longer than 254 characters; leave this account out or change it",
        ),
        (format!("{HEAD},anna,{HASH}"), "line 2: email: empty; every account needs one"),
        (format!("{HEAD}a@x.io, ,{HASH}"), "line 2: username: empty; every account needs one"),
        (
            format!("{HEAD}a@x.io,anna k,{HASH}"),
            "line 2: username: only letters, digits, - and _ are taken; change it, its owner can sign in with the e-mail address",
        ),
        (format!("{HEAD}a@x.io,{long},{HASH}"), "line 2: username: longer than 64 characters; shorten it"),
        (
            format!("{HEAD}a@x.io,anna,"),
            "line 2: hashed_password: empty; leave this account out, and let its owner register anew",
        ),
        (
            format!("{HEAD}a@x.io,anna,password123"),
            "line 2: hashed_password: this is neither a bcrypt ($2a$, $2b$, $2y$) nor an Argon2 hash ($argon2id$, $argon2i$, \
             $argon2d$)",
        ),
        (format!("{HEAD}a@x.io,anna,{}", &HASH[..59]), "line 2: hashed_password: the hash is damaged or cut off"),
        (
            format!("{HEAD}a@x.io,anna,{costly}"),
            "line 2: hashed_password: the hash costs more than is allowed (bcrypt: 13; Argon2: m=131072, t=16, p=8, m times \
             t=311296); leave this account out, and let its owner register anew",
        ),
        (format!("first_name,{HEAD}{long},{good}"), "line 2: first_name: longer than 100 characters; shorten it"),
        (format!("is_active,{HEAD}yes,{good}"), "line 2: is_active: write true or false, or 1 or 0"),
        (format!("is_active,{HEAD},{good}"), "line 2: is_active: write true or false, or 1 or 0"),
        (
            format!(r#"{{"email": "a@x.io", "username": "anna", "hashed_password": "{HASH}", "is_active": null}}"#),
            "line 1: is_active: write true or false, or 1 or 0",
        ),
        (format!("roles,{HEAD}root,{good}"), "line 2: roles: unknown role; there are: admin, and LATCHKEY_ROLES defines more"),
        (format!("last_login,{HEAD}yesterday,{good}"), "line 2: last_login: write a time like 2026-01-31T12:00:00Z"),
    ])
    .await;
}

#[tokio::test]
async fn two_lines_of_one_person_are_both_named() {
    let (good, more) = (line(1), line(2));
    refused_with([
        (
            format!("{HEAD}{good}{more}a@x.io,PERSON1,{HASH}\n"),
            "line 4: the same username as line 2, whatever the spelling; keep one of the two",
        ),
        (
            format!("{HEAD}{good}Person1@X.IO,other,{HASH}\n"),
            "line 3: the same e-mail address as line 2, whatever the spelling; keep one of the two",
        ),
        (
            format!("{HEAD}a@x.io,Jose\u{301},{HASH}\nb@x.io,jos\u{e9},{HASH}\n"),
            "line 3: the same username as line 2, whatever the spelling; keep one of the two",
        ),
    ])
    .await;
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_named() {
    let app = TestApp::new().await;
    let latin = [HEAD.as_bytes(), line(1).as_bytes(), b"jos\xe9@x.io,jose,x\n"].concat();
    assert_eq!(faults(&app, latin).await, ["line 3: this is not UTF-8; save the file as UTF-8"]);
    let json = [b"{\"email\": \"jos".as_slice(), b"\xe9\"}"].concat();
    assert_eq!(faults(&app, json).await, ["line 1: this is not UTF-8; save the file as UTF-8"]);
    assert_eq!(faults(&app, b"\xff\xfee\0m\0").await, ["the file: this is UTF-16; save the file as UTF-8"]);
}

#[tokio::test]
async fn an_unknown_key_is_said_once() {
    let app = TestApp::new().await;
    let lines: String = (0..3)
        .map(|n| {
            format!(
                "{{\"email\": \"a{n}@x.io\", \"username\": \"a{n}\", \"hashed_password\": \"{HASH}\", \"phone\": 1}}\n"
            )
        })
        .collect();
    let found = faults(&app, lines).await;
    assert!(found.len() == 1 && found[0].starts_with("line 1: unknown column \"phone\""), "{found:?}");
}

#[tokio::test]
async fn one_bad_line_among_60_000_keeps_all_of_them_out() {
    let app = TestApp::new().await;
    let lines: String =
        (2..=60_001).map(|n| if n == 50_000 { format!("bad,person{n},{HASH}\n") } else { line(n) }).collect();
    let found = faults(&app, format!("{HEAD}{lines}")).await;
    assert_eq!(found, ["line 50000: email: not an e-mail address like name@example.com; correct it"]);
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn who_is_here_already_is_named_by_line_and_field() {
    let app = TestApp::new().await;
    app.register("anna", "canary-Here-Kx7-pw").await;
    let lines = format!("{HEAD}{}ANNA@example.com,other,{HASH}\nother@x.io,Anna,{HASH}\n", line(1));
    let found = faults(&app, lines).await;
    let expected =
        |line, what| format!("line {line}: an account here has this {what} already; leave the row out or change it");
    assert_eq!(found, [expected(3, "e-mail address"), expected(4, "username")]);
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test]
async fn the_first_20_faults_are_shown_and_all_are_counted() {
    let app = TestApp::new().await;
    let lines: String = (0..25).map(|n| format!("bad,person{n},{HASH}\n")).collect();
    let report = imported(&app, format!("{HEAD}{lines}")).await;
    assert_eq!((report.faults.len(), report.fault_total), (20, 25));
    let text = report.to_string();
    assert!(text.starts_with("Read 25 rows of CSV.\nFound 25 faults.") && text.ends_with("  … and 5 more\n"), "{text}");
    assert_eq!(text.matches("  line ").count(), 20);
}

#[tokio::test]
async fn a_database_of_another_shape_is_refused() {
    let app = TestApp::new().await;
    for (number, (statements, expected)) in [
        (
            "create table people (email text)".to_owned(),
            "the file: there is no table users in this database; is it the right file?",
        ),
        (
            "create table users (email text, username text)".to_owned(),
            "the file: there is no column hashed_password; every account needs one",
        ),
        (
            "create table users (email text, username text, password text)".to_owned(),
            "the file: the column password holds passwords as plain text",
        ),
        (
            "create table users (email text, username text, hashed_password text, phone text)".to_owned(),
            "the file: unknown column \"phone\";",
        ),
        (
            format!(
                "create table users (id integer primary key, email text, username text, hashed_password text); \
                 insert into users values (17, 'a@x.io', 'anna k', '{HASH}')"
            ),
            "row id 17: username: only letters",
        ),
        (
            format!(
                "create table users (id text, email text, username text, hashed_password text); \
                 insert into users values (char(27) || '[2J', 'a@x.io', 'anna k', '{HASH}')"
            ),
            "row 1: username: only letters",
        ),
        (
            format!(
                "create table users (email text, username text, hashed_password text, is_active boolean); \
                 insert into users values ('a@x.io', 'anna', '{HASH}', null)"
            ),
            "row 1: is_active: write true or false",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let path = app.folder.path().join(format!("{number}.db"));
        sqlx::Connection::close(foreign(&path, &statements).await).await.unwrap();
        let report = import::run(&app.state, &Caller::operator(), &path, false).await.unwrap();
        let fault = report.faults.first().map(ToString::to_string).unwrap_or_default();
        assert!(report.is_refused() && fault.starts_with(expected), "{report}");
    }
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_one_line() {
    let app = TestApp::new().await;
    let broken = file(&app, "broken.db", [b"SQLite format 3\0".as_slice(), &[7; 4096]].concat());
    let table = app.folder.path().join("latin.db");
    let latin = format!(
        "create table users (email text, username text, hashed_password text); \
         insert into users values ('a@x.io', 'anna', '{HASH}'), ('b@x.io', cast(x'e9' as text), '{HASH}')"
    );
    sqlx::Connection::close(foreign(&table, &latin).await).await.unwrap();
    for (path, expected) in [
        (app.folder.path().join("missing"), "No such file"),
        (app.folder.path().to_owned(), "Is a directory"),
        (broken, "SQLite refuses (code 26): it is damaged or not to be trusted"),
        (table, "row 2 of the table users has a value that is not UTF-8 text"),
    ] {
        let error = import::run(&app.state, &Caller::operator(), &path, false).await.unwrap_err().to_string();
        let begin = format!("cannot read {}: ", path.display());
        assert!(error.starts_with(&begin) && error.contains(expected), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
