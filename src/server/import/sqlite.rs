//! A SQLite database with a table `users`, such as the old application's own. It may be in use.

use std::path::Path;

use super::MAX_BYTES;
use super::candidate::{Candidate, Column, Place, columns};
use super::file::Source;
use super::report::Format;
use crate::server::store::{ForeignError, ForeignLimits, ForeignUsers};

/// The longest value that is read.
const MAX_VALUE: u64 = 4096;
const NO_ACCOUNTS: &str =
    "the table users has no columns such as email, username and hashed_password; is it the right file?";

/// Reads the table `users` of at most `max_rows` accounts.
///
/// # Errors
/// When the database cannot be read; one line.
pub async fn read(file: &Path, max_rows: usize) -> Result<Source, ForeignError> {
    let names = Column::NAMES.map(|(name, _)| name);
    let limits = ForeignLimits { rows: max_rows + 1, value_bytes: MAX_VALUE, bytes: MAX_BYTES };
    let users = ForeignUsers::read(file, &names, &limits).await?;
    let mut source = Source::new(Format::Sqlite);
    if users.all_columns.is_empty() {
        source
            .faults
            .add(&Place::File, || "there is no table users in this database; is it the right file?".to_owned());
        return Ok(source);
    }
    // Exactly as they are named, blanks too: a column that is nearly `is_active` would be passed over when it is read.
    let header = users.all_columns.iter().map(String::as_str);
    if columns(header, &Place::File, NO_ACCOUNTS, &mut source.faults).is_none() {
        return Ok(source);
    }
    let columns: Vec<Column> = users.columns.iter().filter_map(|name| Column::parse(name)).collect();
    source.has_ids = columns.contains(&Column::Id);
    source.rows = users.rows.len();
    for (number, row) in users.rows.into_iter().enumerate() {
        if number == max_rows {
            source.too_many(max_rows);
            break;
        }
        let Some(row) = row else {
            let text = || format!("a value is longer than {MAX_VALUE} bytes; is this one account?");
            source.faults.add(&Place::Row { number: number + 1, id: None }, text);
            continue;
        };
        let cells = || columns.iter().copied().zip(row.iter().map(|value| value.as_deref().unwrap_or_default()));
        let id = cells().find(|(column, id)| *column == Column::Id && !id.is_empty()).map(|(_, id)| id.to_owned());
        let mut candidate = Candidate::new(Place::Row { number: number + 1, id });
        for (column, value) in cells() {
            if let Err(text) = candidate.set(column, value) {
                source.faults.add(&candidate.place, || text);
            }
        }
        source.candidates.push(candidate);
    }
    Ok(source)
}
