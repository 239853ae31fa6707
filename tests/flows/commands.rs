//! The commands of the real binary: what they say, what they refuse, and that they work beside a running server.

mod accounts;
mod beside_a_server;
mod folder;
mod output;
mod races;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::binary::{finish, latchkey, refusal, run};
use crate::support::{connect, database_for};

const PASSWORD: &str = "canary-Commands-Kx7-pw";
const LAST_ADMIN: &str = "last active administrator";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs `latchkey` with these words.
fn say(folder: &TempDir, line: &str) -> String {
    run(folder.path(), &line.split(' ').collect::<Vec<_>>())
}

fn refused(folder: &TempDir, line: &str, code: i32) -> String {
    refusal(latchkey(folder.path()).args(line.split(' ')), code)
}

fn add_with_password(folder: &TempDir, name: &str) {
    let email = format!("{name}@example.com");
    let mut command = latchkey(folder.path());
    let output = finish(command.args(["user", "add", name, &email, "--password-stdin"]), &format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{output:?}");
}

fn show(folder: &TempDir, name: &str) -> Value {
    serde_json::from_str(&say(folder, &format!("user show {name} --json"))).unwrap()
}

fn names(folder: &TempDir, filter: &str) -> Vec<String> {
    let lines = say(folder, format!("user list --json {filter}").trim_end());
    let accounts = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    accounts.map(|account| account["username"].as_str().unwrap().to_owned()).collect()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The database of the commands in `folder`, past the program.
async fn database(folder: &TempDir) -> sqlx::AnyConnection {
    let file = || format!("sqlite:///{}", folder.path().join("data/latchkey.db").display());
    connect(&database_for(folder.path()).unwrap_or_else(file)).await
}

fn count(folder: &TempDir, query: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(query.to_owned());
    block_on(async { sqlx::query_scalar(query).fetch_one(&mut database(folder).await).await.unwrap() })
}
