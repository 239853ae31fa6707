//! Passwords on their way in: never shown, wiped after use, judged by length alone. No hashing here.

use std::fmt;

use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::form::Problem;

/// A password as it was typed, composed (NFC, so that two keyboards agree; PWD-2), neither trimmed nor cut.
///
/// It has no `Display`, its `Debug` shows nothing, and its memory is wiped when it goes.
#[derive(Clone, Default)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The most characters taken.
    pub const MAX: u16 = 256;
    /// The most bytes taken; longer input is refused before any work is done on it (PWD-1).
    pub const MAX_BYTES: usize = 1024;

    /// Takes over what was typed.
    pub fn new(typed: String) -> Self {
        let mut typed = Zeroizing::new(typed);
        if typed.len() > Self::MAX_BYTES || typed.is_ascii() {
            return Self(typed);
        }
        let composed = Zeroizing::new(typed.nfc().collect());
        typed.zeroize();
        Self(composed)
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text, for rules about what it says.
    pub fn expose_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A password that may be compared with a stored hash.
    ///
    /// # Errors
    /// [`Problem::Required`] or [`Problem::TooLong`].
    pub fn check_bounds(&self) -> Result<(), Problem> {
        if self.is_empty() {
            return Err(Problem::Required);
        }
        if self.0.len() > Self::MAX_BYTES || self.0.chars().count() > usize::from(Self::MAX) {
            return Err(Problem::TooLong(Self::MAX));
        }
        Ok(())
    }
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        Self::new(typed)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// What a new password must be like: its length and nothing else (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Clone, Copy, Debug)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_length: u16,
}

/// A password that the policy has accepted.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Judges a password that somebody wants to have.
    ///
    /// # Errors
    /// [`Problem::Required`], [`Problem::TooShort`] or [`Problem::TooLong`].
    pub fn parse(password: Password, policy: PasswordPolicy) -> Result<Self, Problem> {
        password.check_bounds()?;
        if password.expose_str().chars().count() < usize::from(policy.min_length) {
            return Err(Problem::TooShort(policy.min_length));
        }
        Ok(Self(password))
    }

    /// The accepted password.
    pub fn as_password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PasswordPolicy = PasswordPolicy { min_length: 8 };

    fn judged(text: &str) -> Result<(), Problem> {
        NewPassword::parse(Password::new(text.to_owned()), POLICY).map(drop)
    }

    #[test]
    fn pwd_1_only_the_length_counts() {
        for text in ["password", "        ", "пароль12", "😀😀😀😀😀😀😀😀"] {
            assert_eq!(judged(text), Ok(()), "{text:?}");
        }
        assert_eq!(judged(""), Err(Problem::Required));
        assert_eq!(judged("1234567"), Err(Problem::TooShort(8)));
        assert_eq!(judged(&"a".repeat(256)), Ok(()));
        assert_eq!(judged(&"a".repeat(257)), Err(Problem::TooLong(256)));
        assert_eq!(judged(&"я".repeat(600)), Err(Problem::TooLong(256)));
    }

    #[test]
    fn pwd_2_both_ways_to_type_a_letter_are_one_password() {
        let typed = |text: &str| Password::new(text.to_owned()).expose().to_vec();
        assert_eq!(typed("jos\u{e9} cafe"), typed("jose\u{301} cafe"));
        assert_ne!(typed(" padded "), typed("padded"));
    }

    #[test]
    fn pwd_6_debug_output_has_no_password() {
        let password = Password::new("correct horse".to_owned());
        assert!(!format!("{password:?}").contains("horse"));
    }
}
