//! What can go wrong in the database, sorted by what a caller can do about it.

use crate::domain::Field;

/// A question that the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another account has this value.
    #[error("{} is taken", .0.as_str())]
    Taken(Field),
    /// The database cannot be reached or is too busy; worth another try.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A lock or a deadlock; the store tries again by itself.
    #[error("the database was busy: {0}")]
    Transient(#[source] sqlx::Error),
    /// A row that this version cannot read, or SQL that the database refuses.
    #[error("the database failed: {0}")]
    Failed(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same work may succeed when it is done again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    /// Whether a row was refused because another one has its random id.
    pub(super) fn is_id_taken(&self) -> bool {
        matches!(self, Self::Failed(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                match taken_field(database.message()) {
                    Some(field) => Self::Taken(field),
                    None => Self::Failed(error),
                }
            }
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // SQLite: busy, locked (with their extended codes); PostgreSQL: serialisation, deadlock.
                Some("5" | "6" | "261" | "262" | "517" | "40001" | "40P01") => Self::Transient(error),
                // SQLite: I/O error, full, cannot open, read-only.
                Some("8" | "10" | "13" | "14" | "778" | "4874") => Self::Unavailable(error),
                _ => Self::Failed(error),
            },
            _ => Self::Failed(error),
        }
    }
}

/// Whether the disk may be full: SQLite's "full", and the errors of a write that it could not finish.
pub(super) fn is_disk_full(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.code().as_deref().is_some_and(is_full_code))
}

fn is_full_code(code: &str) -> bool {
    matches!(code, "10" | "13" | "778" | "4874")
}

/// PostgreSQL and MySQL name the constraint, SQLite the column. Both contain the word, and nothing of the value does:
/// canonical columns are the only unique ones beside random ids.
fn taken_field(message: &str) -> Option<Field> {
    if message.contains("accounts_email_key") || message.contains("accounts.email_canonical") {
        Some(Field::Email)
    } else if message.contains("accounts_username_key") || message.contains("accounts.username_canonical") {
        Some(Field::Username)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::is_full_code;

    #[test]
    fn a_full_disk_is_told_from_a_folder_that_cannot_be_written() {
        for code in ["10", "13", "778", "4874"] {
            assert!(is_full_code(code), "{code}");
        }
        assert!(!is_full_code("8") && !is_full_code("14"));
    }
}
