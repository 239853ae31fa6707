//! The table `users` of another application's SQLite file. It is read, never written, in one snapshot: the other
//! application may be at work in it.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures_util::TryStreamExt as _;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::open::{StoreSettings, connect_options};

/// The database of another application cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// SQLite refused.
    #[error("SQLite says: {0}")]
    Unreadable(#[from] sqlx::Error),
    /// A value that is neither text nor a number.
    #[error("row {0} of the table users has a value that is not UTF-8 text")]
    NotText(usize),
}

/// What stands in the table, hashes too: it has no `Debug`.
pub struct ForeignUsers {
    /// All of its columns, as it names them; none when there is no such table.
    pub all_columns: Vec<String>,
    /// Those that were asked for and are there, in the order of `rows`.
    pub columns: Vec<&'static str>,
    /// The rows as text, null where there is nothing.
    pub rows: Vec<Vec<Option<String>>>,
}

impl ForeignUsers {
    /// Reads at most `limit` rows, and of those the `known` columns.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn read(file: &Path, known: &[&'static str], limit: usize) -> Result<Self, ForeignError> {
        sqlx::any::install_default_drivers();
        // SQLite follows links before it looks for the log.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        // In WAL mode even a reader makes two files beside the database; they would stay, and might belong to somebody
        // whose files the other application cannot write. Nobody is at work in it, so that it can be read without.
        if let Some(before) = at_rest(&file) {
            let users = read_once(&file, "ro&immutable=true", known, limit).await;
            if at_rest(&file) == Some(before) {
                return users;
            }
        }
        read_once(&file, "ro", known, limit).await
    }
}

/// The length and the last change of a database in WAL mode that nobody has open; `None` for any other.
fn at_rest(file: &Path) -> Option<(u64, SystemTime)> {
    // Bytes 18 and 19 of the header: the versions that write and read it, 2 for WAL.
    let mut header = [0; 20];
    fs::File::open(file).and_then(|mut file| file.read_exact(&mut header)).ok()?;
    let mut log = OsString::from(file);
    log.push("-wal");
    let metadata = fs::metadata(file).ok()?;
    let is_at_rest = header.ends_with(&[2, 2]) && !PathBuf::from(log).exists();
    Some((metadata.len(), metadata.modified().ok()?)).filter(|_| is_at_rest)
}

async fn read_once(
    file: &Path,
    mode: &str,
    known: &[&'static str],
    limit: usize,
) -> Result<ForeignUsers, ForeignError> {
    let settings = StoreSettings { sqlite_file: file.to_owned(), log_statements: false };
    let mut connection = connect_options(&settings, mode)?.connect().await?;
    let mut snapshot = connection.begin().await?;
    let users = read(&mut snapshot, known, limit).await;
    snapshot.rollback().await?;
    connection.close().await?;
    users
}

async fn read(
    connection: &mut AnyConnection,
    known: &[&'static str],
    limit: usize,
) -> Result<ForeignUsers, ForeignError> {
    let names = sqlx::query("select name from pragma_table_xinfo('users') order by cid").fetch_all(&mut *connection);
    let names = names.await?.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    let is_there = |column: &&&str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
    let columns: Vec<&'static str> = known.iter().filter(is_there).copied().collect();
    let mut users = ForeignUsers { all_columns: names, columns, rows: Vec::new() };
    if users.columns.is_empty() {
        return Ok(users);
    }
    // Any does not know SQLite's DATETIME and BOOLEAN; as text it reads everything.
    let casts: Vec<String> = users.columns.iter().map(|column| format!("cast({column} as text)")).collect();
    let order = if users.columns.contains(&"id") { "order by id" } else { "" };
    let text = format!("select {} from users {order} limit {limit}", casts.join(", "));
    let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(connection);
    loop {
        let unreadable = |error| match error {
            sqlx::Error::Database(_) => ForeignError::Unreadable(error),
            _ => ForeignError::NotText(users.rows.len() + 1),
        };
        let Some(row) = rows.try_next().await.map_err(unreadable)? else { break };
        let values = (0..users.columns.len()).map(|column| row.try_get::<Option<String>, _>(column));
        let values = values.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        users.rows.push(values);
    }
    drop(rows);
    Ok(users)
}
