//! Accounts of another application are imported: all of them, or none.

mod faults;
mod hostile;
mod tutorial;

use std::path::PathBuf;
use std::time::Duration;

use latchkey::server::caller::Caller;
use latchkey::server::import::{self, Format, Outcome, Report};

use crate::support::{Door, Kind, TestApp, Verdict, connect, log_length, log_since};

/// `password123`, by passlib with 4 rounds.
const HASH: &str = "$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC";

/// Writes a file beside the application's database.
fn file(app: &TestApp, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = app.folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Imports a file of that content, or tries to.
async fn imported(app: &TestApp, content: impl AsRef<[u8]>) -> Report {
    let path = file(app, "accounts", content);
    let report = import::run(&app.state, &Caller::operator(), &path, false).await.unwrap();
    tells_nothing(&report.to_string());
    report
}

/// Looks for the password, and for any twelve characters of its hash in a row (PWD-6).
fn tells_nothing(text: &str) {
    let mut parts = (0..=HASH.len() - 12).map(|at| &HASH[at..at + 12]).chain(["password123"]);
    assert!(!parts.any(|part| text.contains(part)), "PWD-6: {text}");
}

/// Runs statements on another application's database.
async fn foreign(path: &std::path::Path, statements: &str) -> sqlx::AnyConnection {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
    connection
}

/// Everything that is known of everybody, but for the ids.
async fn everybody(app: &TestApp) -> String {
    app.lines(
        "select email, email_canonical, username, username_canonical, first_name, last_name, password_hash, is_active, \
         email_verified, created_at, updated_at, last_login, role from accounts left join account_roles on account_id = id \
         order by username_canonical, role",
    )
    .await
}

#[tokio::test]
async fn every_format_gives_the_same_accounts() {
    let csv = format!(
        "id,email,username,hashed_password,first_name,last_name,is_active,email_verified,roles,created_at,updated_at,last_login\n\
         1,Anna@Example.com,anna,{HASH},Anna,\"O'Hara, \"\"A\"\"\",true,1,admin,2026-01-31T12:00:00Z,2026-02-01 12:00:00,2026-02-02T13:00:00+01:00\n\
         2,boris@example.com,Boris,{HASH},,,0,false,,2026-01-31 12:00:00.5,,\n"
    );
    let json = format!(
        r#"{{"id": 1, "email": "Anna@Example.com", "username": "anna", "password_hash": "{HASH}", "first_name": "Anna", "last_name": "O'Hara, \"A\"", "is_active": true, "email_verified": true, "roles": ["admin"], "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-02-01T12:00:00Z", "last_login": "2026-02-02T12:00:00Z"}}

{{"email": "boris@example.com", "username": "Boris", "hashed_password": "{HASH}", "is_active": 0, "email_verified": null, "created_at": "2026-01-31T12:00:00.5Z"}}"#
    );
    let sqlite = tempfile::tempdir().unwrap();
    let sqlite = sqlite.path().join("users.db");
    let table = format!(
        "create table users (id integer primary key, email varchar, username varchar, hashed_password varchar, is_active boolean, \
         first_name varchar, last_name varchar, email_verified boolean, roles json, created_at datetime, updated_at datetime, \
         last_login datetime); \
         insert into users values (1, 'Anna@Example.com', 'anna', '{HASH}', 1, 'Anna', 'O''Hara, \"A\"', 1, '[\"admin\"]', \
         '2026-01-31 12:00:00', '2026-02-01 12:00:00.000000', '2026-02-02 12:00:00'); \
         insert into users values (2, 'boris@example.com', 'Boris', '{HASH}', 0, null, '', 0, null, '2026-01-31 12:00:00.500000', null, null)"
    );
    sqlx::Connection::close(foreign(&sqlite, &table).await).await.unwrap();
    let expected = format!(
        "Anna@Example.com | anna@example.com | anna | anna | Anna | O'Hara, \"A\" | {HASH} | 1 | 1 | 1769860800000000 | \
         1769947200000000 | 1770033600000000 | admin\n\
         boris@example.com | boris@example.com | Boris | boris | - | - | {HASH} | 0 | 0 | 1769860800500000 | 1769860800500000 | - | -"
    );
    let with_mark = format!("\u{feff}{}", csv.replace('\n', "\r\n"));
    let capitals = csv.replacen("email,username", "EMAIL, Username ", 1);
    for (format, content) in [
        (Format::Csv, csv.clone().into_bytes()),
        (Format::Csv, with_mark.into_bytes()),
        (Format::Csv, capitals.into_bytes()),
        (Format::JsonLines, json.clone().into_bytes()),
        (Format::JsonLines, format!("\u{feff}{}", json.replace('\n', "\r\n")).into_bytes()),
        (Format::Sqlite, std::fs::read(&sqlite).unwrap()),
    ] {
        let app = TestApp::new().await;
        let report = imported(&app, content).await;
        let counts = (report.rows, report.accounts, report.disabled, report.administrators);
        assert_eq!((report.format, report.outcome, counts), (format, Outcome::Imported, (2, 2, 1, 1)), "{report}");
        let text = report.to_string();
        assert!(text.contains("Imported 2 accounts, 2 with bcrypt; 1 disabled, 1 administrator.\n"), "{text}");
        assert_eq!(text.matches("The column id is ignored").count(), 1, "{text}");
        assert_eq!(everybody(&app).await, expected, "{format:?}");
        assert_eq!(app.count("select count(distinct id) from accounts where id > 2").await, 2, "ids are our own");
        let signed_in = |username| {
            let app = &app;
            let fields = [("username", username), ("password", "password123")];
            async move { app.browser(Door::Form).submit("sign_in", &fields).await.verdict() }
        };
        assert_eq!(signed_in("ANNA").await, Verdict::goes_to("/profile"));
        assert!(matches!(signed_in("Boris").await, Verdict::Refused(_)), "disabled there, disabled here");
    }
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let app = TestApp::new().await;
    let path =
        file(&app, "accounts", format!("email,username,hashed_password\na@x.io,anna,{HASH}\nb@x.io,boris,{HASH}\n"));
    let mut dry = import::run(&app.state, &Caller::operator(), &path, true).await.unwrap();
    assert_eq!(dry.outcome, Outcome::DryRun);
    assert!(!dry.is_refused() && dry.to_string().contains("Would import 2 accounts, 2 with bcrypt;"), "{dry}");
    assert!(dry.to_string().contains("Nothing was written"), "{dry}");
    assert_eq!(app.count("select count(*) from accounts").await, 0);
    dry.outcome = Outcome::Imported;
    assert_eq!(import::run(&app.state, &Caller::operator(), &path, false).await.unwrap(), dry);
    assert_eq!(app.count("select count(*) from accounts").await, 2);
    let again = import::run(&app.state, &Caller::operator(), &path, true).await.unwrap();
    assert!(again.is_refused() && again.fault_total == 4, "a dry run finds who is here already: {again}");
}

#[tokio::test]
async fn only_the_operator_and_administrators_import() {
    let app = TestApp::new().await;
    let path = file(&app, "accounts", format!("email,username,hashed_password\na@x.io,anna,{HASH}\n"));
    for file in [path, app.folder.path().join("missing")] {
        let refused = import::run(&app.state, &Caller::default(), &file, false).await.unwrap_err();
        assert_eq!(refused.to_string(), "nothing was imported: You are no longer signed in. Sign in, then try again.");
    }
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn a_database_in_use_is_read_as_it_was_committed_and_not_changed() {
    let app = TestApp::new().await;
    let path = app.folder.path().join("old.db");
    let insert = |name: &str| {
        format!("insert into users (email, username, hashed_password) values ('{name}@x.io', '{name}', '{HASH}');")
    };
    let table = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; \
                 create table users (email text, username text, hashed_password text);";
    // The old application stays: what it committed is in its log alone, and it is in the middle of the next change.
    let mut old = foreign(&path, &format!("{table} {}", insert("committed"))).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("begin immediate; {}", insert("uncommitted"))))
        .execute(&mut old)
        .await
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let report = import::run(&app.state, &Caller::operator(), &path, false).await.unwrap();
    assert_eq!((report.outcome, report.accounts), (Outcome::Imported, 1), "{report}");
    assert_eq!(app.text("select username from accounts").await, "committed");
    assert!(std::fs::read(&path).unwrap() == before, "it was changed");
    sqlx::raw_sql("commit").execute(&mut old).await.unwrap();
}

#[tokio::test]
async fn a_database_at_rest_is_left_as_it_was_found() {
    let app = TestApp::new().await;
    for mode in ["wal", "delete"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let table = format!(
            "pragma journal_mode = {mode}; create table users (email text, username text, hashed_password text); \
             insert into users values ('{mode}@x.io', '{mode}', '{HASH}')"
        );
        sqlx::Connection::close(foreign(&path, &table).await).await.unwrap();
        let before = std::fs::read(&path).unwrap();
        let report = import::run(&app.state, &Caller::operator(), &path, false).await.unwrap();
        assert_eq!(report.outcome, Outcome::Imported, "{report}");
        assert!(std::fs::read(&path).unwrap() == before, "it was changed");
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["old.db"], "{mode}: nothing is left beside it");
    }
}

#[tokio::test]
async fn api_4_hostile_names_are_refused_or_stay_text() {
    let app = TestApp::new().await;
    let inert = format!(
        "email,username,hashed_password,first_name,last_name\na@x.io,anna,{HASH},<b>Anna</b>,\"=cmd|' /C calc'!A0\"\n"
    );
    assert_eq!(imported(&app, inert).await.outcome, Outcome::Imported);
    let anna = app.browser(Door::Form);
    anna.submit("sign_in", &[("username", "anna"), ("password", "password123")]).await;
    let page = anna.get("/profile").await.body;
    assert!(page.contains("&lt;b&gt;Anna&lt;/b&gt;") && !page.contains("<b>Anna"), "{page}");
    for name in ["\u{1b}[31mred", "\u{202e}evil", "a\u{0}b", "zero\u{200b}width"] {
        for line in [
            format!("b@x.io,boris,{HASH},{name}\n"),
            format!("b@x.io,{name},{HASH},\n"),
            format!("{name}@x.io,b,{HASH},\n"),
        ] {
            let report = imported(&app, format!("email,username,hashed_password,first_name\n{line}")).await;
            assert!(report.is_refused() && report.fault_total == 1, "{report}");
            assert!(!report.to_string().contains(name), "{report}");
        }
    }
    let column =
        imported(&app, format!("email,username,hashed_password,\u{1b}[31m\u{202e}\na@x.io,anna,{HASH},x\n")).await;
    assert!(column.to_string().contains("line 1: column 4 is unknown; leave it out"), "{column}");
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test]
async fn who_registers_while_an_import_begins_to_write_is_not_overwritten() {
    const ROWS: usize = 137;
    let app = TestApp::new().await;
    let rows: String = (1..=ROWS).map(|n| format!("person{n}@x.io,person{n},{HASH}\n")).collect();
    let path = file(&app, "accounts", format!("email,username,hashed_password\n{rows}"));
    // Somebody's registration, not committed yet: the import does not see it when it checks its rows.
    let begin = if Kind::of_this_run() == Kind::Sqlite { "begin immediate" } else { "begin" };
    let register = "insert into accounts (id, email, email_canonical, username, username_canonical, \
                    password_hash, created_at, updated_at) values (1, 'a@x.io', 'a@x.io', 'Person99', 'person99', '!', 0, 0)";
    let mut other = connect(&app.database).await;
    sqlx::raw_sql(begin).execute(&mut other).await.unwrap();
    sqlx::raw_sql(register).execute(&mut other).await.unwrap();
    let begun = log_length();
    let commit = async {
        let is_writing = |line: &str| line.contains("accounts are written") && line.contains(&ROWS.to_string());
        while !log_since(begun).lines().any(is_writing) {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    };
    let operator = Caller::operator();
    let both = async { futures_util::join!(import::run(&app.state, &operator, &path, false), commit) };
    let (report, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.expect("it never began to write");
    let faults: Vec<String> = report.unwrap().faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["line 100: an account here has this username already; leave the row out or change it"]);
    assert_eq!(app.count("select count(*) from accounts").await, 1);
}

#[tokio::test]
async fn an_id_that_is_in_use_is_never_given_again() {
    use latchkey::domain::{AccountId, EmailAddress, Username};
    use latchkey::server::store::{ImportedAccount, StoreError};

    let app = TestApp::new().await;
    let account = |id: i64, name: &str| ImportedAccount {
        id: AccountId::from_stored(id),
        email: EmailAddress::parse(&format!("{name}@x.io")).unwrap(),
        username: Username::parse(name).unwrap(),
        first_name: None,
        last_name: None,
        password_hash: app.state.hasher.take_over(HASH).unwrap(),
        is_active: true,
        email_verified: false,
        roles: Vec::new(),
        created_at: app.now(),
        updated_at: app.now(),
        last_login: None,
    };
    let store = &app.state.store;
    assert!(store.import_accounts(&[account(7, "anna")]).await.unwrap());
    assert!(
        !store.import_accounts(&[account(8, "boris"), account(7, "clara")]).await.unwrap(),
        "new ids are asked for"
    );
    let taken = store.import_accounts(&[account(9, "boris"), account(10, "anna")]).await;
    assert!(matches!(taken, Err(StoreError::Taken(_))), "the unique index has the last word");
    assert_eq!(app.count("select count(*) from accounts").await, 1, "all or nothing");
}
