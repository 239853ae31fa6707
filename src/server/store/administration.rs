//! What the operator and administrators do to accounts. The last active administrator stays, whoever comes at the same
//! moment: each of these takes the lock of the administrators first, then the account's row, and then writes on a condition.

use std::collections::BTreeSet;

use sqlx::Row as _;

use super::accounts::{account_columns, account_from_row, given_roles, live_session, lock_account};
use super::attempts::forget_account;
use super::locks::lock_admins;
use super::password_links::delete_link;
use super::sessions::{SessionRow, end_all};
use super::{Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, AccountView, EndReason, Role, Timestamp};

/// How many sessions one statement ends when everybody is signed out.
const SESSIONS_AT_ONCE: i64 = 2000;

/// What became of a wish to change or remove an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is so now.
    Done(T),
    /// It would leave no active administrator.
    LastAdmin,
    /// There is no such account any more.
    Gone,
    /// Who asked has been signed out, disabled, removed or relieved of the role since they were believed.
    Disbelieved,
}

/// What an account may do, to be changed; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct StandingChanges {
    /// Whether it may sign in.
    pub is_active: Option<bool>,
    /// Its roles.
    pub roles: Option<RoleChange>,
}

impl StandingChanges {
    /// Lets the account sign in, or keeps it from it.
    pub fn active(is_active: bool) -> Self {
        Self { is_active: Some(is_active), roles: None }
    }

    /// Changes its roles.
    pub fn roles(change: RoleChange) -> Self {
        Self { is_active: None, roles: Some(change) }
    }
}

/// How to change the roles that an account was given. `user`, which nobody is given, is in none of these.
#[derive(Clone, Debug)]
pub enum RoleChange {
    /// One more.
    Grant(Role),
    /// One less.
    Revoke(Role),
    /// These and no others.
    Replace(BTreeSet<Role>),
}

impl RoleChange {
    /// The roles of who had `held`.
    fn apply(&self, held: &BTreeSet<Role>) -> BTreeSet<Role> {
        match self {
            Self::Grant(role) => held.iter().chain([role]).cloned().collect(),
            Self::Revoke(role) => held.iter().filter(|held| *held != role).cloned().collect(),
            Self::Replace(roles) => roles.clone(),
        }
    }
}

/// An account before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As it was.
    pub before: AccountView,
    /// As it is.
    pub after: AccountView,
}

impl Changed {
    /// Whether it was not so already.
    pub fn is_new(&self) -> bool {
        (self.before.is_active, &self.before.roles) != (self.after.is_active, &self.after.roles)
    }
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

impl Store {
    /// Changes what an account may do, all or nothing. Who is disabled, loses a role or becomes an administrator is signed out
    /// everywhere, and who is disabled loses their password link, or it would work again once they are enabled (AUZ-3). The role `admin` is
    /// taken from, and the right to sign in of, anybody but the last active administrator (AUZ-4). `actor` must still be an
    /// administrator who is signed in, however long their request took (JWT-6); the operator is `None`.
    pub async fn change_standing(
        &self,
        actor: Option<&SessionRow>,
        id: AccountId,
        changes: &StandingChanges,
        now: Timestamp,
    ) -> Result<Outcome<Changed>, StoreError> {
        let disable =
            concat!("update accounts set is_active = 0 where id = ? and is_active = 1 and ", not_last_admin!());
        let revoke = concat!(
            "delete from account_roles where account_id = ? and role = ? and (role <> 'admin' or ",
            not_last_admin!(),
            ")"
        );
        let number = id.get();
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !is_believed(connection, actor, id).await? {
                return Ok(Outcome::Disbelieved);
            }
            if !lock_account(connection, id).await? {
                return Ok(Outcome::Gone);
            }
            let Some(before) = view(connection, id).await? else { return Ok(Outcome::Gone) };
            let held: BTreeSet<Role> = before.roles.iter().filter(|role| **role != Role::USER).cloned().collect();
            let wanted = changes.roles.as_ref().map_or_else(|| held.clone(), |change| change.apply(&held));
            let is_disabled = before.is_active && changes.is_active == Some(false);
            // Each of these is refused by its own condition, and a refusal undoes what came before it.
            if is_disabled {
                let disable = statement(disable).bind(number).bind(number).bind(number);
                if disable.execute(&mut *connection).await?.rows_affected() != 1 {
                    return Ok(Outcome::LastAdmin);
                }
                delete_link(connection, id).await?;
            }
            for lost in held.difference(&wanted) {
                let revoke = statement(revoke).bind(number).bind(lost.as_str()).bind(number).bind(number);
                if revoke.execute(&mut *connection).await?.rows_affected() != 1 {
                    return Ok(Outcome::LastAdmin);
                }
            }
            grant(connection, id, wanted.difference(&held)).await?;
            if changes.is_active == Some(true) {
                enable(connection, id).await?;
            }
            if let Some(reason) = reason_to_end(is_disabled, &held, &wanted) {
                end_all(connection, id, reason, now).await?;
            }
            settle(connection, before, now).await?
        })
    }

    /// Removes the account and all that hangs on it, for an `actor` as above.
    pub async fn remove_account(&self, actor: Option<&SessionRow>, id: AccountId) -> Result<Outcome<()>, StoreError> {
        let delete = concat!("delete from accounts where id = ? and ", not_last_admin!());
        let number = id.get();
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !is_believed(connection, actor, id).await? {
                return Ok(Outcome::Disbelieved);
            }
            if !lock_account(connection, id).await? {
                return Ok(Outcome::Gone);
            }
            let delete = statement(delete).bind(number).bind(number).bind(number);
            if delete.execute(&mut *connection).await?.rows_affected() == 1 {
                forget_account(connection, id).await?;
                Outcome::Done(())
            } else {
                Outcome::LastAdmin
            }
        })
    }

    /// Ends all sessions of this account, or of all, for an `actor` as above; says how many could still have been used.
    pub async fn end_sessions(
        &self,
        actor: Option<&SessionRow>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Outcome<i64>, StoreError> {
        let Some(account) = account else { return self.end_everybodys_sessions(actor, now).await };
        let count = "select count(*) from sessions where ended_at is null and idle_expires_at > ? and expires_at > ? \
                     and account_id = ?";
        in_transaction!(self, connection => {
            if !is_believed(connection, actor, account).await? {
                return Ok(Outcome::Disbelieved);
            }
            // A session that somebody begins at this moment is there, or is not begun: it needs this row, too.
            if !lock_account(connection, account).await? {
                return Ok(Outcome::Gone);
            }
            let count = statement(count).bind(now.as_micros()).bind(now.as_micros()).bind(account.get());
            let live: i64 = count.fetch_one(&mut *connection).await?.try_get(0)?;
            end_all(connection, account, EndReason::EndedByAdmin, now).await?;
            Outcome::Done(live)
        })
    }

    /// Some at a time, so that no statement takes longer than one may, however many there are. Who begins a session meanwhile
    /// keeps it or not; when this fails in its middle, all that remains is ended by doing it again.
    async fn end_everybodys_sessions(
        &self,
        actor: Option<&SessionRow>,
        now: Timestamp,
    ) -> Result<Outcome<i64>, StoreError> {
        let last = "select max(id) as id from (select id from sessions where id > ? order by id limit ?) as batch";
        let count = "select count(*) from sessions where id > ? and id <= ? and ended_at is null \
                     and idle_expires_at > ? and expires_at > ?";
        let update = "update sessions set ended_at = ?, end_reason = ? where id > ? and id <= ? and ended_at is null";
        let (mut after, mut live, moment) = (String::new(), 0, now.as_micros());
        while let Some(until) = statement(last)
            .bind(&*after)
            .bind(SESSIONS_AT_ONCE)
            .fetch_one(&self.readers)
            .await?
            .try_get::<Option<String>, _>("id")?
        {
            let ended = in_transaction!(self, connection => {
                if let Some(session) = actor && !is_believed(connection, actor, session.account.view.id).await? {
                    return Ok(None);
                }
                let count = statement(count).bind(&*after).bind(&*until).bind(moment).bind(moment);
                let live: i64 = count.fetch_one(&mut *connection).await?.try_get(0)?;
                let update = statement(update).bind(moment).bind(EndReason::EndedByAdmin.as_str());
                update.bind(&*after).bind(&*until).execute(&mut *connection).await?;
                Some(live)
            })?;
            let Some(ended) = ended else { return Ok(Outcome::Disbelieved) };
            (live, after) = (live + ended, until);
        }
        Ok(Outcome::Done(live))
    }
}

/// Why an account's sessions end when it is disabled, or has these roles instead of those: a session that was begun with
/// less must not become an administrator's (SES-2).
fn reason_to_end(is_disabled: bool, held: &BTreeSet<Role>, wanted: &BTreeSet<Role>) -> Option<EndReason> {
    if is_disabled {
        Some(EndReason::Disabled)
    } else if !held.is_subset(wanted) {
        Some(EndReason::RoleRevoked)
    } else {
        (wanted.contains(&Role::ADMIN) && !held.contains(&Role::ADMIN)).then_some(EndReason::RoleGranted)
    }
}

/// Whether `actor` is still an administrator who is signed in. Locks their row, and that of the account `other` before it when
/// its number is lower: two who change each other at once then wait for one another in one order.
pub(super) async fn is_believed(
    connection: &mut Transaction<'_>,
    actor: Option<&SessionRow>,
    other: AccountId,
) -> Result<bool, StoreError> {
    let Some(actor) = actor else { return Ok(true) };
    let query = concat!(
        "select 1 from accounts where id = ? and ",
        live_session!(),
        " and exists (select 1 from account_roles r where r.account_id = accounts.id and r.role = 'admin')"
    );
    let id = actor.account.view.id;
    if other < id {
        lock_account(connection, other).await?;
    }
    lock_account(connection, id).await?;
    let query = statement(query).bind(id.get()).bind(&*actor.id);
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// The account as this transaction sees it.
async fn view(connection: &mut Transaction<'_>, id: AccountId) -> Result<Option<AccountView>, StoreError> {
    let query = concat!("select ", account_columns!(), " from accounts a where a.id = ?");
    let Some(row) = statement(query).bind(id.get()).fetch_optional(&mut *connection).await? else { return Ok(None) };
    Ok(Some(account_from_row(&row, given_roles(connection, id).await?)?.view))
}

async fn grant<'a>(
    connection: &mut Transaction<'_>,
    id: AccountId,
    roles: impl Iterator<Item = &'a Role>,
) -> Result<(), StoreError> {
    let insert = "insert into account_roles (account_id, role) values (?, ?)";
    for role in roles {
        statement(insert).bind(id.get()).bind(role.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn enable(connection: &mut Transaction<'_>, id: AccountId) -> Result<(), StoreError> {
    let update = "update accounts set is_active = 1 where id = ? and is_active = 0";
    statement(update).bind(id.get()).execute(connection).await?;
    Ok(())
}

/// Notes when the account was changed, if it was.
async fn settle(
    connection: &mut Transaction<'_>,
    before: AccountView,
    now: Timestamp,
) -> Result<Outcome<Changed>, StoreError> {
    let Some(after) = view(connection, before.id).await? else { return Ok(Outcome::Gone) };
    let mut changed = Changed { before, after };
    if changed.is_new() {
        let query = "update accounts set updated_at = ? where id = ?";
        statement(query).bind(now.as_micros()).bind(changed.after.id.get()).execute(connection).await?;
        changed.after.updated_at = now;
    }
    Ok(Outcome::Done(changed))
}
