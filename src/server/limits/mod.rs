//! How many guesses are looked at (LOG-3 to LOG-7), registrations, and questions about usernames.
//!
//! - [`guesses`] has the one function that compares a password: it counts first, whichever door the password came through.
//! - [`rule`] says what a count means: nothing but arithmetic.
//! - The counts are in the database (`store/attempts.rs`), so that all processes agree.
//!
//! What is counted, by subject:
//!
//! - an account, whatever name it was called by and whatever door was used;
//! - a name that no account has, just like an account: nobody learns from being refused which of the two it was (LOG-1);
//! - a browser that has signed in to the account before, in place of the account: guesses made elsewhere do not shut it out;
//! - where the guess comes from, besides, unless it is such a browser: an IPv4 address, an IPv6 /64, and its /48 with more room.
//!
//! Keys are locked in ascending order: `account:`, `device:` or `name:`, then `source-network:`, then `source:`.

pub mod guesses;
pub mod rule;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::caller::Caller;
use super::crypto::{AttemptKey, DeviceKey, KeyError, RootKeys};
use super::logging::AUDIT;
use super::state::AppState;
use super::store::Tally;
use crate::domain::{AuthError, Timestamp};
use rule::{Kept, Rule, Wait};

/// How long it is remembered that a name was guessed at which no account has. Longer than any lock but the last once it is locked, and
/// not for good, because anybody can make names up: one guess makes a row, and ten make a locked one. So what can be there at
/// once is what can be hashed in an hour, and a tenth of what can be in a week.
const NAMES_KEPT: Kept = Kept { free: 60 * 60, locked: 7 * 24 * 60 * 60 };
/// As long as a browser keeps the cookie after its last sign-in.
pub const DEVICES_KEPT_SECONDS: i64 = 365 * 24 * 60 * 60;
/// How many guesses ask the database to count them at once. A flood waits here, and not before the database's one writer, which
/// all other requests need, too.
const TURNS: usize = 4;
/// How many guesses are under way at once: more than the hashing queue of any ordinary machine takes.
const PLACES: usize = 1024;
/// How long a guess waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many /64 networks an IPv6 /48 may use up: who has one of those has 65536 of them (LOG-6).
const NETWORKS: i64 = 16;
/// How many usernames may be asked about for each registration that may be tried: one is chosen while typing.
const CHECKS: i64 = 5;
/// How often rows that are worth nothing are looked for, unless there were more than could go at once.
const PURGE_SECONDS: i64 = 60;

/// The keys of what is counted, and when rows were last purged.
pub struct Limits {
    /// Turns names into what the database holds of them.
    pub names: AttemptKey,
    /// Makes and checks the tokens of devices.
    pub devices: DeviceKey,
    /// Guesses under way, also those whose clients have gone.
    places: Arc<Semaphore>,
    turns: Semaphore,
    /// A question about a username under way.
    check: Semaphore,
    purged_at: AtomicI64,
}

impl Limits {
    /// Under `roots`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        Ok(Self {
            names: AttemptKey::new(roots)?,
            devices: DeviceKey::new(roots)?,
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Semaphore::new(TURNS),
            check: Semaphore::new(1),
            purged_at: AtomicI64::new(i64::MIN),
        })
    }

    /// Whether it is this request's turn to purge: one in a while.
    fn is_time_to_purge(&self, now: Timestamp) -> bool {
        let last = self.purged_at.load(Ordering::Relaxed);
        let is_recent = now.is_within(Timestamp::from_micros(last), PURGE_SECONDS);
        let turn = || self.purged_at.compare_exchange(last, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed);
        !is_recent && turn().is_ok()
    }

    /// Makes it the next request's turn: there is more. At least as many rows can then go with a guess as came with one.
    fn purge_again(&self) {
        self.purged_at.store(i64::MIN, Ordering::Relaxed);
    }
}

/// Something that is counted, and how.
#[derive(Clone, Debug)]
struct Subject {
    key: String,
    rule: Rule,
}

/// Counts an attempt to register, successful or not: each may tell whether somebody has an account here.
///
/// # Errors
/// [`AuthError::TooManyAttempts`], [`AuthError::Unavailable`].
pub async fn count_registration(state: &AppState, caller: &Caller) -> Result<(), AuthError> {
    let subjects = sources(state, caller, ("registrations", 1));
    if reserve_last(state, &subjects).await? {
        tracing::warn!(target: AUDIT, "a source is throttled: it has tried to register too often");
    }
    Ok(())
}

/// Counts a question whether a username is taken. One at a time is counted, so that a flood of them takes one turn of those that
/// sign-ins need, and no more.
///
/// # Errors
/// [`AuthError::TooManyAttempts`], [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn count_username_check(state: &AppState, caller: &Caller) -> Result<(), AuthError> {
    let turn = tokio::time::timeout(PATIENCE, state.limits.check.acquire()).await;
    let _turn = turn.map_err(|_| AuthError::Busy { retry_after_seconds: 2 })?.map_err(|_| AuthError::Internal)?;
    let subjects = sources(state, caller, ("username-checks", CHECKS));
    if reserve_last(state, &subjects).await? {
        tracing::warn!(target: AUDIT, "a source is throttled: it has asked for too many usernames");
    }
    Ok(())
}

/// Counts one more at each of `subjects`, and tells whether it was the last one for now at any of them.
async fn reserve_last(state: &AppState, subjects: &[Subject]) -> Result<bool, AuthError> {
    let reserved = reserve(state, subjects).await?;
    Ok(subjects.iter().zip(&reserved).any(|(subject, reserved)| subject.rule.is_last(reserved)))
}

/// Counts one more at each of `subjects`, or refuses because one of them has had enough. Gives the tallies as they are then.
/// The subjects' keys are in ascending order.
async fn reserve(state: &AppState, subjects: &[Subject]) -> Result<Vec<Tally>, AuthError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let now = state.clock.now();
    // A glance first, and once more behind the others: whoever is refused takes the write lock from nobody.
    glance(state, subjects, now).await?;
    let turn = tokio::time::timeout(PATIENCE, state.limits.turns.acquire()).await;
    let _turn = turn.map_err(|_| AuthError::Busy { retry_after_seconds: 2 })?.map_err(|_| AuthError::Internal)?;
    glance(state, subjects, now).await?;
    let keys: Vec<_> = subjects.iter().map(|subject| subject.key.as_str()).collect();
    let reserved = state.store.change_tallies(&keys, |tallies| {
        let asked = subjects.iter().zip(tallies.iter());
        if let Some(wait) = asked.filter_map(|(subject, tally)| subject.rule.admit(tally, now).err()).max() {
            return Err(wait);
        }
        for (subject, tally) in subjects.iter().zip(tallies.iter_mut()) {
            *tally = subject.rule.reserve(tally, now);
        }
        Ok(tallies.to_vec())
    });
    let reserved = reserved.await?.map_err(too_many)?;
    if state.limits.is_time_to_purge(now) {
        match state.store.purge_tallies(now).await {
            Ok(purged) if purged.is_full => state.limits.purge_again(),
            Ok(_) => {}
            // Not this request's concern.
            Err(error) => tracing::warn!(%error, "old counts of guesses were not removed; they will be later"),
        }
    }
    Ok(reserved)
}

/// Refuses what would be refused, without a lock: what is let through here may still be.
async fn glance(state: &AppState, subjects: &[Subject], now: Timestamp) -> Result<(), AuthError> {
    let mut wait = None;
    for subject in subjects {
        wait = wait.max(subject.rule.admit(&state.store.tally(&subject.key).await?, now).err());
    }
    wait.map_or(Ok(()), |wait| Err(too_many(wait)))
}

fn too_many(wait: Wait) -> AuthError {
    AuthError::TooManyAttempts { retry_after_seconds: wait }
}

/// What counts where the caller comes from, so many times as patient as with a guess, in the order of their keys; nothing for who sits at
/// the machine itself.
fn sources(state: &AppState, caller: &Caller, (what, times): (&str, i64)) -> Vec<Subject> {
    let free = i64::from(state.config.limits.source_attempts).saturating_mul(times);
    let Some(address) = caller.address.map(|address| address.to_canonical()) else { return Vec::new() };
    let network = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(Subject {
            key: format!("{what}-network:{}", network(address, 48)),
            rule: Rule::Window { free: free.saturating_mul(NETWORKS) },
        }),
    };
    let source = Subject { key: format!("{what}:{}", source(address)), rule: Rule::Window { free } };
    network.into_iter().chain([source]).collect()
}

/// What stands for an address: itself, or the /64 of an IPv6 one, of which its owner has them all (LOG-6).
fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => network(address, 64),
    }
}

/// The network of an address's first `bits`.
fn network(address: Ipv6Addr, bits: u32) -> String {
    let first = Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> bits));
    format!("{first}/{bits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_6_an_ipv6_address_counts_as_its_network_and_a_mapped_one_as_ipv4() {
        let source = |text: &str| source(text.parse().unwrap());
        assert_eq!(source("192.0.2.1"), "192.0.2.1");
        assert_eq!(source("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::/64");
        assert_ne!(source("2001:db8:1:3::1"), source("2001:db8:1:2::1"));
        assert_eq!(source("::1"), "::/64");
        let network = |text: &str| network(text.parse().unwrap(), 48);
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
        assert_eq!(network("2001:db8:1:ffff::"), "2001:db8:1::/48");
    }
}
