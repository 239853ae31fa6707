//! Locks on what is decided for the whole house. Each is a row that is always there: rows of the matter itself would not do, because
//! two transactions need not see the same ones, and a lock on none keeps nobody waiting.

use super::{StoreError, Transaction, statement};

/// Makes everybody else who would change the number of administrators wait for the end of this transaction. Before any lock of
/// an account.
pub(super) async fn lock_admins(connection: &mut Transaction<'_>) -> Result<(), StoreError> {
    lock(connection, 1).await
}

/// Makes everybody else who would add signing keys wait for the end of this transaction.
pub(super) async fn lock_keys(connection: &mut Transaction<'_>) -> Result<(), StoreError> {
    lock(connection, 2).await
}

/// The row of one of the first migrations. A no-op update, because `for update` is not known everywhere.
async fn lock(connection: &mut Transaction<'_>, version: i64) -> Result<(), StoreError> {
    let query = "update _sqlx_migrations set execution_time = execution_time where version = ?";
    if statement(query).bind(version).execute(connection).await?.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound.into());
    }
    Ok(())
}
