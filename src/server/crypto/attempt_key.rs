//! What stands for a name that no account has, where guesses are counted. What is typed as a username may be a password, and a list
//! of all that was typed would be one of people: so the database holds a MAC under a key derived from the root secret.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::KeyError;
use super::root_key::{Purpose, RootKeys};

/// Turns names into what the database holds of them.
pub struct AttemptKey(hmac::Key);

impl AttemptKey {
    /// The key for counted names under `roots`: of all of them the one that is the least number, so that processes on either
    /// side of a change of `SECRET_KEY` count together.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        let derived = roots.each(|root| root.derive(Purpose::Attempts))?;
        let derived = derived.into_iter().min_by_key(|key| **key).ok_or(KeyError::Crypto)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_slice())))
    }

    /// What the database holds of `name`. It cannot be turned back.
    pub fn hash(&self, name: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn a_name_is_counted_under_a_text_that_takes_the_secret_to_make() {
        let key = |secret: &str| AttemptKey::new(&RootKeys::new(&SecretString::from(secret), &[])).unwrap();
        let hash = key("ours").hash("anna");
        assert_eq!((hash.len(), &hash), (43, &key("ours").hash("anna")));
        assert_ne!(hash, key("theirs").hash("anna"));
        assert_ne!(hash, key("ours").hash("anne"));
    }

    #[test]
    fn cfg_2_processes_on_either_side_of_a_change_of_the_root_secret_count_together() {
        let key = |primary: &str, other: &str| {
            AttemptKey::new(&RootKeys::new(&SecretString::from(primary), &[SecretString::from(other)])).unwrap()
        };
        assert_eq!(key("old", "new").hash("anna"), key("new", "old").hash("anna"));
    }
}
