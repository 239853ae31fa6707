//! The keys that sign access tokens, sealed.

use sqlx::Row as _;

use super::{Store, StoreError};
use crate::domain::Timestamp;
use crate::server::crypto::SealedKey;

impl Store {
    /// All signing keys, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        let query =
            "select kid, algorithm, public_key, sealed_private_key from signing_keys order by created_at desc, kid";
        let rows = sqlx::query(query).fetch_all(&self.readers).await?;
        let keys = rows.iter().map(|row| {
            Ok(SealedKey {
                kid: row.try_get("kid")?,
                algorithm: row.try_get("algorithm")?,
                public_key: row.try_get("public_key")?,
                sealed_private_key: row.try_get("sealed_private_key")?,
            })
        });
        Ok(keys.collect::<Result<_, sqlx::Error>>()?)
    }

    /// Keeps a new signing key.
    pub async fn create_signing_key(&self, key: &SealedKey, now: Timestamp) -> Result<(), StoreError> {
        let query = "insert into signing_keys (kid, algorithm, public_key, sealed_private_key, created_at) \
                     values (?, ?, ?, ?, ?)";
        in_transaction!(self, connection => {
            sqlx::query(query)
                .bind(&*key.kid)
                .bind(&*key.algorithm)
                .bind(&*key.public_key)
                .bind(&*key.sealed_private_key)
                .bind(now.as_micros())
                .execute(&mut *connection)
                .await?;
        })
    }
}
