//! What is counted about guesses: looked at, changed under a lock, purged. What the numbers mean is
//! [`limits`](crate::server::limits)'s business.
//!
//! Whoever writes locks all of its rows first, in one order, and reads them then: two processes that count at the same moment
//! count both (LOG-4). A subject without a row cannot be locked; of two who make it, one meets the other's row and begins anew.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::lock_account;
use super::administration::is_believed;
use super::locks::lock_admins;
use super::{Outcome, SessionRow, Store, StoreError, Transaction, statement};
use crate::domain::{AccountId, Timestamp};

/// How many worthless rows go at once: the writer is not kept from others for long.
const BATCH: i64 = 200;
/// How often a count begins anew because somebody else made the same row in the meantime.
const TRIES: u32 = 20;

/// What is counted about one subject. Nothing yet: all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Failures in a row, or within the window; guesses that are under way among them.
    pub failures: i64,
    /// When the counting began.
    pub since: Timestamp,
    /// Until when no guess is looked at.
    pub locked_until: Timestamp,
    /// From when on all of this is worth nothing.
    pub expires_at: Timestamp,
}

impl Tally {
    /// Whether there is nothing worth keeping.
    pub fn is_empty(&self) -> bool {
        self.failures == 0 && self.locked_until == Timestamp::default()
    }
}

/// What a purge has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// It removed as many as go at once: there may be more.
    pub is_full: bool,
}

/// Where the tally of an account stands.
pub fn subject_of_account(id: AccountId) -> String {
    format!("account:{}", id.get())
}

/// How the subjects of an account's devices begin.
pub fn subject_of_devices(id: AccountId) -> String {
    format!("device:{}:", id.get())
}

impl Store {
    /// What is counted about `subject`, at a glance: it may change at any moment.
    pub async fn tally(&self, subject: &str) -> Result<Tally, StoreError> {
        let row = statement(SELECT).bind(subject).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(tally_from_row).transpose()?.unwrap_or_default())
    }

    /// Has `change` look at the tallies of `subjects` and change them, all or nothing, with nobody else in between. `subjects` come
    /// in ascending order, so that two who lock several never wait for one another.
    pub async fn change_tallies<T: Send>(
        &self,
        subjects: &[&str],
        change: impl Fn(&mut [Tally]) -> T + Send + Sync,
    ) -> Result<T, StoreError> {
        debug_assert!(subjects.is_sorted(), "{subjects:?}");
        let mut tries = 0;
        loop {
            let changed = in_transaction!(self, connection => {
                // All locks before the first look: MySQL shows what was there at the first look.
                let mut is_there = Vec::with_capacity(subjects.len());
                for subject in subjects {
                    is_there.push(lock(connection, subject).await?);
                }
                let mut tallies = Vec::with_capacity(subjects.len());
                for subject in subjects {
                    let row = statement(SELECT).bind(*subject).fetch_optional(&mut *connection).await?;
                    tallies.push(row.as_ref().map(tally_from_row).transpose()?.unwrap_or_default());
                }
                let before = tallies.clone();
                let outcome = change(&mut tallies);
                let after = before.iter().zip(&tallies).zip(is_there);
                for (subject, ((before, after), is_there)) in subjects.iter().zip(after) {
                    if before != after {
                        keep(connection, subject, after, is_there).await?;
                    }
                }
                outcome
            });
            match changed {
                Err(error) if error.is_id_taken() && tries < TRIES => tries += 1,
                changed => return changed,
            }
        }
    }

    /// Removes some rows that are worth nothing any more, and says whether there were as many as go at once.
    pub async fn purge_tallies(&self, now: Timestamp) -> Result<Purged, StoreError> {
        let delete = "delete from attempts where expires_at < ? and subject in (\
                      select subject from (select subject from attempts where expires_at < ? \
                      order by expires_at limit ?) as stale)";
        in_transaction!(self, connection => {
            let delete = statement(delete).bind(now.as_micros()).bind(now.as_micros()).bind(BATCH);
            Purged { is_full: delete.execute(&mut *connection).await?.rows_affected() >= BATCH.unsigned_abs() }
        })
    }

    /// Forgets what is counted about an account that is there no more. A guess that was under way while it was deleted has made its
    /// row anew, and nobody else would look for it (PRV-2).
    pub async fn forget_gone_account(&self, id: AccountId) -> Result<(), StoreError> {
        in_transaction!(self, connection => {
            if !lock_account(connection, id).await? {
                forget_account(connection, id).await?;
            }
        })
    }

    /// Forgets all failures of the account, for an `actor` who is still an administrator (`None` is the operator). Says whether
    /// there were any.
    pub async fn unlock_account(&self, actor: Option<&SessionRow>, id: AccountId) -> Result<Outcome<bool>, StoreError> {
        in_transaction!(self, connection => {
            lock_admins(connection).await?;
            if !is_believed(connection, actor, id).await? {
                return Ok(Outcome::Disbelieved);
            }
            if !lock_account(connection, id).await? {
                return Ok(Outcome::Gone);
            }
            Outcome::Done(forget_account(connection, id).await?)
        })
    }
}

const SELECT: &str = "select failures, since, locked_until, expires_at from attempts where subject = ?";

fn tally_from_row(row: &AnyRow) -> Result<Tally, sqlx::Error> {
    let moment = |column| row.try_get(column).map(Timestamp::from_micros);
    Ok(Tally {
        failures: row.try_get("failures")?,
        since: moment("since")?,
        locked_until: moment("locked_until")?,
        expires_at: moment("expires_at")?,
    })
}

/// Makes everybody else who would write the subject's row wait; `false` when there is none.
async fn lock(connection: &mut Transaction<'_>, subject: &str) -> Result<bool, StoreError> {
    let query = "update attempts set failures = failures where subject = ?";
    Ok(statement(query).bind(subject).execute(connection).await?.rows_affected() == 1)
}

async fn keep(
    connection: &mut Transaction<'_>,
    subject: &str,
    tally: &Tally,
    is_there: bool,
) -> Result<(), StoreError> {
    if tally.is_empty() {
        statement("delete from attempts where subject = ?").bind(subject).execute(connection).await?;
        return Ok(());
    }
    let query = if is_there {
        "update attempts set failures = ?, since = ?, locked_until = ?, expires_at = ? where subject = ?"
    } else {
        "insert into attempts (failures, since, locked_until, expires_at, subject) values (?, ?, ?, ?, ?)"
    };
    let query = statement(query).bind(tally.failures).bind(tally.since.as_micros());
    let query = query.bind(tally.locked_until.as_micros()).bind(tally.expires_at.as_micros()).bind(subject);
    query.execute(connection).await?;
    Ok(())
}

/// Forgets what is counted about an account and its devices: its owner has proved who they are in another way, or it is gone. Behind
/// the lock of the account's row. Says whether there was anything.
pub(super) async fn forget_account(connection: &mut Transaction<'_>, id: AccountId) -> Result<bool, StoreError> {
    // Two, so that each is a place in the index. All devices are between a colon and the character behind it.
    let devices = subject_of_devices(id);
    let behind = format!("device:{};", id.get());
    let own = statement("delete from attempts where subject = ?").bind(subject_of_account(id));
    let own = own.execute(&mut *connection).await?.rows_affected();
    let theirs = statement("delete from attempts where subject >= ? and subject < ?").bind(devices).bind(behind);
    Ok(own + theirs.execute(connection).await?.rows_affected() > 0)
}
