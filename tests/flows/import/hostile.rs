//! Files that are not what they should be: nothing of them gets out, and nothing of them gets in by mistake.

use std::path::{Path, PathBuf};

use latchkey::server::caller::Caller;
use latchkey::server::import;

use super::{HASH, foreign, imported, tells_nothing};
use crate::support::{Kind, TestApp};

/// A database of these statements, and what is said about it.
async fn said(app: &TestApp, name: &str, statements: &str) -> String {
    let path = app.folder.path().join(name);
    sqlx::Connection::close(foreign(&path, statements).await).await.unwrap();
    said_of(app, &path).await
}

async fn said_of(app: &TestApp, path: &Path) -> String {
    let said = match import::run(&app.state, &Caller::operator(), path, false).await {
        Ok(report) => {
            assert!(report.is_refused(), "{report}");
            report.to_string()
        }
        Err(error) => {
            let error = error.to_string();
            assert_eq!(error.lines().count(), 1, "{error}");
            error
        }
    };
    tells_nothing(&said);
    assert!(!said.contains("anna") && said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert_eq!(app.count("select count(*) from accounts").await, 0);
    said
}

#[tokio::test]
async fn pwd_6_values_that_stand_where_names_should_are_not_told() {
    let app = TestApp::new().await;
    let (good, head) = (format!("b@x.io,boris,{HASH}"), "email,username,hashed_password");
    for (content, expected) in [
        // A file without a header; one where a value is a column's name; accounts by their names.
        (format!("anna@example.com,anna,{HASH}\n{good}\n"), "line 1: this is not a header; write one above it"),
        (format!("anna@example.com,id,{HASH}\n{good}\n"), "line 1: this is not a header; write one above it"),
        (format!("{HASH}\n"), "line 1: this is not a header; write one above it"),
        (format!("{{\"anna@example.com\": \"{HASH}\"}}"), "line 1: this is not an account; its keys must be email"),
        (format!("{{\"anna\": {{\"email\": \"{HASH}\"}}}}"), "line 1: this is not an account; its keys must be email"),
        // A header with something that is no name.
        (format!("{head},anna@example.com\n{good},x\n"), "line 1: column 4 is unknown; leave it out"),
        (format!("{HASH},{head}\nx,{good}\n"), "line 1: column 1 is unknown; leave it out"),
        (
            format!(r#"{{"email": "b@x.io", "username": "boris", "{HASH}": 1, "hashed_password": "{HASH}"}}"#),
            "line 1: column 3 is unknown; leave it out",
        ),
        // Columns that are mixed up.
        (
            format!("{head},roles\n{good},{HASH}\n"),
            "line 2: roles: unknown role; there are: admin, and LATCHKEY_ROLES defines more",
        ),
        (format!("email,roles,username,hashed_password\nb@x.io,anna,boris,{HASH}\n"), "line 2: roles: unknown role;"),
        (
            format!("username,email,hashed_password,is_active\n{good},{HASH}\n"),
            "line 2: is_active: write true or false",
        ),
    ] {
        let report = imported(&app, &content).await.to_string();
        assert!(report.contains(expected), "{content}: {report}");
        assert!(!report.contains("anna"), "{content}: {report}");
    }
    // What the sqlite3 command makes of a file without a header; and ids that are none.
    let columns = format!("create table users (\"anna@example.com\" text, anna text, \"{HASH}\" text)");
    assert!(said(&app, "header.db", &columns).await.contains("the table users has no columns such as email"));
    let id = format!(
        "create table users (id text, email text, username text, hashed_password text); \
         insert into users values ('anna@example.com', 'a@x.io', 'a b', '{HASH}'), ('{HASH}', 'b@x.io', 'a c', '{HASH}'), \
         ('018f4e5a-7b1c-7c3d-9e2f-a1b2c3d4e5f6', 'c@x.io', 'a d', '{HASH}')"
    );
    let told = said(&app, "ids.db", &id).await;
    for place in ["row 1: username", "row 3: username", "row id 018f4e5a-7b1c-7c3d-9e2f-a1b2c3d4e5f6: username"] {
        assert!(told.contains(place), "{told}");
    }
}

#[tokio::test]
async fn a_column_that_is_nearly_known_is_refused_and_not_passed_over() {
    let app = TestApp::new().await;
    for (number, (column, expected)) in [
        ("is_active ", "unknown column \"is_active \"; leave it out"),
        (" roles", "column 4 is unknown; leave it out"),
        ("\u{a0}is_active", "column 4 is unknown; leave it out"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!(
            "create table users (email text, username text, hashed_password text, \"{column}\" boolean); \
             insert into users values ('a@x.io', 'boris', '{HASH}', 0)"
        );
        let told = said(&app, &format!("{number}.db"), &table).await;
        assert!(told.contains(expected), "somebody disabled would come in active: {told}");
    }
}

#[tokio::test]
async fn api_4_a_hostile_database_says_nothing_in_our_name() {
    let app = TestApp::new().await;
    let evil = "\u{1b}[2Jevil\nImported 5 accounts";
    let columns = format!("'anna@example.com' as email, 'anna' as username, '{HASH}' as hashed_password");
    let view = "users is a view or a virtual table there; export it as CSV";
    let refused = "SQLite refuses (code 1): it is damaged or not to be trusted";
    for (name, statements, expected) in [
        ("missing.db", format!("create view users as select email from \"{evil}\""), view),
        (
            "function.db",
            format!("create view users as select {columns}, json_extract('{{}}', '{HASH}') as roles"),
            view,
        ),
        (
            "endless.db",
            format!(
                "create view Users as with recursive n(i) as (select 1 union all select i + 1 from n) select {columns} from n"
            ),
            view,
        ),
        ("virtual.db", "create virtual table users using fts5(email, username, hashed_password)".to_owned(), view),
        (
            "computed.db",
            format!(
                "create table users (email text, username text, hashed_password text); \
                 insert into users values ('anna@example.com', 'anna', '{HASH}'); \
                 alter table users add column roles text generated always as (json_extract('{{}}', hashed_password))"
            ),
            refused,
        ),
    ] {
        let told = said(&app, name, &statements).await;
        assert!(told.contains(expected), "{name}: {told}");
    }
    // SQLite quotes the name of what it cannot make sense of.
    let path = app.folder.path().join("schema.db");
    let table = format!("create table users (email text); create view \"{evil}\" as select 1");
    let broken = "pragma writable_schema = on; update sqlite_schema set sql = 'create nonsense' where type = 'view'";
    sqlx::Connection::close(foreign(&path, &format!("{table}; {broken}")).await).await.unwrap();
    assert!(said_of(&app, &path).await.contains("SQLite refuses (code 11)"));
}

#[tokio::test]
async fn a_value_that_is_too_long_is_not_read() {
    let app = TestApp::new().await;
    let table = |bytes: usize| {
        format!(
            "create table users (id integer, email text, username text, hashed_password text, first_name text); \
             insert into users values (1, 'a@x.io', 'boris', '{HASH}', cast(zeroblob({bytes}) as text))"
        )
    };
    let told = said(&app, "long.db", &table(4097)).await;
    assert!(told.contains("row 1: a value is longer than 4096 bytes; is this one account?"), "{told}");
    let told = said(&app, "fits.db", &table(4096)).await;
    assert!(told.contains("row id 1: first_name: longer than 100 characters"), "{told}");
}

#[tokio::test]
async fn latchkey_s_own_database_is_not_opened_behind_its_back() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It is about a file.
    }
    let app = TestApp::new().await;
    let own = app.folder.path().join("latchkey.db");
    let beside = |end: &str| PathBuf::from(format!("{}{end}", own.display()));
    let (linked, hard) = (app.folder.path().join("linked"), app.folder.path().join("hard"));
    std::os::unix::fs::symlink(&own, &linked).unwrap();
    std::fs::hard_link(&own, &hard).unwrap();
    let around = app.folder.path().join("..").join(app.folder.path().file_name().unwrap()).join("latchkey.db");
    for path in [own.clone(), beside("-wal"), beside("-shm"), linked, hard, around] {
        assert!(path.exists(), "{}", path.display());
        let told = said_of(&app, &path).await;
        assert!(
            told.ends_with("it belongs to this latchkey's own database; name the file of the other application"),
            "{told}"
        );
    }
}
