//! The life of a signing key, told by four moments: published before it signs, believed after it has stopped, until the last
//! of its tokens has ended (KEY-1); or revoked, and then believed no more (KEY-2).

use crate::domain::Timestamp;

/// How long a key that has stopped signing is believed, in seconds: an hour, the longest life that a setting gives a token, and
/// a minute for clocks that differ and for processes that have not heard yet.
const BELIEVED_SECONDS: i64 = 60 * 60 + 60;

/// The moments of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTimes {
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it may sign; 0 is at once, whatever the clock says. Of those that may, the one that began last does.
    pub signs_from: Timestamp,
    /// From when on it signs no more.
    pub retired_at: Option<Timestamp>,
    /// When all of its tokens were declared worthless.
    pub revoked_at: Option<Timestamp>,
}

/// What a key is good for at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that whoever keeps a copy of the keys has it in time. It does not sign yet.
    Next,
    /// It may sign. Of an algorithm's such keys the one that began last does.
    Ready,
    /// It signs no more; its tokens are believed until they end.
    Verifying,
    /// None of its tokens can still be good.
    Expired,
    /// None of its tokens is believed.
    Revoked,
}

impl KeyTimes {
    /// What the key is good for at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        match self.retired_at {
            _ if self.revoked_at.is_some() => KeyState::Revoked,
            Some(retired_at) if now >= retired_at.plus_seconds(BELIEVED_SECONDS) => KeyState::Expired,
            Some(retired_at) if now >= retired_at => KeyState::Verifying,
            _ if now < self.signs_from => KeyState::Next,
            _ => KeyState::Ready,
        }
    }

    /// Whether its tokens are believed at `now`, and its public half is published.
    pub fn is_believed(&self, now: Timestamp) -> bool {
        !matches!(self.state(now), KeyState::Expired | KeyState::Revoked)
    }

    /// From when on one of `keys`, of one algorithm and none revoked, may sign at every moment for good; `None` when each of them is
    /// to retire.
    pub fn signed_for_from(keys: &[Self]) -> Option<Timestamp> {
        let lasting = keys.iter().filter(|key| key.retired_at.is_none());
        let mut from = lasting.map(|key| key.signs_from).min()?;
        // Those that sign until then, one before the other.
        while let Some(before) =
            keys.iter().find(|key| key.signs_from < from && key.retired_at.is_some_and(|end| end >= from))
        {
            from = before.signs_from;
        }
        Some(from)
    }

    /// Until when its tokens are believed, if that is settled.
    pub fn believed_until(&self) -> Option<Timestamp> {
        self.revoked_at.or_else(|| self.retired_at.map(|moment| moment.plus_seconds(BELIEVED_SECONDS)))
    }

    /// Keys that were retired, or revoked, before this moment verify nothing any more at `now`.
    pub const fn forgotten_before(now: Timestamp) -> Timestamp {
        now.plus_seconds(-BELIEVED_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_1_who_takes_a_place_is_who_signs_from_then_on_without_a_gap() {
        let at = |seconds| Timestamp::from_micros(1_800_000_000_000_000).plus_seconds(seconds);
        let key = |from, until: Option<i64>| KeyTimes {
            created_at: at(0),
            signs_from: at(from),
            retired_at: until.map(at),
            revoked_at: None,
        };
        for (keys, from) in [
            (vec![], None),
            (vec![key(0, Some(9))], None),
            (vec![key(0, None)], Some(0)),
            (vec![key(9, None)], Some(9)),
            (vec![key(9, None), key(0, Some(9))], Some(0)),
            (vec![key(9, None), key(0, Some(8))], Some(9)),
            (vec![key(0, Some(5)), key(9, None), key(4, Some(9)), key(7, Some(20))], Some(0)),
        ] {
            assert_eq!(KeyTimes::signed_for_from(&keys), from.map(at), "{keys:?}");
        }
    }

    #[test]
    fn key_1_a_key_is_published_before_it_signs_and_believed_until_its_last_token_has_ended() {
        let at = |seconds| Timestamp::from_micros(1_800_000_000_000_000).plus_seconds(seconds);
        let times = KeyTimes { created_at: at(0), signs_from: at(900), retired_at: Some(at(2000)), revoked_at: None };
        for (seconds, state) in [
            (0, KeyState::Next),
            (899, KeyState::Next),
            (900, KeyState::Ready),
            (1999, KeyState::Ready),
            (2000, KeyState::Verifying),
            (2000 + 3600 + 59, KeyState::Verifying),
            (2000 + 3600 + 60, KeyState::Expired),
        ] {
            assert_eq!(times.state(at(seconds)), state, "{seconds}");
            assert_eq!(times.is_believed(at(seconds)), state != KeyState::Expired, "{seconds}");
        }
        assert_eq!(times.believed_until(), Some(at(5660)));
        assert!(KeyTimes::forgotten_before(at(5660)) >= at(2000) && KeyTimes::forgotten_before(at(5659)) < at(2000));
        let revoked = KeyTimes { revoked_at: Some(at(1)), ..times };
        assert!([0, 900, 2000, 9000].iter().all(|seconds| revoked.state(at(*seconds)) == KeyState::Revoked));
        let at_once = KeyTimes { signs_from: Timestamp::default(), retired_at: None, ..times };
        assert_eq!(at_once.state(at(-86_400)), KeyState::Ready, "a clock that has stepped back");
    }
}
