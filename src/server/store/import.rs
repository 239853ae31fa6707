//! Many accounts at once, brought along from another application.

use std::collections::HashSet;

use sqlx::Row as _;

use super::{Store, StoreError, Transaction, statement_of};
use crate::domain::{AccountId, EmailAddress, PersonName, Role, Timestamp, Username};
use crate::server::crypto::StoredHash;

/// How many rows one statement writes. SQLite takes 32766 values a statement; larger statements are not faster.
const ROWS: usize = 200;
/// How many values one statement looks up.
const LOOK_UPS: usize = 500;

/// An account as another application had it, with what that knew of it.
#[derive(Clone, Debug)]
pub struct ImportedAccount {
    /// Random.
    pub id: AccountId,
    /// Parsed address.
    pub email: EmailAddress,
    /// Parsed name.
    pub username: Username,
    /// Given name.
    pub first_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// The hash that the other application made.
    pub password_hash: StoredHash,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether its owner has proved that they read the address.
    pub email_verified: bool,
    /// The roles that it is given.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it last signed in.
    pub last_login: Option<Timestamp>,
}

impl Store {
    /// Makes all accounts or none. `false` when one of the ids is in use: then nothing is written, and new ids are needed.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when some account has one of the addresses or usernames.
    pub async fn import_accounts(&self, accounts: &[ImportedAccount]) -> Result<bool, StoreError> {
        let written = in_transaction!(self, connection => {
            for accounts in accounts.chunks(ROWS) {
                insert_accounts(connection, accounts).await?;
            }
            let roles: Vec<_> = accounts.iter().flat_map(|a| a.roles.iter().map(|role| (a.id, role))).collect();
            for roles in roles.chunks(ROWS) {
                insert_roles(connection, roles).await?;
            }
        });
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.is_id_taken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Those of the addresses that some account has, in canonical form.
    pub async fn taken_emails(&self, emails: &[&EmailAddress]) -> Result<HashSet<String>, StoreError> {
        let canonical: Vec<&str> = emails.iter().map(|email| email.canonical()).collect();
        self.taken("select email_canonical from accounts where email_canonical in (", &canonical).await
    }

    /// Those of the usernames that some account has, in canonical form.
    pub async fn taken_usernames(&self, usernames: &[&Username]) -> Result<HashSet<String>, StoreError> {
        let canonical: Vec<&str> = usernames.iter().map(|username| username.canonical()).collect();
        self.taken("select username_canonical from accounts where username_canonical in (", &canonical).await
    }

    async fn taken(&self, select: &'static str, canonical: &[&str]) -> Result<HashSet<String>, StoreError> {
        let mut taken = HashSet::new();
        for values in canonical.chunks(LOOK_UPS) {
            let text = format!("{select}{})", list("?", values.len()));
            let mut query = statement_of(text);
            for value in values {
                query = query.bind(*value);
            }
            for row in query.fetch_all(&self.readers).await? {
                taken.insert(row.try_get(0)?);
            }
        }
        Ok(taken)
    }
}

/// `part` as often as `times`, with commas between.
fn list(part: &'static str, times: usize) -> String {
    vec![part; times].join(", ")
}

async fn insert_accounts(connection: &mut Transaction<'_>, accounts: &[ImportedAccount]) -> Result<(), StoreError> {
    let insert = "insert into accounts (id, email, email_canonical, username, username_canonical, first_name, last_name, \
                  password_hash, is_active, email_verified, created_at, updated_at, last_login) values ";
    let text = format!("{insert}{}", list("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", accounts.len()));
    let mut query = statement_of(text);
    for account in accounts {
        query = query
            .bind(account.id.get())
            .bind(account.email.as_str())
            .bind(account.email.canonical())
            .bind(account.username.as_str())
            .bind(account.username.canonical())
            .bind(account.first_name.as_ref().map(PersonName::as_str))
            .bind(account.last_name.as_ref().map(PersonName::as_str))
            .bind(account.password_hash.expose())
            .bind(i32::from(account.is_active))
            .bind(i32::from(account.email_verified))
            .bind(account.created_at.as_micros())
            .bind(account.updated_at.as_micros())
            .bind(account.last_login.map(Timestamp::as_micros));
    }
    query.execute(connection).await?;
    Ok(())
}

async fn insert_roles(connection: &mut Transaction<'_>, roles: &[(AccountId, &Role)]) -> Result<(), StoreError> {
    let text = format!("insert into account_roles (account_id, role) values {}", list("(?, ?)", roles.len()));
    let mut query = statement_of(text);
    for (account, role) in roles {
        query = query.bind(account.get()).bind(role.as_str());
    }
    query.execute(connection).await?;
    Ok(())
}
