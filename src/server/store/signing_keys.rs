//! The keys that sign access tokens, sealed.

use std::collections::HashSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::locks::lock_keys;
use super::{Store, StoreError, Transaction, statement};
use crate::domain::Timestamp;
use crate::server::crypto::{KeyTimes, SealedKey};

/// A signing key with the moments of its life.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The key.
    pub sealed: SealedKey,
    /// Its moments.
    pub times: KeyTimes,
}

/// A key to be kept.
#[derive(Clone, Debug)]
pub struct NewSigningKey {
    /// The key.
    pub sealed: SealedKey,
    /// When it is made.
    pub now: Timestamp,
    /// From when on it may sign.
    pub signs_from: Timestamp,
    /// From when on it signs no more, if that is known: it only fills a gap.
    pub retired_at: Option<Timestamp>,
}

impl Store {
    /// All signing keys: the one that began to sign last comes first, before it those that are yet to begin.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let query = "select kid, algorithm, public_key, sealed_private_key, created_at, signs_from, retired_at, revoked_at \
                     from signing_keys order by signs_from desc, created_at desc, kid";
        let rows = statement(query).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(key_from_row).collect::<Result<_, _>>()?)
    }

    /// Keeps a key, unless there is one that is not `known`: somebody else has made it since. `false` then.
    pub async fn create_signing_key(&self, key: &NewSigningKey, known: &HashSet<String>) -> Result<bool, StoreError> {
        in_transaction!(self, connection => {
            lock_keys(connection).await?;
            for row in statement("select kid from signing_keys").fetch_all(&mut *connection).await? {
                if !known.contains(&row.try_get::<String, _>("kid")?) {
                    return Ok(false);
                }
            }
            insert(connection, key).await?;
            true
        })
    }

    /// Keeps a key, and retires all others of its algorithm when it may sign.
    pub async fn replace_signing_keys(&self, key: &NewSigningKey) -> Result<(), StoreError> {
        let query = "update signing_keys set retired_at = ? \
                     where algorithm = ? and revoked_at is null and (retired_at is null or retired_at > ?)";
        in_transaction!(self, connection => {
            lock_keys(connection).await?;
            statement(query)
                .bind(key.signs_from.as_micros())
                .bind(&*key.sealed.algorithm)
                .bind(key.signs_from.as_micros())
                .execute(&mut *connection)
                .await?;
            insert(connection, key).await?;
        })
    }

    /// Retires a key at a moment and keeps the one that takes its place, if one does. `false`, and nothing is changed, when it
    /// is revoked, retired by then already, or gone.
    pub async fn retire_signing_key(
        &self,
        kid: &str,
        at: Timestamp,
        successor: Option<&NewSigningKey>,
    ) -> Result<bool, StoreError> {
        let query = "update signing_keys set retired_at = ? \
                     where kid = ? and revoked_at is null and (retired_at is null or retired_at > ?)";
        in_transaction!(self, connection => {
            lock_keys(connection).await?;
            let update = statement(query).bind(at.as_micros()).bind(kid).bind(at.as_micros());
            if update.execute(&mut *connection).await?.rows_affected() != 1 {
                return Ok(false);
            }
            if let Some(successor) = successor {
                insert(connection, successor).await?;
            }
            true
        })
    }

    /// Revokes a key and keeps the one that takes its place, if one does. `false`, and nothing is changed, when it is revoked
    /// already, or gone.
    pub async fn revoke_signing_key(
        &self,
        kid: &str,
        now: Timestamp,
        successor: Option<&NewSigningKey>,
    ) -> Result<bool, StoreError> {
        let query = "update signing_keys set revoked_at = ? where kid = ? and revoked_at is null";
        in_transaction!(self, connection => {
            lock_keys(connection).await?;
            let update = statement(query).bind(now.as_micros()).bind(kid);
            if update.execute(&mut *connection).await?.rows_affected() != 1 {
                return Ok(false);
            }
            if let Some(successor) = successor {
                insert(connection, successor).await?;
            }
            true
        })
    }

    /// Revokes all keys, of whatever algorithm, and keeps the one that takes their place. Gives the names of those that were not
    /// revoked before; when there are none, nothing is changed.
    pub async fn revoke_all_signing_keys(
        &self,
        now: Timestamp,
        successor: &NewSigningKey,
    ) -> Result<Vec<String>, StoreError> {
        let query = "select kid from signing_keys where revoked_at is null order by kid";
        let update = "update signing_keys set revoked_at = ? where revoked_at is null";
        in_transaction!(self, connection => {
            lock_keys(connection).await?;
            let rows = statement(query).fetch_all(&mut *connection).await?;
            let kids = rows.iter().map(|row| row.try_get("kid")).collect::<Result<Vec<String>, _>>()?;
            if !kids.is_empty() {
                statement(update).bind(now.as_micros()).execute(&mut *connection).await?;
                insert(connection, successor).await?;
            }
            kids
        })
    }

    /// Removes the keys that were retired or revoked at this moment or before.
    pub async fn forget_signing_keys(&self, until: Timestamp) -> Result<u64, StoreError> {
        let query = "delete from signing_keys where retired_at <= ? or revoked_at <= ?";
        in_transaction!(self, connection => {
            let delete = statement(query).bind(until.as_micros()).bind(until.as_micros());
            delete.execute(&mut *connection).await?.rows_affected()
        })
    }

    /// Puts another seal on a key, unless somebody else has done so since. `false` when somebody has.
    pub async fn reseal_signing_key(&self, key: &SealedKey, resealed: &str) -> Result<bool, StoreError> {
        let query = "update signing_keys set sealed_private_key = ? where kid = ? and sealed_private_key = ?";
        in_transaction!(self, connection => {
            let update = statement(query).bind(resealed).bind(&*key.kid).bind(&*key.sealed_private_key);
            update.execute(&mut *connection).await?.rows_affected() == 1
        })
    }
}

async fn insert(connection: &mut Transaction<'_>, key: &NewSigningKey) -> Result<(), StoreError> {
    let query = "insert into signing_keys (kid, algorithm, public_key, sealed_private_key, created_at, signs_from, retired_at) \
                 values (?, ?, ?, ?, ?, ?, ?)";
    statement(query)
        .bind(&*key.sealed.kid)
        .bind(&*key.sealed.algorithm)
        .bind(&*key.sealed.public_key)
        .bind(&*key.sealed.sealed_private_key)
        .bind(key.now.as_micros())
        .bind(key.signs_from.as_micros())
        .bind(key.retired_at.map(Timestamp::as_micros))
        .execute(connection)
        .await?;
    Ok(())
}

fn key_from_row(row: &AnyRow) -> Result<StoredKey, sqlx::Error> {
    let moment = |name: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(name)?.map(Timestamp::from_micros));
    Ok(StoredKey {
        sealed: SealedKey {
            kid: row.try_get("kid")?,
            algorithm: row.try_get("algorithm")?,
            public_key: row.try_get("public_key")?,
            sealed_private_key: row.try_get("sealed_private_key")?,
        },
        times: KeyTimes {
            created_at: moment("created_at")?.unwrap_or_default(),
            signs_from: moment("signs_from")?.unwrap_or_default(),
            retired_at: moment("retired_at")?,
            revoked_at: moment("revoked_at")?,
        },
    })
}
