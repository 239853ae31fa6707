//! What a database server is told about its clients, and what becomes of a process that stops in the middle of a change.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::binary::{latchkey, run, start};
use crate::support::database::block_on;
use crate::support::{Kind, TestApp, connect, database_for};

const PASSWORD: &str = "canary-Stopped-Kx7-pw";

/// It holds the lock of the administrators, and has just got that of an account, when it stops: as a machine that is paused.
#[test]
fn avl_5_a_process_that_stops_in_the_middle_of_a_change_holds_up_nobody_for_long() {
    let kind = Kind::of_this_run();
    let waiting = match kind {
        Kind::Sqlite => return, // A machine that stops takes its file along.
        Kind::Postgres => {
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        }
        Kind::MariaDb => {
            "select count(*) from information_schema.innodb_trx t join information_schema.processlist p \
             on p.id = t.trx_mysql_thread_id where p.db = database() and t.trx_state = 'LOCK WAIT'"
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let url = database_for(folder.path()).unwrap();
    start(folder.path(), &[]).register("anna", PASSWORD);
    let settings = ["--database-timeout", "3"];
    block_on(async {
        let (mut owner, mut watcher) = (connect(&url).await, connect(&url).await);
        sqlx::raw_sql("begin; update accounts set updated_at = updated_at").execute(&mut owner).await.unwrap();
        let mut command = latchkey(folder.path());
        let mut process = command.args(["user", "disable", "anna"]).args(settings).spawn().unwrap();
        let begun = Instant::now();
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut watcher).await.unwrap() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody waits for the lock");
            // MariaDB shows the same picture to whoever looks more often than ten times a second.
            thread::sleep(Duration::from_millis(150));
        }
        kill_process(Pid::from_child(&process), Signal::STOP).unwrap();
        sqlx::raw_sql("rollback").execute(&mut owner).await.unwrap();
        let begun = Instant::now();
        let lock = "update _sqlx_migrations set execution_time = execution_time where version = 1";
        sqlx::query(lock).execute(&mut watcher).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(6), "held for {:?}", begun.elapsed());
        kill_process(Pid::from_child(&process), Signal::KILL).unwrap();
        process.wait().unwrap();
    });
    run(folder.path(), &["user", "disable", "anna"]);
}

/// Whatever the server's own settings are. A trigger looks at them from within a connection of the program's.
#[tokio::test]
async fn dat_1_every_connection_keeps_what_it_acknowledges_and_ends_what_it_began() {
    let (trigger, told) = match Kind::of_this_run() {
        Kind::Sqlite => return, // Its settings are tested where it is opened.
        Kind::Postgres => (
            "create table seen (told text); \
             create function note() returns trigger language plpgsql as $$ begin insert into seen values (concat_ws(', ', \
             current_setting('synchronous_commit'), current_setting('statement_timeout'), current_setting('lock_timeout'), \
             current_setting('idle_in_transaction_session_timeout'), current_setting('transaction_isolation'))); \
             return new; end $$; \
             create trigger note after insert on accounts for each row execute function note()",
            "on, 5s, 4s, 5s, read committed",
        ),
        Kind::MariaDb => (
            "create table seen (told text); \
             create trigger note after insert on accounts for each row insert into seen values (concat_ws(', ', \
             @@autocommit, @@wait_timeout, @@innodb_lock_wait_timeout, @@idle_transaction_timeout, @@tx_isolation))",
            "ON, 260, 4, 5, READ-COMMITTED",
        ),
    };
    let app = TestApp::new().await;
    sqlx::raw_sql(trigger).execute(&mut connect(&app.database).await).await.unwrap();
    app.register("anna", PASSWORD).await;
    assert_eq!(app.text("select told from seen").await, told);
}
