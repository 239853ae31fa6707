//! A SQLite database with a table `users`, such as the old application's own. It may be in use.

use std::path::Path;

use super::candidate::{Candidate, Column, Place, columns};
use super::file::Source;
use super::report::{Fault, Format};
use crate::server::store::{ForeignError, ForeignUsers};

/// Reads the table `users` of at most `max_rows` accounts.
///
/// # Errors
/// When the database cannot be read; one line.
pub async fn read(file: &Path, max_rows: usize) -> Result<Source, ForeignError> {
    let names = Column::NAMES.map(|(name, _)| name);
    let users = ForeignUsers::read(file, &names, max_rows + 1).await?;
    let mut source = Source::new(Format::Sqlite);
    if users.all_columns.is_empty() {
        let text = "there is no table users in this database; is it the right file?".to_owned();
        source.faults.push(Fault { place: Place::File, text });
        return Ok(source);
    }
    if let Err(faults) = columns(users.all_columns.iter().map(String::as_str), &Place::File) {
        source.faults = faults;
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
        let cells = || columns.iter().copied().zip(row.iter().map(|value| value.as_deref().unwrap_or_default()));
        let id = cells().find(|(column, id)| *column == Column::Id && !id.is_empty()).map(|(_, id)| id.to_owned());
        let mut candidate = Candidate::new(Place::Row { number: number + 1, id });
        for (column, value) in cells() {
            if let Err(text) = candidate.set(column, value) {
                source.faults.push(Fault { place: candidate.place.clone(), text });
            }
        }
        source.candidates.push(candidate);
    }
    Ok(source)
}
