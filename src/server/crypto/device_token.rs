//! The token of a known device: `lkd1.<nonce>.<mac>`. It proves that this browser has signed in to this account before, with the password
//! that it has now, and nothing else: it signs nobody in, and only keeps guesses made elsewhere from shutting its owner out (LOG-5).
//!
//! The MAC is HMAC-SHA256 over `device/v1`, the account's number, the nonce and the account's present password hash. So a new password
//! voids every device, and neither the database nor the secret alone can make one.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::KeyError;
use super::password_hash::StoredHash;
use super::random::{RandomError, random_id};
use super::root_key::{Purpose, RootKey, RootKeys};
use crate::domain::AccountId;

const VERSION: &str = "lkd1";
/// What [`random_id`] gives.
const NONCE_LENGTH: usize = 22;
/// Longer input is refused before it is looked at.
const MAX_LENGTH: usize = 128;

/// A device's token as a browser brought it: well-formed, not yet believed.
#[derive(Clone)]
pub struct DeviceToken {
    nonce: String,
    mac: Vec<u8>,
}

impl DeviceToken {
    /// Reads a token's form, of which each token has one; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = text.split('.');
        let (version, nonce, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let is_nonce = nonce.len() == NONCE_LENGTH && nonce.bytes().all(is_url_safe);
        (version == VERSION && parts.next().is_none() && is_nonce).then_some(())?;
        Some(Self { nonce: nonce.to_owned(), mac: URL_SAFE_NO_PAD.decode(mac).ok()? })
    }

    /// For its cookie alone.
    pub fn expose(&self) -> String {
        format!("{VERSION}.{}.{}", self.nonce, URL_SAFE_NO_PAD.encode(&self.mac))
    }

    /// Tells the device from others of the same account. It is no secret: without the MAC it proves nothing.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken([redacted])")
    }
}

/// Makes and checks the tokens of devices.
pub struct DeviceKey {
    /// Of the present root secret: makes.
    primary: hmac::Key,
    /// Of each that is believed: checks.
    all: Vec<hmac::Key>,
}

impl DeviceKey {
    /// The keys for devices under `roots`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        let key =
            |root: &RootKey| Ok(hmac::Key::new(hmac::HMAC_SHA256, root.derive(Purpose::DeviceTokens)?.as_slice()));
        Ok(Self { primary: key(roots.primary())?, all: roots.each(key)? })
    }

    /// A token for a browser that has just signed in to `account`, whose password has this hash from now on.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn issue(&self, account: AccountId, password_hash: &StoredHash) -> Result<DeviceToken, RandomError> {
        let nonce = random_id()?;
        let mac = hmac::sign(&self.primary, &message(account, &nonce, password_hash)).as_ref().to_vec();
        Ok(DeviceToken { nonce, mac })
    }

    /// Whether `token` was made for `account` while its password was the present one.
    pub fn is_genuine(&self, token: &DeviceToken, account: AccountId, password_hash: &StoredHash) -> bool {
        let message = message(account, &token.nonce, password_hash);
        self.all.iter().any(|key| hmac::verify(key, &message, &token.mac).is_ok())
    }
}

/// The fields are separated by a character that none of them can hold.
fn message(account: AccountId, nonce: &str, password_hash: &StoredHash) -> Vec<u8> {
    format!("device/v1\0{}\0{nonce}\0{}", account.get(), password_hash.expose()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn key(secret: &str) -> DeviceKey {
        DeviceKey::new(&RootKey::new(&SecretString::from(secret)).into()).unwrap()
    }

    #[test]
    fn cfg_2_a_device_stays_known_while_the_root_secret_is_changed() {
        let roots =
            |primary: &str, other: &str| RootKeys::new(&SecretString::from(primary), &[SecretString::from(other)]);
        let anna = AccountId::from_stored(1);
        let token = key("old").issue(anna, &hash("present")).unwrap();
        let during = DeviceKey::new(&roots("new", "old")).unwrap();
        assert!(during.is_genuine(&token, anna, &hash("present")));
        let newer = during.issue(anna, &hash("present")).unwrap();
        assert!(
            key("new").is_genuine(&newer, anna, &hash("present"))
                && !key("old").is_genuine(&newer, anna, &hash("present"))
        );
    }

    fn hash(text: &str) -> StoredHash {
        StoredHash::from_stored(text.to_owned())
    }

    #[test]
    fn log_5_a_device_is_known_to_one_account_with_one_password() {
        let (anna, boris) = (AccountId::from_stored(1), AccountId::from_stored(2));
        let text = key("ours").issue(anna, &hash("present")).unwrap().expose();
        let token = DeviceToken::parse(&text).unwrap();
        assert!(key("ours").is_genuine(&token, anna, &hash("present")));
        assert!(!key("ours").is_genuine(&token, boris, &hash("present")), "another account");
        assert!(!key("ours").is_genuine(&token, anna, &hash("new")), "a new password");
        assert!(!key("theirs").is_genuine(&token, anna, &hash("present")), "another house");
        assert_ne!(text, key("ours").issue(anna, &hash("present")).unwrap().expose(), "each device has its own");
    }

    #[test]
    fn jwt_4_a_changed_token_is_no_device_s() {
        let (key, anna) = (key("secret"), AccountId::from_stored(1));
        let text = key.issue(anna, &hash("present")).unwrap().expose();
        let is_good =
            |text: &str| DeviceToken::parse(text).is_some_and(|token| key.is_genuine(&token, anna, &hash("present")));
        assert!(is_good(&text));
        for (at, old) in text.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let changed: String = text.char_indices().map(|(i, c)| if i == at { new } else { c }).collect();
            assert!(!is_good(&changed), "changed at {at}");
            assert!(!is_good(text.get(..at).unwrap()), "cut at {at}");
        }
        for extra in ["A", ".", "=", " ", "\n", ".A", &"A".repeat(200)] {
            assert!(!is_good(&format!("{text}{extra}")), "{extra:?}");
            assert!(!is_good(&format!("{extra}{text}")), "{extra:?}");
        }
    }

    #[test]
    fn debug_output_has_no_token() {
        let token = key("secret").issue(AccountId::from_stored(1), &hash("present")).unwrap();
        assert_eq!(format!("{token:?}"), "DeviceToken([redacted])");
    }
}
