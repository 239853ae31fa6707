//! The only SQL. A file per table group, a function per question, lower-case SQL where it is used.
//!
//! Written for the common ground of SQLite, PostgreSQL and MySQL (DESIGN.md, Database). On SQLite one connection writes,
//! in transactions that take the write lock at once, and others read beside it.

mod accounts;
mod error;
mod open;
mod sessions;
mod signing_keys;

use std::future::Future;
use std::time::Duration;

use sqlx::{Any, AnyConnection, AnyPool, Transaction};

pub use accounts::{AccountChanges, AccountRow, NewAccount};
pub use error::StoreError;
pub use open::{OpenError, StoreSettings};
pub use sessions::{EndReason, NewSession, SessionRow};

/// How often a write is tried again when the database says that it got in the way of another one.
const RETRIES: u32 = 3;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: AnyPool,
    writer: AnyPool,
}

impl Store {
    /// Runs `work` in one transaction that takes the write lock at its start: all of it is kept, or nothing.
    /// Tried again when it met a lock or a deadlock.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: AsyncFn(&mut AnyConnection) -> Result<T, StoreError>,
    {
        let mut attempt = 0;
        loop {
            let outcome = self.write_once(&work).await;
            match outcome {
                Err(error) if error.is_transient() && attempt < RETRIES => attempt += 1,
                outcome => return outcome,
            }
            tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
        }
    }

    async fn write_once<T, F>(&self, work: &F) -> Result<T, StoreError>
    where
        F: AsyncFn(&mut AnyConnection) -> Result<T, StoreError>,
    {
        let mut transaction: Transaction<'static, Any> = self.writer.begin_with("begin immediate").await?;
        let outcome = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Ends all connections, waiting for those in use.
    pub fn close(&self) -> impl Future<Output = ()> + '_ {
        async {
            self.readers.close().await;
            self.writer.close().await;
        }
    }
}
