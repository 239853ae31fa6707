//! All that a database holds, taken to another place by the real binary: `latchkey db copy`, `backup` and `restore`, over every kind
//! of database that this run can have (`scripts/with-databases.sh`).

mod backups;
mod copies;
mod round_trip;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;
use ureq::Agent;

use crate::support::binary::{Running, finish, latchkey, start_as};
use crate::support::{Dump, Kind, connect, new_database};

const PASSWORD: &str = "canary-Moving-Kx7-pw";
const SECRET: &str = "canary-root-secret-of-the-moving-tests-0123456789";

/// A database of that kind, and a folder for whoever uses it.
struct Place {
    folder: TempDir,
    url: String,
}

impl Place {
    fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = block_on(new_database(kind, folder.path()));
        Self { folder, url }
    }

    fn command(&self) -> Command {
        let mut command = latchkey(self.folder.path());
        command.env("DATABASE_URL", &self.url).env("SECRET_KEY", SECRET);
        command
    }

    fn serve(&self, listen: Option<&str>) -> Running {
        let mut command = self.command();
        // Nobody reads its log, and a full pipe would hold it up.
        command.env("LATCHKEY_SOURCE_ATTEMPTS", "100000").env("LATCHKEY_LOG", "error");
        if let Some(address) = listen {
            command.env("LATCHKEY_LISTEN", address);
        }
        start_as(command)
    }

    /// Every row, also what is counted about guesses.
    fn dump(&self) -> (Dump, Vec<String>) {
        let attempts = "select subject, failures, since, locked_until, expires_at from attempts order by subject";
        let row = |row: &sqlx::any::AnyRow| {
            let numbers: Vec<i64> = (1..5).map(|at| row.get(at)).collect();
            format!("{} {numbers:?}", row.get::<String, _>(0))
        };
        block_on(async {
            let rows = sqlx::query(attempts).fetch_all(&mut connect(&self.url).await).await.unwrap();
            (Dump::of(&self.url).await, rows.iter().map(row).collect())
        })
    }

    fn sql(&self, statements: &[&str]) {
        block_on(async {
            let mut connection = connect(&self.url).await;
            for statement in statements {
                sqlx::query(AssertSqlSafe((*statement).to_owned())).execute(&mut connection).await.unwrap();
            }
        });
    }

    fn count(&self, query: &'static str) -> i64 {
        block_on(async { sqlx::query_scalar(query).fetch_one(&mut connect(&self.url).await).await.unwrap() })
    }

    /// `latchkey db copy` from here.
    fn copy_to(&self, target: &Self) -> Command {
        let mut command = self.command();
        command.args(["db", "copy", "-", &target.url]);
        command
    }
}

#[track_caller]
fn assert_same(one: &Place, other: &Place) {
    let (one, other) = (one.dump(), other.dump());
    let differs = one.0.differs(&other.0);
    assert!(differs.is_empty(), "{:#?}", &differs[..differs.len().min(6)]);
    assert_eq!(one.1, other.1);
}

/// Runs a command that must succeed and say nothing but how far it is; gives what it printed.
#[track_caller]
fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = finish(command, "");
    let errors = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{command:?} said {errors:?}");
    // Where a migration was killed on MySQL or MariaDB, the next one says what became of it.
    let is_fine = |line: &str| line.ends_with(" rows") || line.contains(" was cut off before; it is ");
    assert!(errors.lines().all(is_fine), "{errors:?}");
    String::from_utf8(stdout).unwrap()
}

/// Accounts of all sorts with what belongs to them, among them the values that are most likely to suffer on the way.
fn fill(place: &Place, accounts: usize) {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let names =
        ["Анна", "😀👩‍👩‍👧", "", "O'Neil", "a\\b%_?$1", "e\u{301}é", " padded ", "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}"];
    let long = format!("{}@{}.example", "l".repeat(64), "d".repeat(254 - 64 - 1 - 8));
    let mut tables: [Vec<String>; 5] = Default::default();
    for at in 0..accounts {
        let place = i64::try_from(at).unwrap();
        let id = (place + 1) * 4_003_199_000 % 9_007_199_254_740_881;
        let email = if at == 0 { long.clone() } else { format!("Person.{at}@Example.com") };
        let first = names.get(at % 9).map_or("null".to_owned(), |name| quoted(name));
        let last = if at % 3 == 0 { "null".to_owned() } else { quoted(&"я".repeat(at % 101)) };
        let login = if at % 2 == 0 { "null".to_owned() } else { (1_800_000_000_000_000 + at).to_string() };
        tables[0].push(format!(
            "({id}, {}, {}, 'Юзер{at}', 'юзер{at}', {first}, {last}, '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA', {}, {}, {at}, {at}, {login})",
            quoted(&email), quoted(&email.to_lowercase()), at % 2, at / 2 % 2
        ));
        if at % 10 == 0 {
            tables[1].push(format!("({id}, 'admin')"));
            tables[1].push(format!("({id}, 'editor-{}')", at % 7));
            tables[3].push(format!("({id}, 'hash-{at}', {at}, {at})"));
            tables[4].push(format!("('name:МАС-{at}', {}, {at}, 0, {at})", at % 5));
        }
        let agent = if at % 4 == 0 {
            "null".to_owned()
        } else {
            quoted(&format!("Агент\u{1}\u{7}\t\n\r\u{1b}[31m\u{7f}\u{9b} {at}"))
        };
        let ended = if at % 5 == 0 { format!("{at}, 'signed-out'") } else { "null, null".to_owned() };
        tables[2].push(format!(
            "('s{}-{at:x}', {id}, 'api', 'seed{at}', {at}, 1, 2, 3, 4, 5, {}, {ended}, '::1', {agent}, {})",
            at % 13,
            i64::MAX - place,
            at % 2
        ));
    }
    let heads = [
        "accounts",
        "account_roles",
        "sessions (id, account_id, kind, seed, counter, created_at, authenticated_at, rotated_at, \
         last_seen_at, idle_expires_at, expires_at, ended_at, end_reason, address, user_agent, is_kept)",
        "password_links",
        "attempts",
    ];
    block_on(async {
        let mut connection = connect(&place.url).await;
        for (head, rows) in heads.iter().zip(&tables) {
            for rows in rows.chunks(500) {
                let text = format!("insert into {head} values {}", rows.join(", "));
                sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
            }
        }
    });
}

/// Posts JSON; gives the status and what came back.
fn post(server: &Running, path: &str, body: &Value) -> (u16, Value) {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
    let agent: Agent = config.build().into();
    let request = agent.post(format!("{}{path}", server.url)).header("content-type", "application/json");
    let mut reply = request.send(body.to_string()).unwrap();
    let text = reply.body_mut().read_to_string().unwrap();
    (reply.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Signs in at the API; gives the refresh token.
#[track_caller]
fn sign_in(server: &Running, username: &str) -> String {
    let (status, body) = post(server, "/token", &json!({"username": username, "password": PASSWORD}));
    assert_eq!(status, 200, "{body}");
    body["refresh_token"].as_str().unwrap().to_owned()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
