//! Password links: made, looked up, used once.
//!
//! Whoever writes changes the account's row first and the link's second. So writers of one account come one after the other on
//! every database, and the second one's look at the link is a look at what the first one left.

use super::accounts::{account_columns, account_with_roles, lock_account};
use super::attempts::forget_account;
use super::sessions::end_all;
use super::{AccountRow, Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, EndReason, Timestamp};
use crate::server::crypto::{LinkTokenHash, StoredHash};

/// A link to make.
#[derive(Debug)]
pub struct NewPasswordLink<'a> {
    /// Whose password it sets.
    pub account: AccountId,
    /// What is kept of its token.
    pub token_hash: &'a LinkTokenHash,
    /// When it is made.
    pub now: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

impl Store {
    /// Makes a link in place of the account's older one. `false` when the account is disabled or gone: then no link is
    /// made, and an older one stays.
    pub async fn replace_password_link(&self, new: &NewPasswordLink<'_>) -> Result<bool, StoreError> {
        let active = "select 1 from accounts where id = ? and is_active = 1";
        let insert = "insert into password_links (account_id, token_hash, created_at, expires_at) values (?, ?, ?, ?)";
        in_transaction!(self, connection => {
            if !lock_account(connection, new.account).await? {
                return Ok(false);
            }
            if statement(active).bind(new.account.get()).fetch_optional(&mut *connection).await?.is_none() {
                return Ok(false);
            }
            delete_link(connection, new.account).await?;
            statement(insert)
                .bind(new.account.get())
                .bind(new.token_hash.expose())
                .bind(new.now.as_micros())
                .bind(new.expires_at.as_micros())
                .execute(&mut *connection)
                .await?;
            true
        })
    }

    /// The active account whose password the link of this token sets at `now`.
    pub async fn account_by_password_link(
        &self,
        token_hash: &LinkTokenHash,
        now: Timestamp,
    ) -> Result<Option<AccountRow>, StoreError> {
        let query = concat!(
            "select ",
            account_columns!(),
            account_with_roles!(),
            " join password_links l on l.account_id = a.id \
             where l.token_hash = ? and l.expires_at > ? and a.is_active = 1"
        );
        self.account(statement(query).bind(token_hash.expose()).bind(now.as_micros())).await
    }

    /// Uses the link of this token, all or nothing: the account gets its new password, the link goes, every session ends
    /// (RST-3, RST-7), and what was guessed at it is forgotten (LOG-5). `false`, and nothing is changed, when the link is no longer good or the account not active.
    pub async fn use_password_link(
        &self,
        account: AccountId,
        token_hash: &LinkTokenHash,
        new_hash: &StoredHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = "update accounts set password_hash = ?, updated_at = ? where id = ? and is_active = 1";
        let take = "delete from password_links where account_id = ? and token_hash = ? and expires_at > ?";
        in_transaction!(self, connection => {
            if !lock_account(connection, account).await? {
                return Ok(false);
            }
            let update = statement(update).bind(new_hash.expose()).bind(now.as_micros()).bind(account.get());
            if update.execute(&mut *connection).await?.rows_affected() != 1 {
                return Ok(false);
            }
            let take = statement(take).bind(account.get()).bind(token_hash.expose()).bind(now.as_micros());
            if take.execute(&mut *connection).await?.rows_affected() != 1 {
                return Ok(false);
            }
            end_all(connection, account, EndReason::PasswordLink, now).await?;
            forget_account(connection, account).await?;
            true
        })
    }
}

/// Voids the account's link, if it has one.
pub(super) async fn delete_link(connection: &mut Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    let query = "delete from password_links where account_id = ?";
    statement(query).bind(account.get()).execute(connection).await?;
    Ok(())
}
