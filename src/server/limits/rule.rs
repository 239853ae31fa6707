//! How many guesses are looked at: arithmetic on a [`Tally`] and the time, and nothing else.
//!
//! - [`Rule::Account`]: so many failures in a row are free. The last of them locks for [`FIRST_LOCK_SECONDS`], each further one twice
//!   as long, up to [`LONGEST_LOCK_SECONDS`]. After [`MOST_FAILURES`] in a row no guess is looked at (NIST SP 800-63B §3.2.2).
//! - [`Rule::Window`]: so many failures in [`WINDOW_SECONDS`] are free, whatever they guess at.
//!
//! A guess counts as a failure from the moment that it is let through, so that those that come at once do not share a place
//! (LOG-4). What becomes of it afterwards takes it back, or leaves it.

use crate::domain::Timestamp;
use crate::server::store::Tally;

/// How long the first lock of an account is.
pub const FIRST_LOCK_SECONDS: i64 = 30;
/// How long the longest one is.
pub const LONGEST_LOCK_SECONDS: i64 = 60 * 60;
/// After so many failures in a row no further guess is looked at.
pub const MOST_FAILURES: i64 = 100;
/// In how long the failures of a source are counted together.
pub const WINDOW_SECONDS: i64 = 10 * 60;
/// How far two clocks may differ.
const SKEW_SECONDS: i64 = 60;
/// Rows without an end.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// How the failures of a subject are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// In a row: so many before the first lock. The tally is kept for a while after the last one, or for good.
    Account {
        /// Failures in a row up to the first lock.
        free: i64,
        /// How long it is remembered; `None` for good.
        kept: Option<Kept>,
    },
    /// Within a window: so many.
    Window {
        /// Failures up to the end of the window.
        free: i64,
    },
}

/// For how many seconds after its last failure a tally is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// While all of its failures were free.
    pub free: i64,
    /// Once they have locked it.
    pub locked: i64,
}

/// How long to wait, in seconds; at least one.
pub type Wait = u16;

/// Whether, and until when, guesses are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// They are.
    Open,
    /// Not before this moment.
    Until(Timestamp),
    /// Not before somebody unlocks it.
    Closed,
}

/// The lock of an account's tally.
pub fn lock(tally: &Tally, now: Timestamp) -> Lock {
    if tally.failures >= MOST_FAILURES {
        return Lock::Closed;
    }
    // A lock that ends later than the longest one could was made before the clock stepped back: it must not hold for as long as the
    // clock lags. The guess that passes here makes a new one, and counts.
    let is_locked = now < tally.locked_until && tally.locked_until <= now.plus_seconds(LONGEST_LOCK_SECONDS);
    if is_locked { Lock::Until(tally.locked_until) } else { Lock::Open }
}

impl Rule {
    /// Whether one more guess is looked at, or how long to wait.
    ///
    /// # Errors
    /// The wait.
    pub fn admit(self, tally: &Tally, now: Timestamp) -> Result<(), Wait> {
        let until = match self {
            Self::Account { .. } => match lock(tally, now) {
                Lock::Open => return Ok(()),
                Lock::Until(until) => until,
                Lock::Closed => now.plus_seconds(LONGEST_LOCK_SECONDS),
            },
            Self::Window { free } if tally.failures >= free && is_in_window(tally, now) => {
                tally.since.plus_seconds(WINDOW_SECONDS)
            }
            Self::Window { .. } => return Ok(()),
        };
        Err(seconds_until(until, now))
    }

    /// Counts one more guess, as a failure until it is known to be none.
    #[must_use]
    pub fn reserve(self, tally: &Tally, now: Timestamp) -> Tally {
        match self {
            Self::Account { free, kept } => {
                let failures = tally.failures.saturating_add(1);
                let lock = lock_seconds(failures, free).map(|seconds| now.plus_seconds(seconds));
                let kept_seconds = kept.map(|kept| if lock.is_some() { kept.locked } else { kept.free });
                Tally {
                    failures,
                    since: if tally.failures == 0 { now } else { tally.since },
                    locked_until: lock.unwrap_or_default(),
                    expires_at: kept_seconds.map_or(NEVER, |seconds| now.plus_seconds(seconds)),
                }
            }
            Self::Window { .. } => {
                let begun = if is_in_window(tally, now) { *tally } else { Tally { since: now, ..Tally::default() } };
                Tally {
                    failures: begun.failures.saturating_add(1),
                    expires_at: begun.since.plus_seconds(WINDOW_SECONDS + SKEW_SECONDS),
                    ..begun
                }
            }
        }
    }

    /// Whether the guess after which the tally was `reserved` was the last one for now: what the log is told of, once a lock.
    pub fn is_last(self, reserved: &Tally) -> bool {
        match self {
            Self::Account { .. } => reserved.locked_until != Timestamp::default(),
            Self::Window { free } => reserved.failures == free,
        }
    }

    /// Takes a guess back that was no failure: the tally was `reserved` when it was let through, and is `tally` now.
    #[must_use]
    pub fn give_back(self, tally: &Tally, reserved: &Tally) -> Tally {
        // Cleared, or another window, in the meantime: then this guess is not in it.
        if tally.since != reserved.since || tally.failures == 0 {
            return *tally;
        }
        let failures = tally.failures.saturating_sub(1);
        // The lock before this guess had ended, or it would not have been let through.
        let is_own_lock = tally.locked_until == reserved.locked_until;
        let locked_until = if is_own_lock { Timestamp::default() } else { tally.locked_until };
        Tally { failures, locked_until, ..*tally }
    }

    /// What is left of the account's tally when its owner has signed in from a device that they had used before. The lock
    /// stays, and the next failure makes one: a flood gains nothing by its victim's signing in.
    #[must_use]
    pub fn soften(self, tally: &Tally) -> Tally {
        match self {
            Self::Account { free, .. } => Tally { failures: tally.failures.min(free), ..*tally },
            Self::Window { .. } => *tally,
        }
    }
}

/// How long an account is locked after so many failures in a row.
fn lock_seconds(failures: i64, free: i64) -> Option<i64> {
    let further = u32::try_from(failures.checked_sub(free)?).ok()?;
    let doubled = 2_i64.checked_pow(further).and_then(|factor| FIRST_LOCK_SECONDS.checked_mul(factor));
    Some(doubled.unwrap_or(LONGEST_LOCK_SECONDS).min(LONGEST_LOCK_SECONDS))
}

fn is_in_window(tally: &Tally, now: Timestamp) -> bool {
    let (begin, end) = (tally.since.plus_seconds(-SKEW_SECONDS), tally.since.plus_seconds(WINDOW_SECONDS));
    begin <= now && now < end
}

/// Rounded up: whoever waits for so long is not sent away once more.
fn seconds_until(moment: Timestamp, now: Timestamp) -> Wait {
    let micros = moment.as_micros().saturating_sub(now.as_micros());
    let whole = micros.div_euclid(1_000_000);
    let seconds = if micros.rem_euclid(1_000_000) == 0 { whole } else { whole.saturating_add(1) };
    Wait::try_from(seconds.clamp(1, LONGEST_LOCK_SECONDS)).unwrap_or(Wait::MAX)
}

#[cfg(test)]
mod tests;
