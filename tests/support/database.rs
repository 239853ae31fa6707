//! The database of a test: an SQLite file, or a new database at the server that `TEST_DATABASE` names. And all that it holds, to
//! see that a refusal has changed nothing.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::TestApp;

/// The kinds of database that the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in the test's folder.
    Sqlite,
    /// The server at `TEST_POSTGRES`.
    Postgres,
    /// The server at `TEST_MARIADB`.
    MariaDb,
}

impl Kind {
    /// The one that this run is about.
    pub fn of_this_run() -> Self {
        match variable("TEST_DATABASE").as_deref() {
            None | Some("sqlite") => Self::Sqlite,
            Some("postgres") => Self::Postgres,
            Some("mariadb") => Self::MariaDb,
            Some(other) => panic!("TEST_DATABASE is {other:?}, not sqlite, postgres or mariadb"),
        }
    }

    /// Where its server is, and whom it lets make databases; none for SQLite.
    pub fn server(self) -> Option<String> {
        let name = match self {
            Self::Sqlite => return None,
            Self::Postgres => "TEST_POSTGRES",
            Self::MariaDb => "TEST_MARIADB",
        };
        Some(variable(name).unwrap_or_else(|| panic!("{name} is not set; use scripts/with-databases.sh")))
    }

    /// Whether its server is there, for a test that is about this kind whatever the run is about. Without it the test is left out,
    /// which is said past the harness; in CI (CI=true) it must be there.
    pub fn is_here(self) -> bool {
        let name = match self {
            Self::Sqlite => return true,
            Self::Postgres => "TEST_POSTGRES",
            Self::MariaDb => "TEST_MARIADB",
        };
        let is_here = variable(name).is_some();
        assert!(
            is_here || variable("CI").as_deref() != Some("true"),
            "{name} is not set; use scripts/with-databases.sh"
        );
        if !is_here {
            let test = std::thread::current().name().unwrap_or_default().to_owned();
            let _ = writeln!(
                io::stderr(),
                "{test}: LEFT OUT for {self:?}: {name} is not set; use scripts/with-databases.sh"
            );
        }
        is_here
    }

    /// A new database with nothing in it, for processes in `folder`.
    pub fn database(self, folder: &Path) -> String {
        let folder = folder.to_owned();
        let work = move || block_on(async move { new_database(self, &folder).await });
        std::thread::spawn(work).join().unwrap()
    }
}

/// The file with the authority of the servers' certificates, where there are servers.
pub fn certificate_authority() -> Option<String> {
    variable("TEST_DATABASE_CA")
}

#[expect(clippy::disallowed_methods, reason = "not a setting of the program: the scripts say it to the tests")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The kinds that can be had: SQLite, and those whose servers run for the tests.
pub fn all_kinds() -> Vec<Kind> {
    let servers = [(Kind::Postgres, "TEST_POSTGRES"), (Kind::MariaDb, "TEST_MARIADB")];
    let running = servers.into_iter().filter(|(_, name)| variable(name).is_some());
    std::iter::once(Kind::Sqlite).chain(running.map(|(kind, _)| kind)).collect()
}

/// A database of that kind with nothing in it: its `DATABASE_URL`. At a server it is a new one, which goes with the server.
pub async fn new_database(kind: Kind, folder: &Path) -> String {
    let Some(server) = kind.server() else {
        return format!("sqlite:///{}", folder.join("latchkey.db").display());
    };
    let number = folder.file_name().unwrap().to_str().unwrap().to_lowercase();
    let letters = number.chars().filter(char::is_ascii_alphanumeric);
    let name: String = "latchkey_".chars().chain(letters).chain(format!("_{}", next_number()).chars()).collect();
    let mut connection = connect(&server).await;
    // As an operator's server may have it: the program sees to its own way of comparing.
    let text = format!("create database {name}");
    sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

fn next_number() -> u32 {
    static LAST: Mutex<u32> = Mutex::new(0);
    let mut last = LAST.lock().unwrap();
    *last += 1;
    *last
}

/// The `DATABASE_URL` for the real binary in `folder`; none where it makes a file of its own.
pub fn database_for(folder: &Path) -> Option<String> {
    static KNOWN: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);
    let kind = Kind::of_this_run();
    kind.server()?;
    let folder = folder.to_owned();
    let mut known = KNOWN.lock().unwrap();
    let known = known.get_or_insert_default();
    if let Some(url) = known.get(&folder) {
        return Some(url.clone());
    }
    let url = kind.database(&folder);
    known.insert(folder, url.clone());
    Some(url)
}

/// Runs a future where there may be a runtime already.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A connection to the database of that `DATABASE_URL`, past the program.
pub async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = match url.strip_prefix("sqlite:///") {
        Some(path) => format!("sqlite:{path}?mode=rwc"),
        None => url.to_owned(),
    };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    if connection.backend_name() == "MySQL" {
        // A test's statement that meets a lock is to wait for it no longer than the test.
        sqlx::query("set session innodb_lock_wait_timeout = 20").execute(&mut connection).await.unwrap();
    }
    connection
}

/// `text` with places that the database of this run knows: written with `?`.
pub fn placed(text: &str) -> String {
    if Kind::of_this_run() != Kind::Postgres {
        return text.to_owned();
    }
    let mut parts = text.split('?');
    let first = parts.next().unwrap().to_owned();
    parts.enumerate().fold(first, |text, (place, part)| format!("{text}${}{part}", place + 1))
}

/// The names of the tables that are the program's, and of their columns.
async fn tables(connection: &mut AnyConnection) -> Vec<(String, Vec<String>)> {
    let query = match connection.backend_name() {
        "SQLite" => {
            "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' \
             and m.name not like '\\_sqlx%' escape '\\' order by m.name, c.cid"
        }
        "PostgreSQL" => {
            "select cast(table_name as text), cast(column_name as text) from information_schema.columns \
             where table_schema = current_schema() and table_name <> '_sqlx_migrations' \
             order by table_name, ordinal_position"
        }
        _ => {
            "select table_name, column_name from information_schema.columns where table_schema = database() \
             and table_name <> '_sqlx_migrations' order by table_name, ordinal_position"
        }
    };
    let columns: Vec<(String, String)> = sqlx::query_as(query).fetch_all(connection).await.unwrap();
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for (table, column) in columns {
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push(column),
            _ => tables.push((table, vec![column])),
        }
    }
    tables
}

/// Every row of a table, each value as text.
async fn rows(connection: &mut AnyConnection, table: &str, columns: &[String]) -> Vec<Vec<Option<String>>> {
    let kind = if connection.backend_name() == "MySQL" { "char" } else { "text" };
    let values: Vec<String> = columns.iter().map(|column| format!("cast({column} as {kind})")).collect();
    let text = format!("select {} from {table}", values.join(", "));
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(connection).await.unwrap();
    let value = |row: &AnyRow, at: usize| row.get::<Option<String>, _>(at);
    rows.iter().map(|row| (0..columns.len()).map(|at| value(row, at)).collect()).collect()
}

/// Every row of every table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump(BTreeSet<String>);

impl Dump {
    /// What the database of that `DATABASE_URL` holds. What is counted about guesses is no part of what a refusal must leave as
    /// it was: a wrong password is counted.
    pub async fn of(url: &str) -> Self {
        let mut connection = connect(url).await;
        let mut all = BTreeSet::new();
        for (table, columns) in tables(&mut connection).await.into_iter().filter(|(table, _)| table != "attempts") {
            for row in rows(&mut connection, &table, &columns).await {
                let values: Vec<String> = row.into_iter().map(|value| value.unwrap_or("null".to_owned())).collect();
                all.insert(format!("{table}|{}", values.join("|")));
            }
        }
        Self(all)
    }

    /// The rows that speak of the account `id`: such a number is long enough to be no other.
    pub fn about(&self, id: i64) -> Self {
        let id = id.to_string();
        Self(self.0.iter().filter(|row| row.split('|').any(|column| column == id)).cloned().collect())
    }

    /// What is in only one of the two, for the message of a test.
    pub fn differs(&self, other: &Self) -> Vec<String> {
        self.0.symmetric_difference(&other.0).cloned().collect()
    }
}

impl TestApp {
    /// Every value of every table, each once, as text.
    pub async fn values(&self) -> BTreeSet<String> {
        let mut connection = connect(&self.database).await;
        let mut values = BTreeSet::new();
        for (table, columns) in tables(&mut connection).await {
            values.extend(rows(&mut connection, &table, &columns).await.into_iter().flatten().flatten());
        }
        values
    }

    /// What the database holds at this moment.
    pub async fn dump(&self) -> Dump {
        Dump::of(&self.database).await
    }

    /// The number of the account `username`; 0 when there is none.
    pub async fn account_id(&self, username: &str) -> i64 {
        let mut connection = connect(&self.database).await;
        let text = placed("select coalesce(max(id), 0) from accounts where username = ?");
        let query = sqlx::query_scalar(AssertSqlSafe(text));
        query.bind(username).fetch_one(&mut connection).await.unwrap()
    }

    /// Runs a statement on the database, behind the application's back.
    pub async fn sql(&self, statement: &'static str) -> u64 {
        let mut connection = connect(&self.database).await;
        sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected()
    }

    /// One number from the database.
    pub async fn count(&self, query: &'static str) -> i64 {
        let mut connection = connect(&self.database).await;
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }

    /// One text from the database.
    pub async fn text(&self, query: &'static str) -> String {
        let mut connection = connect(&self.database).await;
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }

    /// All rows that a query finds, a line each, with ` | ` between the columns.
    pub async fn lines(&self, query: &'static str) -> String {
        let mut connection = connect(&self.database).await;
        let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
        let value = |row: &AnyRow, at: usize| match row.try_get::<Option<i64>, _>(at) {
            Ok(number) => number.map_or("-".to_owned(), |number| number.to_string()),
            Err(_) => row.get::<Option<String>, _>(at).unwrap_or("-".to_owned()),
        };
        let line = |row: &AnyRow| (0..row.len()).map(|at| value(row, at)).collect::<Vec<_>>().join(" | ");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Puts accounts into the database that nobody can sign in to.
    pub async fn insert_accounts(&self, accounts: impl Iterator<Item = MadeUp>) {
        let mut connection = connect(&self.database).await;
        let accounts: Vec<_> = accounts.collect();
        for accounts in accounts.chunks(500) {
            let row = |MadeUp { id, username, email, created_at }: &MadeUp| {
                let (name, is_active) = (username.to_lowercase(), id % 2);
                format!("({id}, '{email}', '{email}', '{username}', '{name}', '!', {is_active}, 0, {created_at}, 0)")
            };
            let rows: Vec<_> = accounts.iter().map(row).collect();
            let text = format!(
                "insert into accounts (id, email, email_canonical, username, username_canonical, password_hash, is_active, \
                 email_verified, created_at, updated_at) values {}",
                rows.join(", ")
            );
            let done = sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
            assert_eq!(done.rows_affected(), accounts.len() as u64);
        }
    }
}

/// An account of nobody. Every other one is disabled.
pub struct MadeUp {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub created_at: i64,
}
