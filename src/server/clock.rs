//! The only place that reads the time, so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::domain::Timestamp;

/// Tells the time to whoever needs it.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that tests move by hand; microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

/// A moment whose age can be asked for. The machine's clock can be set back while time passes; that it was is no reason to take
/// what is old for new.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Timestamp,
    /// That of a clock which nobody sets; it may stand still while the machine sleeps. None where tests set the time.
    instant: Option<Instant>,
}

impl Mark {
    /// The moment.
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

impl Clock {
    /// The present moment (UTC).
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// The present moment, to be asked for its age.
    pub fn mark(&self) -> Mark {
        let instant = matches!(self, Self::System).then(Instant::now);
        Mark { at: self.now(), instant }
    }

    /// Waits so many microseconds, which nobody does where tests set the time.
    pub async fn pass(&self, micros: i64) {
        if matches!(self, Self::System) {
            tokio::time::sleep(Duration::from_micros(micros.unsigned_abs())).await;
        }
    }

    /// How old `mark` is in microseconds, by the one of two clocks that says more. One that is yet to come, since the clock
    /// was set back, is as old as can be.
    pub fn age(&self, mark: Mark) -> i64 {
        let by_date = self.now().as_micros().saturating_sub(mark.at.as_micros());
        let passed = mark.instant.map_or(0, |instant| i64::try_from(instant.elapsed().as_micros()).unwrap_or(i64::MAX));
        if by_date < 0 { i64::MAX } else { by_date.max(passed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_2_a_clock_that_is_set_back_a_little_makes_nothing_younger() {
        let clock = Clock::System;
        let mark = clock.mark();
        let an_hour = 3_600_000_000;
        assert!(clock.age(mark) < an_hour);
        // Ten seconds have passed, of which the clock has taken back almost all.
        let earlier = Mark { instant: Instant::now().checked_sub(Duration::from_secs(10)), ..clock.mark() };
        assert!((10_000_000..an_hour).contains(&clock.age(earlier)), "{earlier:?}");
        let asleep = Mark { at: clock.now().plus_seconds(-10), ..clock.mark() };
        assert!((10_000_000..an_hour).contains(&clock.age(asleep)), "{asleep:?}");
        let to_come = Mark { at: clock.now().plus_seconds(60), ..clock.mark() };
        assert_eq!(clock.age(to_come), i64::MAX);
    }
}
