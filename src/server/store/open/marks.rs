//! What says that a database is not one to be served: half of a copy, or a backup.
//!
//! A mark is a row in the table of migrations, of a migration that no latchkey has. So it needs no table of its own, and every
//! version of latchkey, this one's words aside, refuses such a database as one of a newer version: the server at its start, each
//! command, and sqlx's own check behind ours. The mark of a copy is put before its first table is made, by whoever holds
//! the lock of the set-up, and only on a database without a single row; it goes when all was compared.

use sqlx::migrate::Migrate as _;
use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, Row as _};

use super::schema::{MARKS, tables};
use super::{OpenError, StoreSettings};
use crate::server::store::pool::Pool;
use crate::server::store::query::statement;
use crate::server::store::{Dialect, StoreError};

/// A copy is under way, or was cut off.
pub(super) const UNFINISHED: i64 = 9_000_000_000_000_001;
/// A backup; its description is the checksum of all that it holds.
pub(super) const BACKUP: i64 = 9_000_000_000_000_002;

/// Marks a database that is to be filled, unless it is marked. `found`: its migrations.
pub(super) async fn begin(
    connection: &mut AnyConnection,
    dialect: Dialect,
    found: &[i64],
    settings: &StoreSettings,
) -> Result<(), OpenError> {
    if found.contains(&UNFINISHED) {
        return Ok(());
    }
    let failed = |cause: String| OpenError::Migration { database: settings.shown(), cause };
    if !found.is_empty() {
        for table in tables() {
            let query = format!("select count(*) from (select 1 from {table} limit 1) as found");
            let count: Result<i64, _> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *connection).await;
            if count.map_err(|cause| failed(cause.to_string()))? > 0 {
                return Err(OpenError::NotEmpty { database: settings.shown() });
            }
        }
    }
    connection.ensure_migrations_table(MARKS).await.map_err(|cause| failed(cause.to_string()))?;
    let nothing = if dialect == Dialect::Postgres { "''" } else { "x''" };
    let mark = format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values ({UNFINISHED}, 'a copy is under way', true, {nothing}, 0)"
    );
    connection.execute(AssertSqlSafe(mark)).await.map_err(|cause| failed(cause.to_string()))?;
    Ok(())
}

/// From now on the database is one like any other.
pub(in crate::server::store) async fn remove_unfinished(on: &Pool) -> Result<(), StoreError> {
    statement("delete from _sqlx_migrations where version = ?").bind(UNFINISHED).execute(on).await?;
    Ok(())
}

/// Makes a backup of an SQLite file that holds what `checksum` says.
pub(in crate::server::store) async fn seal(on: &Pool, checksum: &str) -> Result<(), StoreError> {
    let mark = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                values (?, ?, true, x'', 0)";
    statement(mark).bind(BACKUP).bind(checksum.to_owned()).execute(on).await?;
    // Never without one of the two.
    remove_unfinished(on).await
}

/// What a backup says that it holds.
pub(in crate::server::store) async fn sealed(on: &Pool) -> Result<String, StoreError> {
    let query = statement("select description from _sqlx_migrations where version = ?").bind(BACKUP);
    Ok(query.fetch_one(on).await?.try_get(0)?)
}
