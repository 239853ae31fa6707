//! Opening the database: check whose it is, bring its schema up to date, set it to lose nothing.

mod error;
pub(super) mod marks;
mod schema;
mod server;
mod sqlite;

use std::time::Duration;

use log::LevelFilter;
use sqlx::ConnectOptions;
use sqlx::any::AnyConnectOptions;
use sqlx::migrate::Migrator;

use super::Store;
use crate::server::config::{DatabaseUrl, PoolSettings, one_line};

pub use error::OpenError;
pub(super) use sqlite::{connect_options as sqlite_options, open_backup, plain};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Which database, and how it is used.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Where it is.
    pub database: DatabaseUrl,
    /// How connections to a server are used.
    pub pool: PoolSettings,
    /// How long a server that does not answer is waited for at the start.
    pub patience: Duration,
    /// Log every statement, without its values.
    pub log_statements: bool,
}

impl StoreSettings {
    /// Refuses an absent or empty file where none may be made. Touches nothing, and asks no server.
    ///
    /// # Errors
    /// [`OpenError::Missing`].
    pub fn require(&self, absent: Absent) -> Result<(), OpenError> {
        match self.database.sqlite_file() {
            Some(file) if absent == Absent::Refuse && sqlite::is_absent(file) => Err(self.missing()),
            _ => Ok(()),
        }
    }

    /// What it is called in messages; nothing secret is in it.
    pub fn shown(&self) -> String {
        match &self.database {
            DatabaseUrl::Sqlite(file) => one_line(file),
            DatabaseUrl::Server(server) => one_line(server.to_string()),
        }
    }

    fn missing(&self) -> OpenError {
        match &self.database {
            DatabaseUrl::Sqlite(_) => OpenError::Missing { database: self.shown() },
            DatabaseUrl::Server(_) => OpenError::Empty { database: self.shown() },
        }
    }

    /// By default slow statements would be logged with their text at WARN.
    fn logged<O: ConnectOptions>(&self, options: O) -> O {
        let level = if self.log_statements { LevelFilter::Info } else { LevelFilter::Off };
        options.log_statements(level).log_slow_statements(LevelFilter::Off, Duration::MAX)
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

/// What opening may do to a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// Whatever is needed.
    Migrate,
    /// Nothing to one that is there.
    AsItIs(Absent),
    /// Makes one that is to be filled; what a copy has begun is gone on with.
    Fill,
    /// Reads a backup.
    Restore,
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
        open(settings, Wish::Migrate).await
    }

    /// Opens a database whose schema is ours, or makes it if it may; one that is behind is left as it is, because a server
    /// may be using it. Migrations are applied to a new one alone.
    ///
    /// # Errors
    /// [`OpenError`], among them [`OpenError::Older`] and [`OpenError::Missing`].
    pub async fn open_as_it_is(settings: &StoreSettings, absent: Absent) -> Result<(Self, Schema), OpenError> {
        settings.require(absent)?;
        open(settings, Wish::AsItIs(absent)).await
    }
}

impl Store {
    /// Makes a database, or takes an empty one, that is nobody's until [`Store::copy_to`] has filled it; or takes one up again
    /// that was half filled.
    ///
    /// # Errors
    /// [`OpenError`], among them [`OpenError::NotEmpty`].
    pub async fn fill(settings: &StoreSettings) -> Result<Self, OpenError> {
        Ok(open(settings, Wish::Fill).await?.0)
    }
}

async fn open(settings: &StoreSettings, wish: Wish) -> Result<(Store, Schema), OpenError> {
    sqlx::any::install_default_drivers();
    match &settings.database {
        DatabaseUrl::Sqlite(file) => sqlite::open(file, settings, wish).await,
        DatabaseUrl::Server(server) => server::open(server, settings, wish).await,
    }
}

/// Lets a schema pass whose migrations are `found`, the oldest first.
fn judge(settings: &StoreSettings, found: &[i64], wish: Wish) -> Result<(), OpenError> {
    let database = settings.shown();
    let is_unfinished = found.contains(&marks::UNFINISHED);
    if is_unfinished && wish != Wish::Fill {
        return Err(OpenError::Unfinished { database });
    }
    if found.contains(&marks::BACKUP) != (wish == Wish::Restore) {
        return Err(if wish == Wish::Restore {
            OpenError::NoBackup { database }
        } else {
            OpenError::Backup { database }
        });
    }
    let found: Vec<i64> =
        found.iter().copied().filter(|version| ![marks::UNFINISHED, marks::BACKUP].contains(version)).collect();
    let Some(version) = found.last().copied() else {
        return if wish == Wish::AsItIs(Absent::Refuse) { Err(settings.missing()) } else { Ok(()) };
    };
    if let Some(unknown) = found.iter().find(|version| !MIGRATIONS.version_exists(**version)) {
        return Err(OpenError::Newer { database, version: *unknown, latest: latest() });
    }
    let has_all = MIGRATIONS.iter().all(|migration| found.contains(&migration.version));
    match wish {
        Wish::AsItIs(_) if !has_all => Err(OpenError::Older { database, version, latest: latest() }),
        Wish::Restore if !has_all => Err(OpenError::OlderBackup { database, version, latest: latest() }),
        Wish::Fill if !has_all && !is_unfinished => Err(OpenError::NotEmpty { database }),
        _ => Ok(()),
    }
}

fn latest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

fn schema(found: &[i64]) -> Schema {
    let applied = MIGRATIONS.iter().filter(|migration| !found.contains(&migration.version)).count();
    Schema { version: latest(), applied }
}

fn parsed(url: &str) -> Result<AnyConnectOptions, sqlx::Error> {
    url.parse()
}
