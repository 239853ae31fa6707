//! All that a database holds, copied into an empty one of any kind.
//!
//! 1. The source is read in one snapshot: what is written to it meanwhile is not seen.
//! 2. The target carries a mark from before its first table is made until all is compared (`store/open/marks.rs`), so that no
//!    server can take half of a copy for its database.
//! 3. Tables go one after the other, in pages by primary key. What is there from a copy that was cut off must be the beginning
//!    of what is to be there; the copy goes on behind it. It never merges: a row too many is refused.
//! 4. At the end the target is read again, and each table's checksum compared with that of what was read in 1.

mod rows;
mod tables;

use rows::{PAGE, Row, Sum, insert, key_of, page};
use tables::{TABLES, Table};

use super::open::marks;
use super::{Store, StoreError, Transaction};

pub use rows::TableSum;
pub(super) use rows::total;

/// Is told how far it is: the table, and how many of its rows are done.
pub type Progress<'p> = &'p mut (dyn FnMut(&'static str, u64) + Send);

/// Why there is no copy. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source did not answer.
    #[error("cannot read what is to be copied: {0}; run the same command again when it is mended")]
    Source(#[source] StoreError),
    /// The target did not answer.
    #[error("cannot write the copy: {0}; run the same command again when it is mended")]
    Target(#[source] StoreError),
    /// The target has something else.
    #[error(
        "the target has rows in {0} that differ from what is to be copied: something else was begun there; make it empty, or choose an empty one"
    )]
    Else(&'static str),
    /// What was written is not what was read.
    #[error("the copy of {0} is not what was read: do not use it; make it empty and copy again")]
    Differs(&'static str),
}

impl Store {
    /// Copies everything into `target`, which was opened by [`Store::fill`], and takes the mark of a half-done copy off it.
    ///
    /// # Errors
    /// [`CopyError`]; the target then keeps its mark.
    pub async fn copy_to(&self, target: &Self, progress: Progress<'_>) -> Result<Vec<TableSum>, CopyError> {
        let sums = self.copy_unfinished(target, progress).await?;
        marks::remove_unfinished(&target.writer).await.map_err(CopyError::Target)?;
        Ok(sums)
    }

    /// The same, and leaves the mark.
    pub(super) async fn copy_unfinished(
        &self,
        target: &Self,
        progress: Progress<'_>,
    ) -> Result<Vec<TableSum>, CopyError> {
        let mut held = self.readers.acquire().await.map_err(CopyError::Source)?;
        let mut snapshot = self.readers.begin_snapshot(&mut held).await.map_err(CopyError::Source)?;
        let mut read = Vec::new();
        for table in &TABLES {
            read.push(copy_table(&mut snapshot, target, table, progress).await?);
        }
        drop(snapshot);
        let written = target.sums().await.map_err(CopyError::Target)?;
        match read.iter().zip(&written).find(|(read, written)| read != written) {
            Some((read, _)) => Err(CopyError::Differs(read.table)),
            None => Ok(written),
        }
    }

    /// What each table holds, in one snapshot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sums(&self) -> Result<Vec<TableSum>, StoreError> {
        let mut held = self.readers.acquire().await?;
        let mut snapshot = self.readers.begin_snapshot(&mut held).await?;
        let mut sums = Vec::new();
        for table in &TABLES {
            let (mut sum, mut after) = (Sum::new(), Vec::new());
            loop {
                let rows = page(&mut snapshot, table, &after).await?;
                sum.add(&rows);
                match rows.last() {
                    Some(last) if rows.len() == PAGE => after = key_of(last, table),
                    _ => break,
                }
            }
            sums.push(sum.end(table));
        }
        Ok(sums)
    }
}

async fn copy_table(
    snapshot: &mut Transaction<'_>,
    target: &Store,
    table: &Table,
    progress: Progress<'_>,
) -> Result<TableSum, CopyError> {
    let (mut sum, mut after, mut is_behind) = (Sum::new(), Vec::new(), false);
    loop {
        let rows = page(&mut *snapshot, table, &after).await.map_err(CopyError::Source)?;
        let there = match is_behind {
            true => Vec::new(),
            false => page(&target.readers, table, &after).await.map_err(CopyError::Target)?,
        };
        if !rows.starts_with(&there) {
            return Err(CopyError::Else(table.name));
        }
        is_behind |= there.len() < PAGE;
        let missing = rows.get(there.len()..).unwrap_or_default();
        if !missing.is_empty() {
            write(target, table, missing).await.map_err(CopyError::Target)?;
        }
        sum.add(&rows);
        progress(table.name, sum.rows());
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = key_of(last, table),
            _ => return Ok(sum.end(table)),
        }
    }
}

async fn write(target: &Store, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    in_transaction!(target, transaction => {
        insert(transaction, table, rows).await?;
    })
}
