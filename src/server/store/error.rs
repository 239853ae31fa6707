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

/// Why the database cannot be used. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none, and this is not the place to make one.
    #[error("there is no database at {path}; is --config or --data missing?")]
    Missing {
        /// The file.
        path: String,
    },
    /// The file cannot be opened or made.
    #[error("cannot open the database {path}: {cause}; {advice}")]
    Unreachable {
        /// The file.
        path: String,
        /// What the database said.
        cause: String,
        /// What to do.
        advice: &'static str,
    },
    /// Made by a later version.
    #[error(
        "the database {path} was written by a newer latchkey (schema {version}); start that version or a later one"
    )]
    Newer {
        /// The file.
        path: String,
        /// The unknown migration.
        version: i64,
    },
    /// Made by an earlier version, and not to be changed by the way.
    #[error(
        "the database {path} has an older schema ({version}; this latchkey has {latest}); run: latchkey migrate (with the same --config and --data)"
    )]
    Older {
        /// The file.
        path: String,
        /// Its last migration.
        version: i64,
        /// Ours.
        latest: i64,
    },
    /// Somebody else's database.
    #[error(
        "the database {path} belongs to another program (it has a table {table:?} and no mark of latchkey); choose another file with DATABASE_URL"
    )]
    Foreign {
        /// The file.
        path: String,
        /// One of its tables.
        table: String,
    },
    /// The linked SQLite may lose data.
    #[error("SQLite {0} can lose committed writes; build latchkey with SQLite 3.51.3 or later")]
    OldSqlite(String),
    /// A migration failed.
    #[error("cannot bring the database {path} up to date: {cause}")]
    Migration {
        /// The file.
        path: String,
        /// What went wrong.
        cause: String,
    },
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
