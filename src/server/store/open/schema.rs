//! The schema: one folder of migrations for three kinds of database.
//!
//! What they are written in is the common ground; [`in_words_of`] adds what each kind needs to be told so that text is compared
//! byte by byte. MySQL and MariaDB commit each statement that changes a schema by itself. So there is one a migration, and
//! [`settle`] finds out about one that was cut off between the statement and the mark that it was done.

use std::borrow::Cow;

use sqlx::migrate::{Migrate as _, MigrateError, Migration, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, SqlSafeStr as _};

use super::{MIGRATIONS, OpenError, StoreSettings, Wish};
use crate::server::store::Dialect;
use crate::server::store::error::is_disk_full;

/// Where sqlx notes which migrations were applied.
pub(super) const MARKS: &str = "_sqlx_migrations";

/// Applies what is missing. Whoever calls this has the database's lock.
pub(super) async fn migrate(
    connection: &mut AnyConnection,
    dialect: Dialect,
    settings: &StoreSettings,
    wish: Wish,
) -> Result<(), OpenError> {
    let failed = |cause: String| OpenError::Migration { database: settings.shown(), cause };
    if dialect == Dialect::MySql {
        settle(connection).await.map_err(|error| failed(error.to_string()))?;
    }
    let mut migrator = migrator(dialect);
    // A database that is being filled has the mark of that among its migrations.
    migrator.set_ignore_missing(wish == Wish::Fill);
    migrator.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_disk_full(&cause) => {
            OpenError::Unreachable {
                database: settings.shown(),
                cause: cause.to_string(),
                advice: "the disk may be full",
            }
        }
        other => failed(other.to_string()),
    })
}

/// The migrations as that kind of database takes them, under the marks of how they are written.
fn migrator(dialect: Dialect) -> Migrator {
    let migrations = MIGRATIONS.iter().map(|migration| Migration {
        sql: AssertSqlSafe(in_words_of(dialect, migration.sql.as_str()).into_owned()).into_sql_str(),
        ..migration.clone()
    });
    // The lock is ours: that of sqlx is none on SQLite, and is let go before the keys are made.
    Migrator { migrations: migrations.collect(), locking: false, ..Migrator::DEFAULT }
}

/// Every column of text compares bytes (REG-1): what is one name to a person is made so by the program, in the canonical columns.
/// Without a word PostgreSQL would sort by the language of the server, and MariaDB take `a`, `ä` and `A` for the same key.
fn in_words_of(dialect: Dialect, text: &str) -> Cow<'_, str> {
    let collation = match dialect {
        Dialect::Sqlite => return Cow::Borrowed(text),
        Dialect::Postgres => " collate \"C\"",
        Dialect::MySql => " character set utf8mb4 collate utf8mb4_bin",
    };
    let mut parts = text.split("varchar(");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (length, rest) = part.split_once(')').unwrap_or((part, ""));
        told += &format!("varchar({length}){collation}{rest}");
    }
    Cow::Owned(told)
}

/// What a migration makes, so that one can look whether it is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Made<'a> {
    Table(&'a str),
    Index(&'a str, &'a str),
    Column(&'a str, &'a str),
}

/// None for a migration that this cannot tell of; a test sees to it that there is none.
pub(super) fn made_by(text: &str) -> Option<Made<'_>> {
    let statement = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    let words: Vec<&str> =
        statement.flat_map(|line| line.split([' ', '(', ',', ';'])).filter(|word| !word.is_empty()).take(7).collect();
    match words.as_slice() {
        ["create", "table", name, ..] => Some(Made::Table(name)),
        ["create", "index", name, "on", table, ..] => Some(Made::Index(table, name)),
        ["alter", "table", table, "add", "column", name, ..] => Some(Made::Column(table, name)),
        _ => None,
    }
}

/// The tables that are ours.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().filter_map(|migration| match made_by(migration.sql.as_str()) {
        Some(Made::Table(name)) => Some(name),
        _ => None,
    })
}

/// Mends the marks of a migration that was cut off on MySQL or MariaDB. Since the statement is kept as a whole or not at all
/// (atomic DDL), either it is there, and is marked as done, or it is not, and is to be done again.
async fn settle(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let mark = "select count(*) from information_schema.tables where table_schema = database() and table_name = ?";
    let is_marked: i64 = sqlx::query_scalar(mark).bind(MARKS).fetch_one(&mut *connection).await?;
    if is_marked == 0 {
        return Ok(());
    }
    while let Some(version) = connection.dirty_version(MARKS).await.map_err(unmarked)? {
        let migration = MIGRATIONS.iter().find(|migration| migration.version == version);
        let is_there = match migration.and_then(|migration| made_by(migration.sql.as_str())) {
            Some(made) => is_there(connection, &made).await?,
            None => return Ok(()),
        };
        let mend = if is_there {
            "update _sqlx_migrations set success = true where version = ?"
        } else {
            "delete from _sqlx_migrations where version = ?"
        };
        connection.execute(sqlx::query(mend).bind(version)).await?;
        tracing::warn!(
            version,
            is_there,
            "migration {version} was cut off before; it is {}",
            if is_there { "complete" } else { "done again" }
        );
    }
    Ok(())
}

fn unmarked(error: MigrateError) -> sqlx::Error {
    match error {
        MigrateError::Execute(error) => error,
        other => sqlx::Error::Configuration(other.to_string().into()),
    }
}

async fn is_there(connection: &mut AnyConnection, made: &Made<'_>) -> Result<bool, sqlx::Error> {
    let (query, table, name) = match made {
        Made::Table(name) => (
            "select count(*) from information_schema.tables where table_schema = database() and table_name = ? and table_name = ?",
            *name,
            *name,
        ),
        Made::Index(table, name) => (
            "select count(*) from information_schema.statistics \
             where table_schema = database() and table_name = ? and index_name = ?",
            *table,
            *name,
        ),
        Made::Column(table, name) => (
            "select count(*) from information_schema.columns \
             where table_schema = database() and table_name = ? and column_name = ?",
            *table,
            *name,
        ),
    };
    let count: i64 = sqlx::query_scalar(query).bind(table).bind(name).fetch_one(connection).await?;
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dat_3_what_every_migration_makes_can_be_looked_for() {
        for migration in MIGRATIONS.iter() {
            assert!(made_by(migration.sql.as_str()).is_some(), "{}", migration.sql.as_str());
        }
        assert_eq!(made_by("-- create table x\ncreate index a_by_b on a (b);"), Some(Made::Index("a", "a_by_b")));
        assert_eq!(made_by("alter table a add column b bigint"), Some(Made::Column("a", "b")));
        assert_eq!(made_by("create table a(\n  b int)"), Some(Made::Table("a")));
        assert_eq!(made_by("update a set b = 1"), None);
        assert!(tables().any(|table| table == "accounts"));
    }

    #[test]
    fn reg_1_text_is_compared_byte_by_byte_in_every_kind_of_database() {
        let text = "create table a (b varchar(32) not null, c bigint, d varchar(9))";
        assert_eq!(in_words_of(Dialect::Sqlite, text), text);
        assert_eq!(
            in_words_of(Dialect::Postgres, text),
            "create table a (b varchar(32) collate \"C\" not null, c bigint, d varchar(9) collate \"C\")"
        );
        assert_eq!(
            in_words_of(Dialect::MySql, text),
            "create table a (b varchar(32) character set utf8mb4 collate utf8mb4_bin not null, c bigint, \
             d varchar(9) character set utf8mb4 collate utf8mb4_bin)"
        );
    }
}
