//! Starts and migrations that meet, or end in the middle, on a database server (DAT-3).

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use sqlx::{AnyConnection, Connection as _};

use super::cluster::{Client, PASSWORD, free_port, process};
use super::register;
use crate::support::binary::{WORLD, finish, refusal, start_as};
use crate::support::{Kind, connect, figure, rounds};

const SERVERS: [Kind; 2] = [Kind::Postgres, Kind::MariaDb];
/// Nobody asks there: what matters is that all processes name the same one.
const URL: &str = "http://127.0.0.1:9";

/// A question to the database of that `DATABASE_URL`.
fn asked<T>(database: &str, ask: impl AsyncFnOnce(&mut AnyConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = connect(database).await;
        let answer = ask(&mut connection).await;
        connection.close().await.unwrap();
        answer
    })
}

fn number(database: &str, query: &'static str) -> i64 {
    asked(database, async |connection| sqlx::query_scalar(query).fetch_one(connection).await.unwrap())
}

#[test]
fn dat_3_five_processes_that_start_at_once_on_an_empty_database_all_serve_with_one_key() {
    for kind in SERVERS.into_iter().filter(|kind| kind.is_here()) {
        for round in 0..3 {
            let folder = tempfile::tempdir().unwrap();
            let database = kind.database(folder.path());
            let (ports, barrier) = ([(); 5].map(|()| free_port()), Barrier::new(5));
            let servers: Vec<_> = thread::scope(|scope| {
                let start = |port: u16| {
                    let mut command = process(folder.path(), &database, URL);
                    command.env("LATCHKEY_LISTEN", format!("127.0.0.1:{port}")).env("LATCHKEY_DATABASE_POOL", "1");
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        start_as(command)
                    })
                };
                let starts = ports.map(start);
                starts.into_iter().map(|start| start.join().unwrap()).collect()
            });
            let keys = number(&database, "select count(*) from signing_keys");
            assert_eq!(keys, 1, "{kind:?}, round {round}: one makes it, and all use it");
            let at = |port: u16| Client::new(&format!("http://127.0.0.1:{port}"), URL);
            register(&mut at(ports[0]), "anna");
            for port in ports {
                let mut program = at(port);
                assert_eq!(program.sign_in_as("anna", PASSWORD), 200);
                for other in ports {
                    assert_eq!(program.at(&format!("http://127.0.0.1:{other}")).me(), 200, "{kind:?}, round {round}");
                }
            }
            for server in servers {
                let log = server.terminate();
                assert!(!log.contains("ERROR"), "{kind:?}, round {round}: {log}");
            }
        }
    }
}

/// How many migrations are marked as done.
fn done(database: &str) -> i64 {
    let tables = if database.starts_with("postgres") {
        "select count(*) from information_schema.tables \
         where table_name = '_sqlx_migrations' and table_schema = current_schema()"
    } else {
        "select count(*) from information_schema.tables \
         where table_name = '_sqlx_migrations' and table_schema = database()"
    };
    match number(database, tables) {
        0 => 0,
        _ => number(database, "select count(*) from _sqlx_migrations where success = true"),
    }
}

/// `latchkey migrate` to its end; what it says.
fn migrate(folder: &Path, database: &str) -> String {
    let output = finish(process(folder, database, URL).arg("migrate"), "");
    let [said, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{errors}");
    said
}

#[test]
fn dat_3_a_migration_that_is_killed_at_any_moment_is_carried_on_by_the_next() {
    let kills = u32::try_from(rounds(200)).unwrap();
    for kind in SERVERS.into_iter().filter(|kind| kind.is_here()) {
        let folder = tempfile::tempdir().unwrap();
        let whole = kind.database(folder.path());
        let begun = Instant::now();
        migrate(folder.path(), &whole);
        let (takes, all) = (begun.elapsed(), done(&whole));
        let mut reached = BTreeSet::new();
        for kill in 0..kills {
            let database = kind.database(folder.path());
            // Twice on each database: what carries on is killed, too.
            for moment in [takes * kill / kills, takes * (kills - kill) / kills / 2] {
                let mut command = process(folder.path(), &database, URL);
                let mut child = command.arg("migrate").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                thread::sleep(moment);
                child.kill().unwrap();
                child.wait().unwrap();
                reached.insert(done(&database));
            }
            let before = done(&database);
            let said = migrate(folder.path(), &database);
            assert_eq!(done(&database), all, "{kind:?}, kill {kill} at {before}: {said}");
            assert!(migrate(folder.path(), &database).contains("nothing was to be done"), "{kind:?}, kill {kill}");
            assert_eq!(shape(&database), shape(&whole), "{kind:?}, kill {kill} at {before}");
        }
        let midway = reached.iter().filter(|count| (1..all).contains(*count)).count();
        figure(&format!("{kind:?}: a migration takes {takes:?}; killed after {reached:?} of {all}"));
        assert!(midway > 0, "{kind:?}: no kill met a migration: {reached:?}");
    }
}

/// Every column and every index of the schema.
fn shape(database: &str) -> BTreeSet<String> {
    let queries = if database.starts_with("postgres") {
        [
            "select cast(table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as text) \
             from information_schema.columns where table_schema = current_schema()",
            "select cast(indexdef as text) from pg_indexes where schemaname = current_schema()",
        ]
    } else {
        [
            "select concat(table_name, '.', column_name, ' ', column_type, ' ', is_nullable, ' ', coalesce(collation_name, '')) \
             from information_schema.columns where table_schema = database()",
            "select concat(table_name, '.', index_name, ' ', column_name, ' ', seq_in_index) \
             from information_schema.statistics where table_schema = database()",
        ]
    };
    let mut all = BTreeSet::new();
    for query in queries {
        let rows: Vec<String> =
            asked(database, async |connection| sqlx::query_scalar(query).fetch_all(connection).await.unwrap());
        all.extend(rows);
    }
    all
}

#[test]
fn dat_3_a_newer_schema_is_refused_by_name_on_a_server_too() {
    for kind in SERVERS.into_iter().filter(|kind| kind.is_here()) {
        let folder = tempfile::tempdir().unwrap();
        let database = kind.database(folder.path());
        migrate(folder.path(), &database);
        let checksum = if kind == Kind::Postgres { "decode('00', 'hex')" } else { "x'00'" };
        let newer = format!(
            "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
             values (9999, 'later', current_timestamp, true, {checksum}, 0)"
        );
        asked(&database, async |connection| {
            sqlx::query(sqlx::AssertSqlSafe(newer)).execute(connection).await.unwrap();
        });
        let before = shape(&database);
        for line in ["serve", "migrate", "user list"] {
            let mut command = process(folder.path(), &database, URL);
            let said = refusal(command.args(line.split(' ')), WORLD);
            assert!(said.contains("newer latchkey") && said.contains("9999"), "{kind:?}, {line}: {said}");
        }
        assert_eq!(shape(&database), before);
    }
}
