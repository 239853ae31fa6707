//! Opening the database: check whose it is, bring its schema up to date, set it to lose nothing.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use log::LevelFilter;
use sqlx::AnyPool;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Row as _};

use super::Store;
use super::error::{OpenError, is_disk_full};
use crate::server::config::one_line;

const FULL: &str = "the disk may be full";
const UNWRITABLE: &str = "check that the folder exists and is writable";

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The first SQLite without the bug that could lose committed writes in WAL mode (DAT-2).
const MIN_SQLITE: (u32, u32, u32) = (3, 51, 3);
const READERS: u32 = 4;
/// How long a request waits for a connection before it is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a request waits for its turn to write: as long as SQLite itself waits for another process.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Which database, and how much it logs.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The SQLite file.
    pub sqlite_file: PathBuf,
    /// Log every statement, without its values.
    pub log_statements: bool,
}

impl StoreSettings {
    /// Refuses an absent or empty file where none may be made. Touches nothing.
    ///
    /// # Errors
    /// [`OpenError::Missing`].
    pub fn require(&self, absent: Absent) -> Result<(), OpenError> {
        let is_absent = match std::fs::metadata(&self.sqlite_file) {
            Ok(facts) => facts.is_file() && facts.len() == 0,
            // What cannot be looked at is explained better by who opens it.
            Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        };
        if is_absent && absent == Absent::Refuse { Err(self.missing()) } else { Ok(()) }
    }

    fn missing(&self) -> OpenError {
        OpenError::Missing { path: shown(&self.sqlite_file) }
    }
}

/// What opening does when there is no database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It makes one.
    Make,
    /// It refuses: a new one in the wrong place would look like success.
    Refuse,
}

/// How far a database's schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The number of its last migration.
    pub version: i64,
    /// How many migrations this opening has applied.
    pub applied: usize,
}

impl Store {
    /// Opens the database, makes it if need be, and applies the migrations it lacks.
    ///
    /// # Errors
    /// [`OpenError`]; the database is then as it was.
    pub async fn open(settings: &StoreSettings) -> Result<Self, OpenError> {
        Ok(Self::migrate(settings).await?.0)
    }

    /// The same, and says what there was to do.
    ///
    /// # Errors
    /// [`OpenError`]; the database is then as it was.
    pub async fn migrate(settings: &StoreSettings) -> Result<(Self, Schema), OpenError> {
        let found = look(settings).await?;
        open(settings, found).await
    }

    /// Opens a database whose schema is ours, or makes it if it may; one that is behind is left as it is, because a server
    /// may be using it. Migrations are applied to a new one alone.
    ///
    /// # Errors
    /// [`OpenError`], among them [`OpenError::Older`] and [`OpenError::Missing`].
    pub async fn open_as_it_is(settings: &StoreSettings, absent: Absent) -> Result<(Self, Schema), OpenError> {
        settings.require(absent)?;
        let found = look(settings).await?;
        let has_all = MIGRATIONS.iter().all(|migration| found.contains(&migration.version));
        match found.last() {
            Some(version) if !has_all && *version <= latest() => {
                let path = shown(&settings.sqlite_file);
                Err(OpenError::Older { path, version: *version, latest: latest() })
            }
            None if absent == Absent::Refuse => Err(settings.missing()),
            _ => open(settings, found).await,
        }
    }
}

async fn open(settings: &StoreSettings, found: Vec<i64>) -> Result<(Store, Schema), OpenError> {
    let path = settings.sqlite_file.as_path();
    let unreachable = |cause: sqlx::Error| unreachable(path, &cause);
    let options = connect_options(settings, "rwc").map_err(unreachable)?;
    reserve(path)?;
    let writer = pool(1).acquire_timeout(WRITE_TIMEOUT).connect_with(options.clone()).await.map_err(unreachable)?;
    check_sqlite(&writer).await?;
    migrate(&writer, path).await?;
    let readers = pool(READERS).connect_with(options).await.map_err(unreachable)?;
    let applied = MIGRATIONS.iter().filter(|migration| !found.contains(&migration.version)).count();
    Ok((Store { readers, writer, files: files(path) }, Schema { version: latest(), applied }))
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

fn latest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn shown(path: &Path) -> String {
    one_line(path)
}

fn unreachable(path: &Path, cause: &sqlx::Error) -> OpenError {
    let advice = if is_disk_full(cause) { FULL } else { UNWRITABLE };
    OpenError::Unreachable { path: shown(path), cause: cause.to_string(), advice }
}

pub(super) fn connect_options(settings: &StoreSettings, mode: &str) -> Result<AnyConnectOptions, sqlx::Error> {
    let encoded: String = settings
        .sqlite_file
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let options = AnyConnectOptions::from_str(&format!("sqlite:{encoded}?mode={mode}"))?;
    let level = if settings.log_statements { LevelFilter::Info } else { LevelFilter::Off };
    // By default slow statements are logged with their text at WARN.
    Ok(options.log_statements(level).log_slow_statements(LevelFilter::Off, Duration::MAX))
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

async fn check_sqlite(pool: &AnyPool) -> Result<(), OpenError> {
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
async fn look(settings: &StoreSettings) -> Result<Vec<i64>, OpenError> {
    sqlx::any::install_default_drivers();
    let path = settings.sqlite_file.as_path();
    if !path.exists() {
        return Ok(Vec::new());
    }
    let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
    let versions = "select version from _sqlx_migrations order by version";
    let read = async {
        let mut connection = connect_options(settings, "ro")?.connect().await?;
        let rows = sqlx::query(tables).fetch_all(&mut connection).await?;
        let tables: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        let is_ours = tables.iter().any(|table| table == "_sqlx_migrations");
        let rows = if is_ours { sqlx::query(versions).fetch_all(&mut connection).await? } else { Vec::new() };
        connection.close().await?;
        let found: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok((tables.into_iter().next().filter(|_| !is_ours), found?))
    };
    match read.await.map_err(|cause| unreachable(path, &cause))? {
        (Some(table), _) => Err(OpenError::Foreign { path: shown(path), table }),
        (None, found) => Ok(found),
    }
}

/// Makes the file for its owner alone; SQLite gives the files beside it the same permissions.
fn reserve(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|cause| {
        let advice = if cause.kind() == ErrorKind::StorageFull { FULL } else { UNWRITABLE };
        OpenError::Unreachable { path: shown(path), cause: cause.to_string(), advice }
    })
}

async fn migrate(pool: &AnyPool, path: &Path) -> Result<(), OpenError> {
    MIGRATIONS.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => OpenError::Newer { path: shown(path), version },
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_disk_full(&cause) => {
            unreachable(path, &cause)
        }
        other => OpenError::Migration { path: shown(path), cause: other.to_string() },
    })
}
