//! A file: one connection writes, others read beside it.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, ConnectOptions as _, Connection as _, Executor as _, Row as _};

use super::schema::{MARKS, migrate};
use super::{OpenError, Schema, StoreSettings, Wish, judge, marks, parsed, schema};
use crate::server::store::error::is_disk_full;
use crate::server::store::pool::Pool;
use crate::server::store::{Dialect, Store};

const FULL: &str = "the disk may be full";
const UNWRITABLE: &str = "check that the folder exists and is writable";

/// The first SQLite without the bug that could lose committed writes in WAL mode (DAT-2).
const MIN_SQLITE: (u32, u32, u32) = (3, 51, 3);
const READERS: u32 = 4;
/// SQLite believes that nobody changes the file, takes no lock on it and makes none beside it.
const READ_ONLY: &str = "ro&immutable=true";
/// How long a request waits for a connection before it is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a request waits for its turn to write: as long as SQLite itself waits for another process.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether nothing is there that could be a database.
pub(super) fn is_absent(file: &Path) -> bool {
    match fs::metadata(file) {
        Ok(facts) => facts.is_file() && facts.len() == 0,
        // What cannot be looked at is explained better by who opens it.
        Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

pub(super) async fn open(file: &Path, settings: &StoreSettings, wish: Wish) -> Result<(Store, Schema), OpenError> {
    let found = look(file, settings).await?;
    judge(settings, &found, wish)?;
    let unreachable = |cause: sqlx::Error| unreachable(settings, &cause);
    let options = settings.logged(connect_options(file, "rwc").map_err(unreachable)?);
    reserve(file, settings)?;
    let writer = pool(1).acquire_timeout(WRITE_TIMEOUT).connect_with(options.clone()).await.map_err(unreachable)?;
    check_version(&writer).await?;
    let mut connection = writer.acquire().await.map_err(unreachable)?;
    if wish == Wish::Fill {
        marks::begin(&mut connection, Dialect::Sqlite, &found, settings).await?;
    }
    migrate(&mut connection, Dialect::Sqlite, settings, wish).await?;
    drop(connection);
    let readers = pool(READERS).connect_with(options).await.map_err(unreachable)?;
    let [readers, writer] = [readers, writer].map(Pool::of_file);
    let capacity = READERS as usize;
    Ok((Store { readers, writer, files: files(file), capacity }, schema(&found)))
}

/// A backup, which nothing is written to: not even the two files beside it that a reader in WAL mode makes.
pub(in crate::server::store) async fn open_backup(file: &Path, settings: &StoreSettings) -> Result<Store, OpenError> {
    judge(settings, &look_in(file, settings, READ_ONLY).await?, Wish::Restore)?;
    plain(file, settings, READ_ONLY).await
}

/// A file that is nobody's but ours: one connection, and nothing set.
pub(in crate::server::store) async fn plain(
    file: &Path,
    settings: &StoreSettings,
    mode: &str,
) -> Result<Store, OpenError> {
    let unreachable = |cause: sqlx::Error| unreachable(settings, &cause);
    let options = settings.logged(connect_options(file, mode).map_err(unreachable)?);
    let pool = AnyPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.test_before_acquire(false).connect_with(options).await.map_err(unreachable)?;
    sqlx::query("pragma trusted_schema = off").execute(&pool).await.map_err(unreachable)?;
    let pool = Pool::of_file(pool);
    Ok(Store { readers: pool.clone(), writer: pool, files: Arc::default(), capacity: 1 })
}

/// The database with its log, the log's index, and the journal that SQLite may make.
fn files(database: &Path) -> Arc<[PathBuf]> {
    let beside = |end: &str| {
        let mut name = OsString::from(database);
        name.push(end);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm", "-journal"].map(beside).into()
}

fn unreachable(settings: &StoreSettings, cause: &sqlx::Error) -> OpenError {
    let advice = if is_disk_full(cause) { FULL } else { UNWRITABLE };
    OpenError::Unreachable { database: settings.shown(), cause: cause.to_string(), advice }
}

pub(in crate::server::store) fn connect_options(file: &Path, mode: &str) -> Result<AnyConnectOptions, sqlx::Error> {
    let encoded: String = file
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    parsed(&format!("sqlite:{encoded}?mode={mode}"))
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A SQLite connection cannot go away; asking before each use only costs.
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                for pragma in [
                    "pragma busy_timeout = 5000",
                    "pragma journal_mode = wal",
                    "pragma synchronous = full",
                    "pragma foreign_keys = on",
                ] {
                    connection.execute(pragma).await?;
                }
                Ok(())
            })
        })
}

async fn check_version(pool: &AnyPool) -> Result<(), OpenError> {
    let row = sqlx::query("select sqlite_version()").fetch_one(pool).await;
    let version: String = row.and_then(|row| row.try_get(0)).unwrap_or_default();
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found >= MIN_SQLITE { Ok(()) } else { Err(OpenError::OldSqlite(version)) }
}

/// The migrations that the database has had, the oldest first; none when there is no database, or an empty one.
///
/// A database with tables but without our migrations table is somebody else's, perhaps the tutorial's own. It is read
/// before anything is set, because even the journal mode would be a change to it.
async fn look(file: &Path, settings: &StoreSettings) -> Result<Vec<i64>, OpenError> {
    look_in(file, settings, "ro").await
}

async fn look_in(file: &Path, settings: &StoreSettings, mode: &str) -> Result<Vec<i64>, OpenError> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
    let versions = "select version from _sqlx_migrations order by version";
    let read = async {
        let mut connection = settings.logged(connect_options(file, mode)?).connect().await?;
        let rows = sqlx::query(tables).fetch_all(&mut connection).await?;
        let tables: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        let is_ours = tables.iter().any(|table| table == MARKS);
        let rows = if is_ours { sqlx::query(versions).fetch_all(&mut connection).await? } else { Vec::new() };
        connection.close().await?;
        let found: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok((tables.into_iter().next().filter(|_| !is_ours), found?))
    };
    match read.await.map_err(|cause| unreachable(settings, &cause))? {
        (Some(table), _) => Err(OpenError::Foreign { database: settings.shown(), table }),
        (None, found) => Ok(found),
    }
}

/// Makes the file for its owner alone; SQLite gives the files beside it the same permissions.
fn reserve(file: &Path, settings: &StoreSettings) -> Result<(), OpenError> {
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    made.map(drop).map_err(|cause| {
        let advice = if cause.kind() == ErrorKind::StorageFull { FULL } else { UNWRITABLE };
        OpenError::Unreachable { database: settings.shown(), cause: cause.to_string(), advice }
    })
}
