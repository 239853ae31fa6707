//! The only SQL. A file per table group, a function per question, lower-case SQL where it is used.
//!
//! Written for the common ground of SQLite, PostgreSQL and MySQL (DESIGN.md, Database). On SQLite one connection writes,
//! in transactions that take the write lock at once, and others read beside it.

/// Runs a block in one transaction that takes the write lock at its start: all of it is kept, or nothing. Tried again
/// when it met a lock or a deadlock. A macro, because a closure over `&mut AnyConnection` cannot be shown to be `Send`.
macro_rules! in_transaction {
    ($store:expr, $transaction:ident => $work:block) => {{
        let mut attempt = 0;
        loop {
            let outcome: Result<_, StoreError> = async {
                let mut connection = $store.writer.acquire().await?;
                let mut transaction = $store.writer.begin(&mut connection).await?;
                let $transaction = &mut transaction;
                let value = $work;
                transaction.commit().await?;
                Ok(value)
            }
            .await;
            match outcome {
                Err(error) if error.is_transient() && attempt < crate::server::store::RETRIES => attempt += 1,
                outcome => break outcome,
            }
            crate::server::store::back_off(attempt).await;
        }
    }};
}

mod accounts;
mod administration;
mod attempts;
mod backup;
mod copy;
mod directory;
mod error;
mod foreign;
mod import;
mod locks;
mod open;
mod password_links;
mod pool;
mod query;
mod session_list;
mod sessions;
mod signing_keys;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pool::{Pool, Transaction};
use query::{statement, statement_of};

pub use accounts::{AccountChanges, AccountRow, Credential, Deletion, NewAccount};
pub use administration::{Changed, Outcome, RoleChange, StandingChanges};
pub use attempts::{Purged, Tally, subject_of_account, subject_of_devices};
pub use backup::BackupError;
pub use copy::{CopyError, Progress, TableSum};
pub use directory::{AccountFilter, AccountPage, AccountSort, Position};
pub use error::StoreError;
pub use foreign::{ForeignError, ForeignLimits, ForeignUsers};
pub use import::ImportedAccount;
pub use open::{Absent, OpenError, Schema, StoreSettings};
pub use password_links::NewPasswordLink;
pub use session_list::{Ending, SessionSummary};
pub use sessions::{NewSession, SessionRow};
pub use signing_keys::{NewSigningKey, StoredKey};

/// How often a write is tried again when the database says that it got in the way of another one.
const RETRIES: u32 = 3;

/// Which of the three kinds a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: Pool,
    /// The same connections as the readers', but on SQLite, where one writes and others read beside it.
    writer: Pool,
    /// Those of an SQLite database.
    files: Arc<[PathBuf]>,
    /// How many may read at once.
    capacity: usize,
}

impl Store {
    /// How many lists of accounts may be read at once, so that there are connections left for everybody else.
    pub const fn places_for_lists(&self) -> usize {
        if self.capacity < 4 { 1 } else { self.capacity / 2 }
    }

    /// Whether a path, however it is spelled or linked, leads to one of the database's own files. Only SQLite may open
    /// these: when a process closes one of them, it loses all of its locks on it (SQLite, "How To Corrupt", 2.2).
    pub fn has_file(&self, path: &Path) -> bool {
        let id = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        let asked = id(path);
        asked.is_some() && self.files.iter().any(|file| id(file) == asked)
    }

    /// Whether the database answers, and is ours.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        statement("select count(*) from signing_keys").fetch_one(&self.readers).await?;
        Ok(())
    }

    /// Ends all connections, waiting for those in use.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn back_off(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
}
