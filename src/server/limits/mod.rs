//! How many guesses are looked at (LOG-3 to LOG-7), and registrations.
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
//! - where the guess comes from, besides, unless it is such a browser.

pub mod guesses;
pub mod rule;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::caller::Caller;
use super::crypto::{AttemptKey, DeviceKey, KeyError, RootKeys};
use super::logging::AUDIT;
use super::state::AppState;
use super::store::Tally;
use crate::domain::{AuthError, Timestamp};
use rule::{Rule, Wait};

/// How long it is remembered that a name was guessed at which no account has. Longer than any lock but the last, and not for good,
/// because anybody can make names up.
const NAMES_KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;
/// As long as a browser keeps the cookie after its last sign-in.
pub const DEVICES_KEPT_SECONDS: i64 = 365 * 24 * 60 * 60;
/// How many guesses ask the database to count them at once. A flood waits here, and not before the database's one writer, which
/// all other requests need, too.
const TURNS: usize = 4;
/// How long a guess waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often rows that are worth nothing are looked for.
const PURGE_SECONDS: i64 = 60;

/// The keys of what is counted, and when rows were last purged.
pub struct Limits {
    /// Turns names into what the database holds of them.
    pub names: AttemptKey,
    /// Makes and checks the tokens of devices.
    pub devices: DeviceKey,
    turns: Semaphore,
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
            turns: Semaphore::new(TURNS),
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
    let Some(address) = caller.address else { return Ok(()) };
    let key = format!("registrations:{}", source(address));
    let subject = Subject { key, rule: source_rule(state) };
    let [reserved] = reserve(state, [&subject]).await?;
    if subject.rule.is_last(&reserved) {
        tracing::warn!(target: AUDIT, "a source is throttled: it has tried to register too often");
    }
    Ok(())
}

/// Counts one more at each of `subjects`, or refuses because one of them has had enough. Gives the tallies as they are then.
async fn reserve<const N: usize>(state: &AppState, subjects: [&Subject; N]) -> Result<[Tally; N], AuthError> {
    let now = state.clock.now();
    // A glance first, and once more behind the others: whoever is refused takes the write lock from nobody.
    glance(state, subjects, now).await?;
    let turn = tokio::time::timeout(PATIENCE, state.limits.turns.acquire()).await;
    let _turn = turn.map_err(|_| AuthError::Busy { retry_after_seconds: 2 })?.map_err(|_| AuthError::Internal)?;
    glance(state, subjects, now).await?;
    let keys = subjects.map(|subject| subject.key.as_str());
    let reserved = state.store.change_tallies(&keys, |tallies| {
        let asked = subjects.iter().zip(tallies.iter());
        if let Some(wait) = asked.filter_map(|(subject, tally)| subject.rule.admit(tally, now).err()).max() {
            return Err(wait);
        }
        for (subject, tally) in subjects.iter().zip(tallies.iter_mut()) {
            *tally = subject.rule.reserve(tally, now);
        }
        let mut reserved = tallies.iter().copied();
        Ok([(); N].map(|()| reserved.next().unwrap_or_default()))
    });
    let reserved = reserved.await?.map_err(too_many)?;
    if state.limits.is_time_to_purge(now) {
        // Not this request's concern.
        if let Err(error) = state.store.purge_tallies(now).await {
            tracing::warn!(%error, "old counts of guesses were not removed; they will be later");
        }
    }
    Ok(reserved)
}

/// Refuses what would be refused, without a lock: what is let through here may still be.
async fn glance<const N: usize>(state: &AppState, subjects: [&Subject; N], now: Timestamp) -> Result<(), AuthError> {
    let mut wait = None;
    for subject in subjects {
        wait = wait.max(subject.rule.admit(&state.store.tally(&subject.key).await?, now).err());
    }
    wait.map_or(Ok(()), |wait| Err(too_many(wait)))
}

fn too_many(wait: Wait) -> AuthError {
    AuthError::TooManyAttempts { retry_after_seconds: wait }
}

fn source_rule(state: &AppState) -> Rule {
    Rule::Window { free: i64::from(state.config.limits.source_attempts) }
}

/// What stands for an address: itself, or the /64 of an IPv6 one, of which its owner has them all (LOG-6).
fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("{network}/64")
        }
    }
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
    }
}
