//! A moment, in the one unit that the database, tokens and pages share.

use serde::{Deserialize, Serialize};

use super::{Language, text};

/// Microseconds since 1970-01-01T00:00:00Z. Made by `server/clock.rs` or read from the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment given in microseconds since 1970 (UTC).
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 (UTC), as the database stores it.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 (UTC), as tokens state it (RFC 7519 `NumericDate`).
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment `seconds` later; earlier when negative. Saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whether this is less than `seconds` after `event`. A clock that has stepped back does not make an event fresh for as
    /// long as it lags: more than five seconds before it counts as too late, too.
    pub const fn is_within(self, event: Self, seconds: i64) -> bool {
        self.0 < event.plus_seconds(seconds).0 && event.0 <= self.plus_seconds(5).0
    }

    /// RFC 3339 in UTC, to the microsecond, for machines.
    pub fn to_rfc3339(self) -> String {
        self.civil().map(|t| t.to_string()).unwrap_or_default()
    }

    /// For people: `22 November 2026, 15:07 UTC`, `22 ноября 2026 г., 15:07 UTC`.
    pub fn to_display(self, language: Language) -> String {
        let Some(moment) = self.civil() else { return String::new() };
        let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
        let month = usize::try_from(moment.month()).ok().and_then(|month| text::MONTHS.get(month.checked_sub(1)?));
        let month = month.map_or("", |month| month.say(language));
        let year = match language {
            Language::English => "%Y",
            Language::Russian => "%Y г.",
        };
        moment.strftime(&format!("%-d {month} {year}, %H:%M UTC")).to_string()
    }

    fn civil(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_microsecond(self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_fresh_for_its_seconds_and_not_when_the_clock_has_stepped_back() {
        let event = Timestamp::from_micros(1_000_000_000);
        for (seconds, is_fresh) in [(0, true), (9, true), (10, false), (-5, true), (-6, false), (-86_400, false)] {
            assert_eq!(event.plus_seconds(seconds).is_within(event, 10), is_fresh, "{seconds}");
        }
    }

    #[test]
    fn a_moment_reads_the_same_to_machines_and_people() {
        let moment = Timestamp::from_micros(1_795_360_020_000_000);
        assert_eq!(moment.to_rfc3339(), "2026-11-22T15:07:00Z");
        assert_eq!(moment.to_display(Language::English), "22 November 2026, 15:07 UTC");
        assert_eq!(moment.to_display(Language::Russian), "22 ноября 2026 г., 15:07 UTC");
        assert_eq!(moment.plus_seconds(60).as_seconds(), 1_795_360_080);
    }
}
