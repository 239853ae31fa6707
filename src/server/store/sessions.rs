//! Sessions: begun, advanced by compare-and-set, ended.

mod rows;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::{
    AccountRow, account_columns, account_from_row, given_roles, live_session, lock_account, roles_from_rows,
};
use super::password_links::delete_link;
use super::session_list::gone_at;
use super::{Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, EndReason, Role, Timestamp};
use crate::server::crypto::{SessionKind, SessionSeed, StoredHash};

pub use rows::{NewSession, SessionRow};

/// At most this many sessions of a kind live at once in an account; the oldest give way. Of a kind: a script that signs in
/// to the API again and again does not sign its owner's browser out.
const MAX_LIVE: i64 = 50;
/// So many sessions of an account that can be used no more are kept, to be looked at, and for so long.
const MAX_GONE: i64 = 100;
const GONE_SECONDS: i64 = 30 * 24 * 60 * 60;

impl Store {
    /// Begins a session, all or nothing: the session of `previous` ends, the sign-in is noted, and a hash of a weaker
    /// kind is replaced by `rehash`. Gives the account's roles of that moment; `None` when the account was disabled, removed, or given another password in the
    /// meantime: then nothing is begun, and no newer hash is overwritten (PWD-4).
    pub async fn begin_session(
        &self,
        account: &AccountRow,
        new: &NewSession,
        previous: Option<&str>,
        rehash: Option<&StoredHash>,
    ) -> Result<Option<Vec<Role>>, StoreError> {
        let (id, old_hash) = (account.view.id, &account.password_hash);
        in_transaction!(self, connection => {
            // First the row that everybody else must change too: whoever comes second finds the condition false. By its key alone, or
            // MySQL may lock it from another index, and two who do so differently have each other rolled back.
            if !lock_account(connection, id).await? {
                return Ok(None);
            }
            let update = "update accounts set last_login = ?, password_hash = ? \
                          where id = ? and is_active = 1 and password_hash = ?";
            let hash = rehash.unwrap_or(old_hash);
            let done = statement(update)
                .bind(new.now.as_micros())
                .bind(hash.expose())
                .bind(id.get())
                .bind(old_hash.expose())
                .execute(&mut *connection)
                .await?;
            if done.rows_affected() != 1 || !insert_session(connection, id, hash, new).await? {
                return Ok(None);
            }
            if let Some(previous) = previous {
                end(connection, previous, EndReason::Replaced, new.now).await?;
            }
            end_oldest(connection, id, new).await?;
            forget_gone(connection, id, new.now).await?;
            Some(given_roles(connection, id).await?)
        })
    }

    /// The session of that id, alive or ended, with its account.
    pub async fn session_with_account(&self, id: &str) -> Result<Option<SessionRow>, StoreError> {
        if !is_id(id) {
            return Ok(None);
        }
        let query = concat!(
            "select s.id as session_id, s.kind, s.is_kept, s.seed, s.counter, s.authenticated_at, s.rotated_at, s.idle_expires_at, \
             s.expires_at, s.ended_at, r.role, ",
            account_columns!(),
            " from sessions s join accounts a on a.id = s.account_id \
             left join account_roles r on r.account_id = a.id where s.id = ?"
        );
        let rows = statement(query).bind(id).fetch_all(&self.readers).await?;
        Ok(session_from_rows(&rows)?)
    }

    /// Moves the session from step `from` to step `to` if it stands there and lives: the one compare-and-set of a
    /// rotation (REF-2). `false` when another request was faster or the session has ended.
    pub async fn advance_counter(
        &self,
        id: &str,
        (from, to): (i64, i64),
        now: Timestamp,
        idle_expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = "update sessions set counter = ?, rotated_at = ?, last_seen_at = ?, idle_expires_at = ? \
                     where id = ? and counter = ? and ended_at is null";
        in_transaction!(self, connection => {
            let done = statement(query)
                .bind(to)
                .bind(now.as_micros())
                .bind(now.as_micros())
                .bind(idle_expires_at.as_micros())
                .bind(id)
                .bind(from)
                .execute(&mut *connection)
                .await?;
            done.rows_affected() == 1
        })
    }

    /// Ends a session, if it still lives.
    pub async fn end_session(&self, id: &str, reason: EndReason, now: Timestamp) -> Result<(), StoreError> {
        in_transaction!(self, connection => {
            end(connection, id, reason, now).await?;
        })
    }

    /// Gives the account of `current` a new password, ends its other sessions and voids a password link, all or nothing
    /// (RST-1, RST-3). With `successor` that session takes the place of `current` (SES-2), without it `current` goes on.
    /// `false` when another change came between: the password is no longer the one that was proved, or the session has ended.
    pub async fn change_password(
        &self,
        current: &SessionRow,
        new_hash: &StoredHash,
        successor: Option<&NewSession>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = current.account.view.id;
        let update = concat!(
            "update accounts set password_hash = ?, updated_at = ? where id = ? and password_hash = ? and ",
            live_session!()
        );
        in_transaction!(self, connection => {
            if !lock_account(connection, id).await? {
                return Ok(false);
            }
            let done = statement(update)
                .bind(new_hash.expose())
                .bind(now.as_micros())
                .bind(id.get())
                .bind(current.account.password_hash.expose())
                .bind(&*current.id)
                .execute(&mut *connection)
                .await?;
            if done.rows_affected() != 1 {
                return Ok(false);
            }
            delete_link(connection, id).await?;
            match successor {
                Some(new) => {
                    end_all(connection, id, EndReason::PasswordChanged, now).await?;
                    if !insert_session(connection, id, new_hash, new).await? {
                        return Ok(false);
                    }
                }
                None => end_others(connection, current, EndReason::PasswordChanged, now).await?,
            }
            true
        })
    }
}

/// Inserts the session of an active account whose password is still this one.
async fn insert_session(
    connection: &mut Transaction<'_>,
    account: AccountId,
    password_hash: &StoredHash,
    new: &NewSession,
) -> Result<bool, StoreError> {
    let insert = "insert into sessions (id, account_id, kind, is_kept, seed, counter, created_at, authenticated_at, rotated_at, \
                  last_seen_at, idle_expires_at, expires_at, address, user_agent) \
                  select ?, id, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ? from accounts \
                  where id = ? and is_active = 1 and password_hash = ?";
    let now = new.now.as_micros();
    let done = statement(insert)
        .bind(&*new.id)
        .bind(new.kind.as_str())
        .bind(i32::from(new.is_kept))
        .bind(new.seed.expose())
        .bind(now)
        .bind(now)
        .bind(now)
        .bind(now)
        .bind(new.idle_expires_at.as_micros())
        .bind(new.expires_at.as_micros())
        .bind(new.address.as_deref())
        .bind(new.user_agent.as_deref())
        .bind(account.get())
        .bind(password_hash.expose())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a session could have this id. Databases differ about others: PostgreSQL takes no NUL, and to MySQL `a ` is `a`.
pub(super) fn is_id(id: &str) -> bool {
    (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

async fn end(connection: &mut Transaction<'_>, id: &str, reason: EndReason, now: Timestamp) -> Result<(), StoreError> {
    let query = "update sessions set ended_at = ?, end_reason = ? where id = ? and ended_at is null";
    statement(query).bind(now.as_micros()).bind(reason.as_str()).bind(id).execute(connection).await?;
    Ok(())
}

/// Ends every live session of the account.
pub(super) async fn end_all(
    connection: &mut Transaction<'_>,
    account: AccountId,
    reason: EndReason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "update sessions set ended_at = ?, end_reason = ? where account_id = ? and ended_at is null";
    let query = statement(query).bind(now.as_micros()).bind(reason.as_str()).bind(account.get());
    query.execute(connection).await?;
    Ok(())
}

/// Ends every live session of the account but this one.
pub(super) async fn end_others(
    connection: &mut Transaction<'_>,
    kept: &SessionRow,
    reason: EndReason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query =
        "update sessions set ended_at = ?, end_reason = ? where account_id = ? and ended_at is null and id <> ?";
    let query = statement(query).bind(now.as_micros()).bind(reason.as_str()).bind(kept.account.view.id.get());
    query.bind(&*kept.id).execute(connection).await?;
    Ok(())
}

/// Keeps the number of live sessions bounded; the one just begun stays, also when the clock has stepped back. Those whose time
/// has run out take nobody's place.
async fn end_oldest(connection: &mut Transaction<'_>, account: AccountId, new: &NewSession) -> Result<(), StoreError> {
    let query = "update sessions set ended_at = ?, end_reason = ? \
                 where account_id = ? and kind = ? and ended_at is null and idle_expires_at > ? and expires_at > ? \
                 and id <> ? and id not in (select id from (select id from sessions where account_id = ? and kind = ? \
                 and ended_at is null and idle_expires_at > ? and expires_at > ? and id <> ? \
                 order by created_at desc, id limit ?) as newest)";
    let moment = new.now.as_micros();
    statement(query)
        .bind(moment)
        .bind(EndReason::Crowded.as_str())
        .bind(account.get())
        .bind(new.kind.as_str())
        .bind(moment)
        .bind(moment)
        .bind(&*new.id)
        .bind(account.get())
        .bind(new.kind.as_str())
        .bind(moment)
        .bind(moment)
        .bind(&*new.id)
        .bind(MAX_LIVE - 1)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps the sessions that have ended from piling up, for who signs in every minute as for who does once a year.
async fn forget_gone(connection: &mut Transaction<'_>, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
    let query = concat!(
        "delete from sessions where account_id = ? and (ended_at is not null or idle_expires_at <= ? or expires_at <= ?) \
         and id not in (select id from (select id from sessions where account_id = ? \
         and (ended_at is not null or idle_expires_at <= ? or expires_at <= ?) and ",
        gone_at!(),
        " >= ? order by ",
        gone_at!(),
        " desc, id limit ?) as kept)"
    );
    let (account, moment) = (account.get(), now.as_micros());
    statement(query)
        .bind(account)
        .bind(moment)
        .bind(moment)
        .bind(account)
        .bind(moment)
        .bind(moment)
        .bind(now.plus_seconds(-GONE_SECONDS).as_micros())
        .bind(MAX_GONE)
        .execute(connection)
        .await?;
    Ok(())
}

/// One session comes as one row a role, or one row without a role.
fn session_from_rows(rows: &[AnyRow]) -> Result<Option<SessionRow>, sqlx::Error> {
    let Some(row) = rows.first() else { return Ok(None) };
    let kind: String = row.try_get("kind")?;
    let kind = SessionKind::parse(&kind).ok_or_else(|| sqlx::Error::Decode("unknown kind of session".into()))?;
    let moment = |column| row.try_get(column).map(Timestamp::from_micros);
    Ok(Some(SessionRow {
        id: row.try_get("session_id")?,
        kind,
        is_kept: row.try_get::<i32, _>("is_kept")? != 0,
        seed: SessionSeed::from_stored(row.try_get("seed")?),
        counter: row.try_get("counter")?,
        authenticated_at: moment("authenticated_at")?,
        rotated_at: moment("rotated_at")?,
        idle_expires_at: moment("idle_expires_at")?,
        expires_at: moment("expires_at")?,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp::from_micros),
        account: account_from_row(row, roles_from_rows(rows)?)?,
    }))
}
