//! An account as its owner sees it.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::form::Problem;
use super::identifier::is_hidden;
use super::role::Role;
use super::time::Timestamp;

/// Names an account for ever: random, below 2^53 (so that JSON readers keep it exact), never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(i64);

impl AccountId {
    const BITS: u32 = 53;

    /// An id out of 64 random bits; `None` in the one case in 2^53 that gives zero.
    pub fn from_random(bits: u64) -> Option<Self> {
        let id = i64::try_from(bits >> (u64::BITS - Self::BITS)).ok()?;
        (id > 0).then_some(Self(id))
    }

    /// An id that the database holds.
    pub const fn from_stored(id: i64) -> Self {
        Self(id)
    }

    /// An id as it stands in a URL: digits, without a sign or zeroes in front. `None` for what can be nobody's.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.parse().ok().filter(|id| *id > 0 && *id < 1 << Self::BITS)?;
        (i64::to_string(&id) == text).then_some(Self(id))
    }

    /// The number, as the database and JSON have it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A first or last name: at most 100 characters, none of them control or direction characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName(String);

impl PersonName {
    /// The most characters that a name may have.
    pub const MAX: u16 = 100;

    /// Trims and composes (NFC) the text; `Ok(None)` when nothing is left, since names are optional.
    ///
    /// # Errors
    /// [`Problem::TooLong`] or [`Problem::Characters`].
    pub fn parse(text: &str) -> Result<Option<Self>, Problem> {
        let name: String = text.trim().nfc().collect();
        if name.chars().count() > usize::from(Self::MAX) {
            return Err(Problem::TooLong(Self::MAX));
        }
        if name.chars().any(is_hidden) {
            return Err(Problem::Characters);
        }
        Ok((!name.is_empty()).then_some(Self(name)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An account without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// Opaque number.
    pub id: AccountId,
    /// As typed, trimmed and composed.
    pub email: String,
    /// As typed, composed.
    pub username: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether the owner has proved that they read the e-mail address.
    pub email_verified: bool,
    /// What it may do beyond looking after itself; `user` is always among them.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it last signed in.
    pub last_login: Option<Timestamp>,
}

impl AccountView {
    /// The words that give a password of this account away.
    pub fn own_words(&self) -> Vec<String> {
        let names = [self.first_name.clone(), self.last_name.clone()].into_iter().flatten();
        [self.email.clone(), self.username.clone()].into_iter().chain(names).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_composed_and_free_of_tricks() {
        let parsed = |text| PersonName::parse(text).map(|name| name.map(|n| n.as_str().to_owned()));
        assert_eq!(parsed("  Jose\u{301} "), Ok(Some("José".to_owned())));
        assert_eq!(parsed("   "), Ok(None));
        assert_eq!(parsed("evil\u{202e}name"), Err(Problem::Characters));
        assert_eq!(parsed("line\nbreak"), Err(Problem::Characters));
        assert_eq!(parsed(&"x".repeat(101)), Err(Problem::TooLong(100)));
    }

    #[test]
    fn an_id_fits_into_a_json_number() {
        assert_eq!(AccountId::from_random(u64::MAX), Some(AccountId(9_007_199_254_740_991)));
        assert_eq!(AccountId::from_random(0), None);
    }

    #[test]
    fn an_id_has_one_spelling_in_a_url() {
        assert_eq!(AccountId::parse("9007199254740991"), Some(AccountId(9_007_199_254_740_991)));
        for text in ["", "0", "-1", "+1", "01", "1.0", "1e3", " 1", "1 ", "x", "\u{661}", "9007199254740992", "me"] {
            assert_eq!(AccountId::parse(text), None, "{text}");
        }
    }
}
