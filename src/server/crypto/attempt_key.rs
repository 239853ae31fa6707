//! What stands for a name that no account has, where guesses are counted. What is typed as a username may be a password, and a list
//! of all that was typed would be one of people: so the database holds a MAC under a key derived from the root secret.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::KeyError;
use super::root_key::{Purpose, RootKey};

/// Turns names into what the database holds of them.
pub struct AttemptKey(hmac::Key);

impl AttemptKey {
    /// The key for counted names under `root`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(root: &RootKey) -> Result<Self, KeyError> {
        let derived = root.derive(Purpose::Attempts)?;
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
        let key = |secret: &str| AttemptKey::new(&RootKey::new(&SecretString::from(secret))).unwrap();
        let hash = key("ours").hash("anna");
        assert_eq!((hash.len(), &hash), (43, &key("ours").hash("anna")));
        assert_ne!(hash, key("theirs").hash("anna"));
        assert_ne!(hash, key("ours").hash("anne"));
    }
}
