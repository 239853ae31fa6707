//! The root secret (`SECRET_KEY`) and the keys derived from it: one per purpose, so that none can stand in for another (CFG-2).

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::hkdf;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::keys::KeyError;

/// What a derived key is for. The text is part of the derivation and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Seals the private signing keys in the database.
    SealSigningKeys,
    /// Authenticates refresh tokens.
    RefreshTokens,
    /// Authenticates the tokens of password links.
    PasswordLinks,
    /// Seals the cursors of lists.
    Cursors,
    /// Stands for names that are guessed at.
    Attempts,
    /// Authenticates the tokens of known devices.
    DeviceTokens,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::SealSigningKeys => b"latchkey/seal-signing-keys/v1",
            Self::RefreshTokens => b"latchkey/refresh-tokens/v1",
            Self::PasswordLinks => b"latchkey/password-links/v1",
            Self::Cursors => b"latchkey/cursors/v1",
            Self::Attempts => b"latchkey/attempts/v1",
            Self::DeviceTokens => b"latchkey/device-tokens/v1",
        }
    }
}

/// The root secret, ready to derive from. It is never used as a key itself.
pub struct RootKey(hkdf::Prk);

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl RootKey {
    /// Takes the text of `SECRET_KEY`.
    pub fn new(secret: &SecretString) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"latchkey/root/v1");
        Self(salt.extract(secret.expose_secret().as_bytes()))
    }

    /// The 256-bit key for `purpose` (HKDF-SHA256, RFC 5869).
    ///
    /// # Errors
    /// Only if the library refuses, which it does not for 32 bytes.
    pub fn derive(&self, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut key = Zeroizing::new([0; 32]);
        let info = [purpose.info()];
        let expanded = self.0.expand(&info, KeyLength).map_err(|_| KeyError::Crypto)?;
        expanded.fill(key.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
        Ok(key)
    }

    /// Seals and opens for `purpose`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn sealing_key(&self, purpose: Purpose) -> Result<SealingKey, KeyError> {
        let key = self.derive(purpose)?;
        RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).map(SealingKey).map_err(|_| KeyError::Crypto)
    }
}

/// `SECRET_KEY`, and the other root secrets that are believed while it is being changed (`SECRET_KEY_FALLBACKS`): the first
/// makes and seals, each of them verifies and opens.
pub struct RootKeys {
    primary: RootKey,
    fallbacks: Vec<RootKey>,
}

impl RootKeys {
    /// Takes the texts of both settings.
    pub fn new(primary: &SecretString, fallbacks: &[SecretString]) -> Self {
        Self { primary: RootKey::new(primary), fallbacks: fallbacks.iter().map(RootKey::new).collect() }
    }

    /// What makes and seals.
    pub const fn primary(&self) -> &RootKey {
        &self.primary
    }

    /// What verifies and opens, the primary first: `derived` of each.
    ///
    /// # Errors
    /// That of `derived`.
    pub fn each<T>(&self, derived: impl Fn(&RootKey) -> Result<T, KeyError>) -> Result<Vec<T>, KeyError> {
        [&self.primary].into_iter().chain(&self.fallbacks).map(derived).collect()
    }
}

impl From<RootKey> for RootKeys {
    fn from(primary: RootKey) -> Self {
        Self { primary, fallbacks: Vec::new() }
    }
}

/// Encrypts and authenticates (AES-256-GCM).
pub struct SealingKey(RandomizedNonceKey);

impl SealingKey {
    /// Seals `plain`, bound to `context`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut sealed = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(context), &mut sealed).map_err(|_| KeyError::Crypto)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Undoes [`seal`](Self::seal).
    ///
    /// # Errors
    /// [`KeyError::WrongSecret`] when it was sealed with another key or context, or was changed since.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, body) = sealed.split_at_checked(12).ok_or(KeyError::WrongSecret)?;
        let nonce = aws_lc_rs::aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::WrongSecret)?;
        let mut body = Zeroizing::new(body.to_vec());
        let opened = self.0.open_in_place(nonce, Aad::from(context), &mut body);
        let length = opened.map_err(|_| KeyError::WrongSecret)?.len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(secret: &str) -> RootKey {
        RootKey::new(&SecretString::from(secret))
    }

    #[test]
    fn cfg_2_every_purpose_has_a_key_of_its_own() {
        let root = root("a root secret of more than thirty-two characters");
        let purposes = [
            Purpose::SealSigningKeys,
            Purpose::RefreshTokens,
            Purpose::PasswordLinks,
            Purpose::Cursors,
            Purpose::Attempts,
            Purpose::DeviceTokens,
        ];
        let keys: std::collections::BTreeSet<_> =
            purposes.iter().map(|purpose| *root.derive(*purpose).unwrap()).collect();
        assert_eq!(keys.len(), purposes.len());
    }

    #[test]
    fn what_is_sealed_opens_only_with_its_secret_purpose_and_context() {
        let key = |secret, purpose| root(secret).sealing_key(purpose).unwrap();
        let one = key("one", Purpose::SealSigningKeys);
        let sealed = one.seal("kid-1", b"private").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"private"));
        assert_eq!(one.open("kid-1", &sealed).unwrap().as_slice(), b"private");
        for other in [key("two", Purpose::SealSigningKeys), key("one", Purpose::Cursors)] {
            assert!(matches!(other.open("kid-1", &sealed), Err(KeyError::WrongSecret)));
        }
        assert!(matches!(one.open("kid-2", &sealed), Err(KeyError::WrongSecret)));
        assert!(matches!(one.open("kid-1", b"short"), Err(KeyError::WrongSecret)));
    }
}
