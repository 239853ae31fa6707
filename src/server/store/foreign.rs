//! The table `users` of another application's SQLite file. It is read, never written, in one snapshot: the other
//! application may be at work in it. What it holds is not believed: only a plain table is read, no view, of which reading
//! could take for ever; and of SQLite's messages only the number is passed on, for they quote names and values.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt as _;
use log::LevelFilter;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::open::sqlite_options;

/// The database of another application cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// SQLite refused.
    #[error("SQLite refuses (code {}): {}", .0, advice(*.0))]
    Refused(i32),
    /// There are users, but not in a table of their own.
    #[error("users is a view or a virtual table there; export it as CSV")]
    NoTable,
    /// A value that is neither text nor a number.
    #[error("row {0} of the table users has a value that is not UTF-8 text")]
    NotText(usize),
    /// More than is read into memory.
    #[error("the accounts are larger than {0} bytes; split them into several files")]
    TooLarge(u64),
}

impl From<sqlx::Error> for ForeignError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()?.parse().ok());
        Self::Refused(code.unwrap_or_default())
    }
}

/// The low byte of a code is its kind.
fn advice(code: i32) -> &'static str {
    match code & 0xff {
        5 | 6 => "another program keeps it locked; try again",
        3 | 8 | 10 | 14 | 23 => "it cannot be opened; check that you may read it and the files beside it",
        _ => "it is damaged or not to be trusted; check it with the sqlite3 command, or export users as CSV",
    }
}

/// How much is read.
#[derive(Debug)]
pub struct ForeignLimits {
    /// Rows.
    pub rows: usize,
    /// Bytes of a value.
    pub value_bytes: u64,
    /// Bytes of all values.
    pub bytes: u64,
}

/// What stands in the table, hashes too: it has no `Debug`.
pub struct ForeignUsers {
    /// All of its columns, as it names them; none when there is no such table.
    pub all_columns: Vec<String>,
    /// Those that were asked for and are there, in the order of `rows`.
    pub columns: Vec<&'static str>,
    /// The rows as text, null where there is nothing; `None` for a row with a value past the limit.
    pub rows: Vec<Option<Vec<Option<String>>>>,
}

impl ForeignUsers {
    /// Reads rows up to the limit, and of those the `known` columns.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn read(file: &Path, known: &[&'static str], limits: &ForeignLimits) -> Result<Self, ForeignError> {
        sqlx::any::install_default_drivers();
        // SQLite follows links before it looks for the log.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        // In WAL mode even a reader makes two files beside the database; they would stay, and might belong to somebody
        // whose files the other application cannot write. Nobody is at work in it, so that it can be read without.
        if let Some(before) = at_rest(&file) {
            let users = read_once(&file, "ro&immutable=true", known, limits).await;
            if at_rest(&file) == Some(before) {
                return users;
            }
        }
        read_once(&file, "ro", known, limits).await
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
    limits: &ForeignLimits,
) -> Result<ForeignUsers, ForeignError> {
    let mut connection = connect(file, mode).await?;
    let mut snapshot = connection.begin().await?;
    let users = read(&mut snapshot, known, limits).await;
    snapshot.rollback().await?;
    connection.close().await?;
    users
}

/// The file's own expressions (of generated columns and indexes) get no function that could do more than compute.
async fn connect(file: &Path, mode: &str) -> Result<AnyConnection, sqlx::Error> {
    let options = sqlite_options(file, mode)?.log_statements(LevelFilter::Off);
    let mut connection = options.log_slow_statements(LevelFilter::Off, Duration::MAX).connect().await?;
    sqlx::query("pragma trusted_schema = off").execute(&mut connection).await?;
    Ok(connection)
}

async fn read(
    connection: &mut AnyConnection,
    known: &[&'static str],
    limits: &ForeignLimits,
) -> Result<ForeignUsers, ForeignError> {
    let mut users = ForeignUsers { all_columns: Vec::new(), columns: Vec::new(), rows: Vec::new() };
    match is_plain_table(connection).await? {
        None => return Ok(users),
        Some(false) => return Err(ForeignError::NoTable),
        Some(true) => {}
    }
    let names = sqlx::query("select name from pragma_table_xinfo('users') order by cid").fetch_all(&mut *connection);
    let names = names.await?.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    let is_there = |column: &&&str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
    users.columns = known.iter().filter(is_there).copied().collect();
    users.all_columns = names;
    if !users.columns.is_empty() {
        read_rows(connection, &mut users, limits).await?;
    }
    Ok(users)
}

/// Whether `users` is a table whose rows stand in the file; `None` when there is nothing of that name.
async fn is_plain_table(connection: &mut AnyConnection) -> Result<Option<bool>, sqlx::Error> {
    // A virtual table has no root page.
    let query = "select case when type = 'table' and rootpage > 0 then 1 else 0 end from sqlite_schema \
                 where name = 'users' collate nocase and type in ('table', 'view')";
    let found = sqlx::query(query).fetch_optional(connection).await?;
    found.map(|row| Ok(row.try_get::<i64, _>(0)? == 1)).transpose()
}

async fn read_rows(
    connection: &mut AnyConnection,
    users: &mut ForeignUsers,
    limits: &ForeignLimits,
) -> Result<(), ForeignError> {
    let most = limits.value_bytes;
    // Any does not know SQLite's DATETIME and BOOLEAN; as text it reads everything. What is too long is measured by SQLite and not handed on.
    let fits = |column: &&str| format!("coalesce(octet_length(cast({column} as text)), 0) <= {most}");
    let all_fit: Vec<String> = users.columns.iter().map(fits).collect();
    let value = |column: &&str| format!("case when {} then cast({column} as text) end", fits(column));
    let values: Vec<String> = users.columns.iter().map(value).collect();
    let order = if users.columns.contains(&"id") { "order by id" } else { "" };
    let (values, all_fit, limit) = (values.join(", "), all_fit.join(" and "), limits.rows);
    let text = format!("select {values}, case when {all_fit} then 1 else 0 end from users {order} limit {limit}");
    let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(connection);
    let mut bytes = 0;
    loop {
        let unreadable = |error| match error {
            sqlx::Error::Database(_) => ForeignError::from(error),
            _ => ForeignError::NotText(users.rows.len() + 1),
        };
        let Some(row) = rows.try_next().await.map_err(unreadable)? else { break };
        let values = (0..users.columns.len()).map(|column| row.try_get::<Option<String>, _>(column));
        let values = values.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let do_fit = row.try_get::<i64, _>(users.columns.len()).map_err(unreadable)? == 1;
        bytes += values.iter().flatten().map(|value| value.len() as u64).sum::<u64>();
        if bytes > limits.bytes {
            return Err(ForeignError::TooLarge(limits.bytes));
        }
        users.rows.push(do_fit.then_some(values));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn database(file: &Path, statements: &'static str) {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_limits_allow() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.db");
        database(&file, "create table users (email text); insert into users values ('1234'), ('12345'), ('é'), (null)")
            .await;
        let read = async |rows, value_bytes, bytes| {
            let users = ForeignUsers::read(&file, &["email"], &ForeignLimits { rows, value_bytes, bytes }).await;
            users.map(|users| users.rows.iter().map(|row| Some(row.as_ref()?.first()?.clone())).collect::<Vec<_>>())
        };
        let value = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(read(9, 4, 6).await.unwrap(), [value("1234"), None, value("é"), Some(None)]);
        assert_eq!(read(9, 1, 6).await.unwrap(), [None, None, None, Some(None)], "bytes are counted, not characters");
        assert_eq!(read(1, 4, 6).await.unwrap(), [value("1234")]);
        assert!(matches!(read(9, 4, 5).await, Err(ForeignError::TooLarge(5))));
    }

    #[tokio::test]
    async fn the_schema_of_another_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.db");
        database(&file, "create table users (email text)").await;
        let mut connection = connect(&file, "ro").await.unwrap();
        let trusted: i64 = sqlx::query_scalar("pragma trusted_schema").fetch_one(&mut connection).await.unwrap();
        assert_eq!(trusted, 0);
    }
}
