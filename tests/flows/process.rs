//! The binary itself, over TCP: what survives its death, and how it refuses a database that it must not touch.

use std::path::Path;

use tempfile::TempDir;

use crate::support::binary::{self, Running, USAGE, WORLD, latchkey, start};
use crate::support::database::block_on;
use crate::support::{Kind, connect, database_for};

const PASSWORD: &str = "canary-Process-Kx7-pw";

fn refusal(folder: &Path) -> String {
    binary::refusal(&mut latchkey(folder), WORLD)
}

fn register(running: &Running, username: &str) -> String {
    running.register(username, PASSWORD)
}

#[test]
fn dat_1_accounts_and_sessions_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    // The session's token names its issuer, so that the second start must have the first one's address.
    let address = running.url.trim_start_matches("http://").to_owned();
    let cookies = register(&running, "survivor");
    running.kill();
    let again = start(folder.path(), &[("LATCHKEY_LISTEN", &address)]);
    assert_eq!(again.get("/profile", &cookies), 200, "the session lives on");
    assert_eq!(again.post("/login", &[("username", "survivor"), ("password", PASSWORD)]).0, 303);
    again.kill();
}

#[test]
fn sigterm_ends_it_politely_and_the_log_has_statements_but_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("LATCHKEY_LOG_SQL", "true")]);
    let cookies = register(&running, "canary-visitor");
    assert_eq!(running.get("/profile", &cookies), 200);
    let log = running.terminate();
    assert!(log.contains("insert into accounts") && log.contains("answered POST"));
    let tokens = cookies.split("; ").map(|cookie| cookie.split_once('=').unwrap().1.to_owned());
    let secret = std::fs::read_to_string(folder.path().join("data/secret_key")).unwrap();
    let secrets: Vec<String> = tokens.chain([PASSWORD.to_owned(), secret.trim().to_owned()]).collect();
    assert_eq!(secrets.len(), 5);
    for needle in secrets.iter().map(String::as_str).chain(["$argon2", "canary-visitor"]) {
        assert!(!log.contains(needle), "the log holds {needle:?}");
    }
}

#[test]
fn without_log_sql_no_statement_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    register(&running, "quiet");
    let log = running.terminate();
    assert!(log.contains("answered POST") && !log.contains("insert into"));
}

#[test]
fn a_command_asks_the_server_whether_it_can_work() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    let address = running.url.trim_start_matches("http://").to_owned();
    let said = binary::run(folder.path(), &["health", "--listen", &address]);
    assert!(said.contains(&address) && said.contains("can work"), "{said}");
    running.terminate();
    let line = binary::refusal(latchkey(folder.path()).args(["health", "--listen", &address]), WORLD);
    assert!(line.contains("nothing answers"), "{line}");
    let line = binary::refusal(latchkey(folder.path()).arg("health"), USAGE);
    assert!(line.contains("port 0"), "{line}");
}

/// As the server makes it: for its owner alone.
fn data_folder(folder: &TempDir) -> std::path::PathBuf {
    let data = folder.path().join("data");
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&data).unwrap();
    data
}

/// As if the server had made it.
fn database(folder: &TempDir) -> std::path::PathBuf {
    let file = data_folder(folder).join("latchkey.db");
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.append(true).create(true).open(&file).unwrap();
    file
}

fn sqlite(folder: &TempDir, statements: &str) {
    let file = database(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}

#[test]
fn a_database_of_a_newer_version_is_refused_by_name() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It is about a file.
    }
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).kill();
    sqlite(
        &folder,
        "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
         values (9999, 'later', current_timestamp, 1, x'00', 0)",
    );
    let line = refusal(folder.path());
    assert!(line.contains("newer latchkey") && line.contains("9999"), "{line}");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It is about a file.
    }
    let folder = tempfile::tempdir().unwrap();
    sqlite(&folder, "create table users (id integer primary key, email text)");
    let before = std::fs::read(folder.path().join("data/latchkey.db")).unwrap();
    let line = refusal(folder.path());
    assert!(line.contains("another program") && line.contains("users"), "{line}");
    assert!(std::fs::read(folder.path().join("data/latchkey.db")).unwrap() == before, "it was changed");
}

#[test]
fn a_database_sealed_with_another_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).kill();
    std::fs::remove_file(folder.path().join("data/secret_key")).unwrap();
    // The settings are wrong, so that no supervisor starts it again and again.
    for command in ["serve", "user list"] {
        let line = binary::refusal(latchkey(folder.path()).args(command.split(' ')), USAGE);
        assert!(line.contains("this database was sealed with another SECRET_KEY"), "{line}");
        assert!(line.contains("to change it, name that one in SECRET_KEY_FALLBACKS"), "{line}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It is about a file.
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(database(&folder), "not a database, but long enough to be mistaken for one".repeat(40)).unwrap();
    let line = refusal(folder.path());
    assert!(line.contains("latchkey.db"), "{line}");
}

/// Somebody has meant well with the tables of a database server.
#[test]
fn reg_1_a_database_whose_tables_would_mix_people_up_is_refused() {
    let changes: &[(&str, &str)] = match Kind::of_this_run() {
        Kind::Sqlite => return, // Its tables cannot be changed so.
        Kind::Postgres => &[(
            "alter table accounts alter column email_canonical type varchar(254) collate \"POSIX\"",
            "does not compare accounts.email_canonical byte by byte",
        )],
        Kind::MariaDb => &[
            (
                "alter table accounts modify email_canonical varchar(254) character set utf8mb4 \
                 collate utf8mb4_general_ci not null",
                "does not compare accounts.email_canonical byte by byte",
            ),
            ("alter table attempts engine = MyISAM", "keeps attempts without transactions"),
            ("alter table _sqlx_migrations engine = MyISAM", "keeps _sqlx_migrations without transactions"),
        ],
    };
    for (change, words) in changes {
        let folder = tempfile::tempdir().unwrap();
        start(folder.path(), &[]).kill();
        let url = database_for(folder.path()).unwrap();
        block_on(async { sqlx::raw_sql(*change).execute(&mut connect(&url).await).await.unwrap() });
        let line = refusal(folder.path());
        assert!(line.contains(words), "{line}");
    }
}
