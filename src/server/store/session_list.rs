//! The sessions of an account, to be looked at and ended by its owner.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::{live_session, lock_account};
use super::sessions::{SessionRow, end_others, is_id};
use super::{Outcome, Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, EndReason, SessionEnd, Timestamp};

/// A session, to be looked at.
#[derive(Clone, Debug)]
pub struct SessionSummary {
    /// Random.
    pub id: String,
    /// What uses it: `browser` or `api`.
    pub kind: String,
    /// Whether the browser keeps it when it is closed.
    pub is_kept: bool,
    /// When its owner signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When and why it was ended before its time.
    pub end: Option<SessionEnd>,
    /// Where it was begun from.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

macro_rules! summary_columns {
    () => {
        "id, kind, is_kept, created_at, last_seen_at, idle_expires_at, expires_at, ended_at, end_reason, address, user_agent"
    };
}

/// When a session that cannot be used any more has ended, by itself or by somebody.
macro_rules! gone_at {
    () => {
        "coalesce(ended_at, case when idle_expires_at < expires_at then idle_expires_at else expires_at end)"
    };
}
pub(super) use gone_at;

/// Which of their sessions somebody ends.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// The one with this id.
    One(&'a str),
    /// All but the one that asks.
    Others,
}

impl Store {
    /// The account's sessions that can be used at `now`, the last used first.
    pub async fn live_sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<SessionSummary>, StoreError> {
        let query = concat!(
            "select ",
            summary_columns!(),
            " from sessions where account_id = ? and ended_at is null and idle_expires_at > ? and expires_at > ? \
             order by last_seen_at desc, id"
        );
        let query = statement(query).bind(account.get()).bind(now.as_micros()).bind(now.as_micros());
        let rows = query.fetch_all(&self.readers).await?;
        Ok(rows.iter().map(summary_from_row).collect::<Result<_, _>>()?)
    }

    /// Those that have ended by `now`, but not before `since`, at most `limit`, the last one first.
    pub async fn gone_sessions(
        &self,
        account: AccountId,
        (now, since): (Timestamp, Timestamp),
        limit: u8,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let query = concat!(
            "select ",
            summary_columns!(),
            " from sessions where account_id = ? and (ended_at is not null or idle_expires_at <= ? or expires_at <= ?) and ",
            gone_at!(),
            " >= ? order by ",
            gone_at!(),
            " desc, id limit ?"
        );
        let query = statement(query).bind(account.get()).bind(now.as_micros()).bind(now.as_micros());
        let rows = query.bind(since.as_micros()).bind(i32::from(limit)).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(summary_from_row).collect::<Result<_, _>>()?)
    }

    /// Ends sessions of the account of `actor`, whose own must still be live when it is written (JWT-6). One that has ended
    /// already is fine; one of somebody else is none (AUZ-2).
    pub async fn end_own_sessions(
        &self,
        actor: &SessionRow,
        which: Ending<'_>,
        now: Timestamp,
    ) -> Result<Outcome<()>, StoreError> {
        let account = actor.account.view.id;
        let is_believed = concat!("select 1 from accounts where id = ? and ", live_session!());
        in_transaction!(self, connection => {
            if !lock_account(connection, account).await? {
                return Ok(Outcome::Disbelieved);
            }
            let is_believed = statement(is_believed).bind(account.get()).bind(&*actor.id);
            if is_believed.fetch_optional(&mut *connection).await?.is_none() {
                return Ok(Outcome::Disbelieved);
            }
            match which {
                Ending::One(id) if !end_one(connection, account, (id, &actor.id), now).await? => Outcome::Gone,
                Ending::One(_) => Outcome::Done(()),
                Ending::Others => {
                    end_others(connection, actor, EndReason::EndedElsewhere, now).await?;
                    Outcome::Done(())
                }
            }
        })
    }
}

/// Ends the account's session of that id, if it has one; to end one's own is to sign out.
async fn end_one(
    connection: &mut Transaction<'_>,
    account: AccountId,
    (id, own): (&str, &str),
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !is_id(id) {
        return Ok(false);
    }
    let update = "update sessions set ended_at = coalesce(ended_at, ?), end_reason = coalesce(end_reason, ?) \
                  where id = ? and account_id = ?";
    let reason = if id == own { EndReason::SignedOut } else { EndReason::EndedElsewhere };
    let update = statement(update).bind(now.as_micros()).bind(reason.as_str()).bind(id).bind(account.get());
    Ok(update.execute(connection).await?.rows_affected() == 1)
}

fn summary_from_row(row: &AnyRow) -> Result<SessionSummary, sqlx::Error> {
    let moment = |column| row.try_get(column).map(Timestamp::from_micros);
    let ended_at = row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp::from_micros);
    let reason: Option<String> = row.try_get("end_reason")?;
    let reason = reason.as_deref().and_then(EndReason::parse).unwrap_or(EndReason::EndedByAdmin);
    Ok(SessionSummary {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        is_kept: row.try_get::<i32, _>("is_kept")? != 0,
        created_at: moment("created_at")?,
        last_seen_at: moment("last_seen_at")?,
        idle_expires_at: moment("idle_expires_at")?,
        expires_at: moment("expires_at")?,
        end: ended_at.map(|at| SessionEnd { at, reason }),
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
    })
}
