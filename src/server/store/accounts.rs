//! Accounts and their roles.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::administration::not_last_admin;
use super::attempts::forget_account;
use super::locks::lock_admins;
use super::password_links::delete_link;
use super::query::Query;
use super::{Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, AccountView, EmailAddress, Login, PersonName, Role, Timestamp, Username};
use crate::server::crypto::StoredHash;

/// An account as the database holds it.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// All but the secrets.
    pub view: AccountView,
    /// The hash of its password.
    pub password_hash: StoredHash,
}

/// What a password is compared with.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whose it is.
    pub id: AccountId,
    /// The hash of the password.
    pub password_hash: StoredHash,
    /// Whether its owner may sign in.
    pub is_active: bool,
}

impl From<&AccountRow> for Credential {
    fn from(account: &AccountRow) -> Self {
        Self { id: account.view.id, password_hash: account.password_hash.clone(), is_active: account.view.is_active }
    }
}

/// A new account. It is active and its e-mail is not verified, whatever was asked for (REG-5).
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Random.
    pub id: AccountId,
    /// Parsed address.
    pub email: &'a EmailAddress,
    /// Parsed name.
    pub username: &'a Username,
    /// Given name.
    pub first_name: Option<&'a PersonName>,
    /// Family name.
    pub last_name: Option<&'a PersonName>,
    /// The hashed password.
    pub password_hash: &'a StoredHash,
    /// Its role, which only the operator and administrators give.
    pub role: Option<Role>,
    /// When it is made.
    pub now: Timestamp,
}

/// What to change in an account; `None` leaves a value as it is.
#[derive(Debug, Default)]
pub struct AccountChanges {
    /// A new address; it is not verified.
    pub email: Option<EmailAddress>,
    /// A new username.
    pub username: Option<Username>,
    /// A new given name, or none.
    pub first_name: Option<Option<PersonName>>,
    /// A new family name, or none.
    pub last_name: Option<Option<PersonName>>,
}

/// What became of a wish to delete an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Done,
    /// It is the last active administrator, who cannot be removed.
    LastAdmin,
    /// It was gone already, or has another password since.
    Overtaken,
}

/// The columns of an account, in every query under the alias `a`.
macro_rules! account_columns {
    () => {
        "a.id, a.email, a.username, a.first_name, a.last_name, a.password_hash, a.is_active, a.email_verified, \
         a.created_at, a.updated_at, a.last_login"
    };
}
pub(super) use account_columns;

/// Behind [`account_columns`]: the roles of each account beside it, and where both come from.
macro_rules! account_with_roles {
    () => {
        ", r.role from accounts a left join account_roles r on r.account_id = a.id"
    };
}
pub(super) use account_with_roles;

/// A condition on `accounts`: it is active, and the session bound next belongs to it and has not been ended. A request is
/// believed when it arrives; this makes sure that it still is when it writes, however long its body took (JWT-6). Only
/// behind [`lock_account`].
macro_rules! live_session {
    () => {
        "accounts.is_active = 1 and exists (\
         select 1 from sessions s where s.id = ? and s.account_id = accounts.id and s.ended_at is null)"
    };
}
pub(super) use live_session;

/// Makes everybody else who would write the account's row wait for the end of this transaction. `false` when it is gone.
///
/// A statement of its own, before any whose condition looks into another table. PostgreSQL judges a statement that had to
/// wait for a row by that row's newest version, but by the other tables as they were before the wait: a session that the
/// transaction waited for has ended would still count as live. The statement after the lock sees all that came before it.
/// A no-op update, because `for update` is not known everywhere.
pub(super) async fn lock_account(connection: &mut Transaction<'_>, id: AccountId) -> Result<bool, StoreError> {
    let query = "update accounts set updated_at = updated_at where id = ?";
    Ok(statement(query).bind(id.get()).execute(connection).await?.rows_affected() == 1)
}

/// The account of a row, with the roles that it was given.
pub(super) fn account_from_row(row: &AnyRow, given: Vec<Role>) -> Result<AccountRow, sqlx::Error> {
    Ok(AccountRow {
        view: AccountView {
            id: AccountId::from_stored(row.try_get("id")?),
            email: row.try_get("email")?,
            username: row.try_get("username")?,
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            is_active: row.try_get::<i32, _>("is_active")? != 0,
            email_verified: row.try_get::<i32, _>("email_verified")? != 0,
            roles: Role::held(given),
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            updated_at: Timestamp::from_micros(row.try_get("updated_at")?),
            last_login: row.try_get::<Option<i64>, _>("last_login")?.map(Timestamp::from_micros),
        },
        password_hash: StoredHash::from_stored(row.try_get("password_hash")?),
    })
}

/// The roles that the account was given: without `user`, which is everybody's.
pub(super) async fn given_roles(connection: &mut Transaction<'_>, id: AccountId) -> Result<Vec<Role>, StoreError> {
    let query = "select role from account_roles where account_id = ?";
    let rows = statement(query).bind(id.get()).fetch_all(connection).await?;
    Ok(roles_from_rows(&rows)?)
}

/// The roles of one account: one row each, or one row without a role.
pub(super) fn roles_from_rows(rows: &[AnyRow]) -> Result<Vec<Role>, sqlx::Error> {
    let names = rows.iter().map(|row| row.try_get::<Option<String>, _>("role"));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    Ok(names.iter().flatten().filter_map(|name| Role::parse(name)).collect())
}

impl Store {
    /// What the password of who signs in as `login` is compared with, if they are known. One statement with one row, whether they
    /// are or not (LOG-2): there is at most one to find the greatest of.
    pub async fn credential_by_login(&self, login: &Login) -> Result<Option<Credential>, StoreError> {
        let (query, canonical) = match login {
            Login::Email(email) => (
                "select max(id) as id, max(password_hash) as password_hash, max(is_active) as is_active \
                 from accounts where email_canonical = ?",
                email.canonical(),
            ),
            Login::Username(username) => (
                "select max(id) as id, max(password_hash) as password_hash, max(is_active) as is_active \
                 from accounts where username_canonical = ?",
                username.canonical(),
            ),
        };
        let row = statement(query).bind(canonical).fetch_one(&self.readers).await?;
        let Some(id) = row.try_get("id")? else { return Ok(None) };
        Ok(Some(Credential {
            id: AccountId::from_stored(id),
            password_hash: StoredHash::from_stored(row.try_get("password_hash")?),
            is_active: row.try_get::<i32, _>("is_active")? != 0,
        }))
    }

    /// The account that signs in as `login`, if there is one.
    pub async fn account_by_login(&self, login: &Login) -> Result<Option<AccountRow>, StoreError> {
        let (query, canonical) = match login {
            Login::Email(email) => (
                concat!("select ", account_columns!(), account_with_roles!(), " where a.email_canonical = ?"),
                email.canonical(),
            ),
            Login::Username(username) => (
                concat!("select ", account_columns!(), account_with_roles!(), " where a.username_canonical = ?"),
                username.canonical(),
            ),
        };
        self.account(statement(query).bind(canonical)).await
    }

    /// The account of that id, if there is one.
    pub async fn account_by_id(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        let query = concat!("select ", account_columns!(), account_with_roles!(), " where a.id = ?");
        self.account(statement(query).bind(id.get())).await
    }

    /// Whether there is an account of that id.
    pub async fn has_account(&self, id: AccountId) -> Result<bool, StoreError> {
        let query = "select 1 from accounts where id = ?";
        Ok(statement(query).bind(id.get()).fetch_optional(&self.readers).await?.is_some())
    }

    /// The account that `query` finds, which comes as one row a role, or one row without a role.
    pub(super) async fn account(&self, query: Query) -> Result<Option<AccountRow>, StoreError> {
        let rows = query.fetch_all(&self.readers).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(account_from_row(row, roles_from_rows(&rows)?)?))
    }

    /// Whether some account has this address.
    pub async fn is_email_taken(&self, email: &EmailAddress) -> Result<bool, StoreError> {
        let query = "select 1 from accounts where email_canonical = ?";
        Ok(statement(query).bind(email.canonical()).fetch_optional(&self.readers).await?.is_some())
    }

    /// Whether some account has this username.
    pub async fn is_username_taken(&self, username: &Username) -> Result<bool, StoreError> {
        let query = "select 1 from accounts where username_canonical = ?";
        Ok(statement(query).bind(username.canonical()).fetch_optional(&self.readers).await?.is_some())
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another account has the address or the username, also when it came a moment before.
    pub async fn create_account(&self, new: &NewAccount<'_>) -> Result<(), StoreError> {
        let query = "insert into accounts (id, email, email_canonical, username, username_canonical, first_name, last_name, \
                     password_hash, is_active, email_verified, created_at, updated_at, last_login) \
                     values (?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?, null)";
        in_transaction!(self, connection => {
            statement(query)
                .bind(new.id.get())
                .bind(new.email.as_str())
                .bind(new.email.canonical())
                .bind(new.username.as_str())
                .bind(new.username.canonical())
                .bind(new.first_name.map(PersonName::as_str))
                .bind(new.last_name.map(PersonName::as_str))
                .bind(new.password_hash.expose())
                .bind(new.now.as_micros())
                .bind(new.now.as_micros())
                .execute(&mut *connection)
                .await?;
            if let Some(role) = &new.role {
                let query = "insert into account_roles (account_id, role) values (?, ?)";
                statement(query).bind(new.id.get()).bind(role.as_str()).execute(&mut *connection).await?;
            }
        })
    }

    /// Changes what `changes` names, all or nothing, while `session` lives and, when the e-mail address changes, the
    /// account still has the password that was proved; a password link goes with the old address (RST-3). `false` when
    /// another change came between.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another account has the new address or username.
    pub async fn update_account(
        &self,
        account: &AccountRow,
        session: &str,
        changes: &AccountChanges,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = concat!(
            "update accounts set email = coalesce(?, email), \
             email_verified = case when ? is null or email_canonical = ? then email_verified else 0 end, \
             email_canonical = coalesce(?, email_canonical), \
             username = coalesce(?, username), username_canonical = coalesce(?, username_canonical), \
             first_name = case when ? = 1 then ? else first_name end, \
             last_name = case when ? = 1 then ? else last_name end, \
             updated_at = ? where id = ? and (? is null or password_hash = ?) and ",
            live_session!()
        );
        let canonical_email = changes.email.as_ref().map(EmailAddress::canonical);
        let (set_first, first) = name_change(changes.first_name.as_ref());
        let (set_last, last) = name_change(changes.last_name.as_ref());
        in_transaction!(self, connection => {
            if !lock_account(connection, account.view.id).await? {
                return Ok(false);
            }
            let done = statement(query)
                .bind(changes.email.as_ref().map(EmailAddress::as_str))
                .bind(canonical_email)
                .bind(canonical_email)
                .bind(canonical_email)
                .bind(changes.username.as_ref().map(Username::as_str))
                .bind(changes.username.as_ref().map(Username::canonical))
                .bind(set_first)
                .bind(first)
                .bind(set_last)
                .bind(last)
                .bind(now.as_micros())
                .bind(account.view.id.get())
                .bind(canonical_email)
                .bind(account.password_hash.expose())
                .bind(session)
                .execute(&mut *connection)
                .await?;
            let is_done = done.rows_affected() == 1;
            if is_done && canonical_email.is_some() {
                delete_link(connection, account.view.id).await?;
            }
            is_done
        })
    }

    /// Removes the account and all that hangs on it, while `session` lives, the account has the password that
    /// was proved, and it is not the last active administrator.
    pub async fn delete_account(&self, account: &AccountRow, session: &str) -> Result<Deletion, StoreError> {
        let query = concat!(
            "delete from accounts where id = ? and password_hash = ? and ",
            live_session!(),
            " and ",
            not_last_admin!()
        );
        let unchanged = concat!("select 1 from accounts where id = ? and password_hash = ? and ", live_session!());
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !lock_account(connection, account.view.id).await? {
                return Ok(Deletion::Overtaken);
            }
            let (id, hash) = (account.view.id.get(), account.password_hash.expose());
            let delete = statement(query).bind(id).bind(hash).bind(session).bind(id).bind(id);
            let unchanged = statement(unchanged).bind(id).bind(hash).bind(session);
            let done = delete.execute(&mut *connection).await?;
            if done.rows_affected() == 1 {
                forget_account(connection, account.view.id).await?;
                Deletion::Done
            } else if unchanged.fetch_optional(&mut *connection).await?.is_some() {
                Deletion::LastAdmin
            } else {
                Deletion::Overtaken
            }
        })
    }
}

/// Whether a name is to be set, and to what.
fn name_change(change: Option<&Option<PersonName>>) -> (i32, Option<&str>) {
    (i32::from(change.is_some()), change.and_then(Option::as_ref).map(PersonName::as_str))
}
