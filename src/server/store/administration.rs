//! What the operator and administrators do to accounts. The last active administrator stays, whoever comes at the same
//! moment: each of these locks the administrators' rows first, then the account's, and then writes on a condition.

use sqlx::{AnyConnection, Row as _};

use super::accounts::lock_account;
use super::password_links::delete_link;
use super::sessions::{EndReason, end_all};
use super::{Store, StoreError};
use crate::domain::{AccountId, Role, Timestamp};

/// What became of a wish to change an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is so now.
    Done,
    /// It was so before.
    Unchanged,
    /// It would leave no active administrator.
    LastAdmin,
    /// There is no such account any more.
    Gone,
}

/// A condition with two places for the account's id: it is not the only active administrator. The inner table is made
/// distinct so that MySQL keeps it apart from the table that is written. Only behind [`lock_admins`] and [`lock_account`].
macro_rules! not_last_admin {
    () => {
        "(not exists (select 1 from (select distinct r.account_id from account_roles r \
         join accounts b on b.id = r.account_id where r.role = 'admin' and b.is_active = 1) x where x.account_id = ?) \
         or exists (select 1 from (select distinct r.account_id from account_roles r \
         join accounts b on b.id = r.account_id where r.role = 'admin' and b.is_active = 1) y where y.account_id <> ?))"
    };
}
pub(super) use not_last_admin;

/// Makes everybody else who would change the number of administrators wait for the end of this transaction. A no-op
/// update, because `for update` is not known everywhere.
pub(super) async fn lock_admins(connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("update account_roles set role = role where role = 'admin'").execute(connection).await?;
    Ok(())
}

impl Store {
    /// Disables the account and ends all of its sessions.
    pub async fn disable_account(&self, id: AccountId, now: Timestamp) -> Result<Change, StoreError> {
        let update = concat!(
            "update accounts set is_active = 0, updated_at = ? where id = ? and is_active = 1 and ",
            not_last_admin!()
        );
        let id_number = id.get();
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !lock_account(connection, id).await? {
                return Ok(Change::Gone);
            }
            let update = sqlx::query(update).bind(now.as_micros()).bind(id_number).bind(id_number).bind(id_number);
            if update.execute(&mut *connection).await?.rows_affected() == 1 {
                end_all(connection, id, EndReason::Disabled, now).await?;
                // Or it would work again once the account is enabled.
                delete_link(connection, id).await?;
                Change::Done
            } else if is_active(connection, id).await? == Some(true) {
                Change::LastAdmin
            } else {
                Change::Unchanged
            }
        })
    }

    /// Lets the account sign in again.
    pub async fn enable_account(&self, id: AccountId, now: Timestamp) -> Result<Change, StoreError> {
        let update = "update accounts set is_active = 1, updated_at = ? where id = ? and is_active = 0";
        in_transaction!(self, connection => {
            let update = sqlx::query(update).bind(now.as_micros()).bind(id.get());
            if update.execute(&mut *connection).await?.rows_affected() == 1 {
                Change::Done
            } else if is_active(connection, id).await?.is_some() {
                Change::Unchanged
            } else {
                Change::Gone
            }
        })
    }

    /// Gives the account a role.
    pub async fn grant_role(&self, id: AccountId, role: Role, now: Timestamp) -> Result<Change, StoreError> {
        let insert = "insert into account_roles (account_id, role) select a.id, ? from accounts a where a.id = ? \
                      and not exists (select 1 from account_roles r where r.account_id = a.id and r.role = ?)";
        in_transaction!(self, connection => {
            // Whoever grants the same at the same moment then sees the role.
            if !lock_account(connection, id).await? {
                return Ok(Change::Gone);
            }
            let insert = sqlx::query(insert).bind(role.as_str()).bind(id.get()).bind(role.as_str());
            if insert.execute(&mut *connection).await?.rows_affected() != 1 {
                return Ok(Change::Unchanged);
            }
            touch(connection, id, now).await?;
            Change::Done
        })
    }

    /// Takes a role from the account and ends all of its sessions.
    pub async fn revoke_role(&self, id: AccountId, role: Role, now: Timestamp) -> Result<Change, StoreError> {
        let delete = concat!("delete from account_roles where account_id = ? and role = ? and ", not_last_admin!());
        let number = id.get();
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !lock_account(connection, id).await? {
                return Ok(Change::Gone);
            }
            let delete = sqlx::query(delete).bind(number).bind(role.as_str()).bind(number).bind(number);
            if delete.execute(&mut *connection).await?.rows_affected() == 1 {
                end_all(connection, id, EndReason::RoleRevoked, now).await?;
                touch(connection, id, now).await?;
                Change::Done
            } else if has_role(connection, id, role).await? {
                Change::LastAdmin
            } else {
                Change::Unchanged
            }
        })
    }

    /// Removes the account and all that hangs on it.
    pub async fn remove_account(&self, id: AccountId) -> Result<Change, StoreError> {
        let delete = concat!("delete from accounts where id = ? and ", not_last_admin!());
        let number = id.get();
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !lock_account(connection, id).await? {
                return Ok(Change::Gone);
            }
            let delete = sqlx::query(delete).bind(number).bind(number).bind(number);
            if delete.execute(&mut *connection).await?.rows_affected() == 1 {
                Change::Done
            } else {
                Change::LastAdmin
            }
        })
    }

    /// Ends all sessions of this account, or of all; says how many could still have been used.
    pub async fn end_sessions(&self, account: Option<AccountId>, now: Timestamp) -> Result<i64, StoreError> {
        let count = "select count(*) from sessions where (? = 0 or account_id = ?) and ended_at is null \
                     and idle_expires_at > ? and expires_at > ?";
        let update =
            "update sessions set ended_at = ?, end_reason = ? where (? = 0 or account_id = ?) and ended_at is null";
        let (is_one, id) = (i32::from(account.is_some()), account.map_or(0, AccountId::get));
        in_transaction!(self, connection => {
            let count = sqlx::query(count).bind(is_one).bind(id).bind(now.as_micros()).bind(now.as_micros());
            let live: i64 = count.fetch_one(&mut *connection).await?.try_get(0)?;
            let update = sqlx::query(update).bind(now.as_micros()).bind(EndReason::EndedByAdmin.as_str());
            update.bind(is_one).bind(id).execute(&mut *connection).await?;
            live
        })
    }
}

async fn is_active(connection: &mut AnyConnection, id: AccountId) -> Result<Option<bool>, StoreError> {
    let query = "select is_active from accounts where id = ?";
    let row = sqlx::query(query).bind(id.get()).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get::<i32, _>(0)).transpose()?.map(|flag| flag != 0))
}

async fn has_role(connection: &mut AnyConnection, id: AccountId, role: Role) -> Result<bool, StoreError> {
    let query = "select 1 from account_roles where account_id = ? and role = ?";
    let query = sqlx::query(query).bind(id.get()).bind(role.as_str());
    Ok(query.fetch_optional(connection).await?.is_some())
}

async fn touch(connection: &mut AnyConnection, id: AccountId, now: Timestamp) -> Result<(), StoreError> {
    let query = "update accounts set updated_at = ? where id = ?";
    sqlx::query(query).bind(now.as_micros()).bind(id.get()).execute(connection).await?;
    Ok(())
}
