//! Backups: one SQLite file each, whatever kind of database they are of, and what is read of them.
//!
//! Of an SQLite database the copy is made by `vacuum into`, in SQLite's own words an alternative to its online backup: one
//! read transaction, so that it holds what was committed at one moment, while others go on writing in WAL mode; and unlike the
//! page-by-page backup it never begins anew because of them. Of a server it is [`Store::copy_to`] into a new file.
//! Either way the file then says by a mark that it is a backup, with the checksum of all that is in it: a bit that has
//! flipped is found before anything is written anywhere.

use std::path::Path;

use sqlx::Row as _;

use super::copy::{Progress, total};
use super::open::{marks, open_backup, plain};
use super::query::statement;
use super::{CopyError, Dialect, OpenError, Store, StoreError, StoreSettings, TableSum};
use crate::server::config::DatabaseUrl;

/// Why there is no backup, or why it cannot be read. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be opened, or is no backup.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy failed.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The database did not answer, or the file could not be written.
    #[error("cannot write the backup: {0}; check that there is room for it, then try again")]
    Write(#[from] StoreError),
    /// What SQLite finds wrong with it, or that it holds something else than it was made with.
    #[error("{0} is no backup, or a damaged one: it does not hold what it was made with; use another one")]
    Damaged(String),
}

impl Store {
    /// Writes a backup into `part`, an empty file. Consistent while others write.
    ///
    /// # Errors
    /// [`BackupError`]; the file is then worth nothing.
    pub async fn back_up(
        &self,
        part: &Path,
        settings: &StoreSettings,
        progress: Progress<'_>,
    ) -> Result<Vec<TableSum>, BackupError> {
        let settings = StoreSettings { database: DatabaseUrl::Sqlite(part.to_owned()), ..settings.clone() };
        let copied = if self.readers.dialect() == Dialect::Sqlite {
            let into = statement("vacuum into ?").bind(part.to_string_lossy().into_owned());
            into.execute(&self.readers).await?;
            None
        } else {
            let file = Self::fill(&settings).await?;
            let copied = self.copy_unfinished(&file, progress).await;
            file.close().await;
            Some(copied?)
        };
        let file = plain(part, &settings, "rw").await?;
        // One file, with no log beside it.
        statement("pragma journal_mode = delete").fetch_all(&file.writer).await?;
        let sums = file.sums().await?;
        marks::seal(&file.writer, &total(&sums)).await?;
        let is_whole = file.is_whole().await?;
        file.close().await;
        if !is_whole || copied.is_some_and(|copied| copied != sums) {
            return Err(BackupError::Damaged(settings.shown()));
        }
        Ok(sums)
    }

    /// Opens a backup to copy it, when it is whole; nothing is written to it.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn open_backup(file: &Path, settings: &StoreSettings) -> Result<Self, BackupError> {
        sqlx::any::install_default_drivers();
        let settings = StoreSettings { database: DatabaseUrl::Sqlite(file.to_owned()), ..settings.clone() };
        let damaged = || BackupError::Damaged(settings.shown());
        let store = open_backup(file, &settings).await.map_err(|error| match error {
            OpenError::Unreachable { .. } => damaged(),
            other => other.into(),
        })?;
        let is_good = async {
            let is_whole = store.is_whole().await?;
            Ok::<_, StoreError>(is_whole && total(&store.sums().await?) == marks::sealed(&store.readers).await?)
        };
        if is_good.await.unwrap_or(false) { Ok(store) } else { Err(damaged()) }
    }

    /// What SQLite itself says of a file.
    async fn is_whole(&self) -> Result<bool, StoreError> {
        let rows = statement("pragma integrity_check").fetch_all(&self.readers).await?;
        let words: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        Ok(words == ["ok"])
    }
}
