//! What can go wrong in the database, sorted by what a caller can do about it.

use std::io::ErrorKind;

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

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

    /// A server that said nothing for too long.
    pub fn silent() -> Self {
        Self::Unavailable(sqlx::Error::Io(ErrorKind::TimedOut.into()))
    }

    /// Whether the connection that this came by is of no more use.
    pub(super) fn is_broken(&self) -> bool {
        match self {
            Self::Unavailable(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => true,
            // One that may only read, since another server became the one to write to, goes on answering: it must be found anew.
            Self::Unavailable(sqlx::Error::Database(error)) if is_read_only(&**error) => true,
            // SQLite undoes a transaction by itself when the disk is full or fails, and sqlx goes on to count it as begun.
            Self::Unavailable(sqlx::Error::Database(error)) => error.try_downcast_ref::<SqliteError>().is_some(),
            Self::Failed(sqlx::Error::InvalidSavePointStatement | sqlx::Error::BeginFailed) => true,
            _ => false,
        }
    }

    /// Whether a row was refused because another one has its random id.
    pub(super) fn is_id_taken(&self) -> bool {
        matches!(self, Self::Failed(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => match taken_field(&**database) {
                Some(field) => Self::Taken(field),
                None => Self::Failed(error),
            },
            sqlx::Error::Database(database) => match verdict(&**database) {
                Verdict::Again => Self::Transient(error),
                Verdict::Later => Self::Unavailable(error),
                Verdict::Never => Self::Failed(error),
            },
            _ => Self::Failed(error),
        }
    }
}

/// When the same work may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Again,
    Later,
    Never,
}

fn verdict(error: &dyn DatabaseError) -> Verdict {
    let code = error.code().unwrap_or_default();
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        mysql_verdict(error.number(), &code)
    } else if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        postgres_verdict(&code)
    } else {
        sqlite_verdict(&code)
    }
}

/// By the numbers of <https://www.sqlite.org/rescode.html>.
fn sqlite_verdict(code: &str) -> Verdict {
    match sqlite_kind(code) {
        // Busy, locked.
        5 | 6 => Verdict::Again,
        // Read-only, I/O error, full, cannot open.
        8 | 10 | 13 | 14 => Verdict::Later,
        _ => Verdict::Never,
    }
}

/// What is wrong, without the detail that an extended code says above its low byte.
fn sqlite_kind(code: &str) -> u32 {
    code.parse().unwrap_or(0) & 0xff
}

/// By the states of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres_verdict(code: &str) -> Verdict {
    match code {
        // Serialisation failure, deadlock.
        "40001" | "40P01" => Verdict::Again,
        // A lock that was not had in time, which was seconds; whether it was committed is not known.
        "55P03" | "40003" => Verdict::Later,
        // It was told to be read-only, as a standby is; it was cancelled for taking too long; it cannot be logged in to.
        "25006" | "25P03" | "57014" | "28000" | "28P01" | "3D000" => Verdict::Later,
        // Connection, resources (disk full among them), stopped by an operator, system error, file damage.
        _ if ["08", "53", "57P", "58", "F0"].iter().any(|class| code.starts_with(class)) => Verdict::Later,
        _ => Verdict::Never,
    }
}

/// By the numbers of <https://mariadb.com/kb/en/mariadb-error-code-reference/>, where most states say nothing.
fn mysql_verdict(number: u16, state: &str) -> Verdict {
    match number {
        // Record changed since it was read, deadlock, refused by the rest of a cluster.
        1020 | 1213 | 3101 => Verdict::Again,
        // A lock that was not had in time, which was seconds; a commit of which nobody knows; a node that is cut off from its cluster.
        1205 | 1180 | 1047 => Verdict::Later,
        // Disk full, write errors, too many connections, shutdown, no memory, table full, read-only, killed, took too long.
        3 | 28 | 1021 | 1026 | 1037 | 1038 | 1040 | 1041 | 1053 | 1077 | 1114 | 1129 | 1203 | 1226 | 1290 | 1317
        | 1792 | 1836 | 1927 | 1969 | 3024 => Verdict::Later,
        // It cannot be logged in to.
        1044 | 1045 | 1049 => Verdict::Later,
        _ if state == "40001" => Verdict::Again,
        _ if state.starts_with("08") => Verdict::Later,
        _ => Verdict::Never,
    }
}

/// Whether a server may only be read from, or not even that while it is cut off from its cluster.
fn is_read_only(error: &dyn DatabaseError) -> bool {
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => [1047, 1290, 1792, 1836].contains(&error.number()),
        None => error.code().as_deref() == Some("25006"),
    }
}

/// Whether a server that cannot be reached may only be starting.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        // A certificate that is not believed is one that will not be believed in a moment, either.
        sqlx::Error::Io(error) => error.kind() != ErrorKind::InvalidData,
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let is_login = ["28", "3D", "42"].iter().any(|class| code.starts_with(class));
            verdict(&**database) == Verdict::Later && !is_login
        }
        _ => false,
    }
}

/// Whether the disk may be full: SQLite's "full", and the errors of a write that it could not finish.
pub(super) fn is_disk_full(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.code().as_deref().is_some_and(is_full_code))
}

fn is_full_code(code: &str) -> bool {
    matches!(code, "10" | "13" | "778" | "4874" | "53100")
}

/// Which of the canonical columns, the only unique ones beside random ids, has the value already. PostgreSQL names the
/// constraint; MySQL does so at the end of its message, behind the value, which is anybody's; SQLite names the column.
fn taken_field(error: &dyn DatabaseError) -> Option<Field> {
    let name = match (error.constraint(), error.message().rsplit_once("for key ")) {
        (Some(constraint), _) => constraint,
        (None, Some((_, key))) => key,
        (None, None) => error.message(),
    };
    if name.contains("accounts_email_key") || name.contains("accounts.email_canonical") {
        Some(Field::Email)
    } else if name.contains("accounts_username_key") || name.contains("accounts.username_canonical") {
        Some(Field::Username)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_folder_that_cannot_be_written() {
        for code in ["10", "13", "778", "4874"] {
            assert!(is_full_code(code), "{code}");
        }
        assert!(!is_full_code("8") && !is_full_code("14"));
    }

    #[test]
    fn avl_4_what_passes_is_told_from_what_does_not() {
        for (verdict, expected) in [
            (sqlite_verdict("5"), Verdict::Again),
            (sqlite_verdict("517"), Verdict::Again),
            (sqlite_verdict("13"), Verdict::Later),
            // A write that the disk has no room for, a sync that failed, a folder that cannot be written.
            (sqlite_verdict("778"), Verdict::Later),
            (sqlite_verdict("1034"), Verdict::Later),
            (sqlite_verdict("1544"), Verdict::Later),
            (sqlite_verdict("2067"), Verdict::Never),
            (sqlite_verdict("1"), Verdict::Never),
            (postgres_verdict("40P01"), Verdict::Again),
            (postgres_verdict("57P01"), Verdict::Later),
            (postgres_verdict("53100"), Verdict::Later),
            (postgres_verdict("25006"), Verdict::Later),
            (postgres_verdict("25P03"), Verdict::Later),
            (postgres_verdict("55P03"), Verdict::Later),
            (postgres_verdict("40003"), Verdict::Later),
            (postgres_verdict("42601"), Verdict::Never),
            (mysql_verdict(1213, "40001"), Verdict::Again),
            (mysql_verdict(3101, "40000"), Verdict::Again),
            (mysql_verdict(1205, "HY000"), Verdict::Later),
            (mysql_verdict(1180, "HY000"), Verdict::Later),
            (mysql_verdict(1047, "08S01"), Verdict::Later),
            (mysql_verdict(1053, "08S01"), Verdict::Later),
            (mysql_verdict(1290, "HY000"), Verdict::Later),
            (mysql_verdict(1064, "42000"), Verdict::Never),
        ] {
            assert_eq!(verdict, expected);
        }
    }
}
