//! The token of a password link: `lkp1.<256 random bits>`. The database holds only its MAC, under a key derived from the
//! root secret, so that neither the database nor the secret alone can make one.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::keys::KeyError;
use super::random::{RandomError, random_bytes};
use super::root_key::{Purpose, RootKey, RootKeys};

/// Tells the token from those of other kinds (JWT-3), to us and to who finds one.
const KIND: &str = "lkp1.";
const BYTES: usize = 32;
/// Longer input is refused before it is looked at.
const MAX_LENGTH: usize = 64;

/// The token of a password link, well-formed; whether it opens anything is the database's to say.
#[derive(Clone)]
pub struct LinkToken(Zeroizing<[u8; BYTES]>);

impl LinkToken {
    /// A new one.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(random_bytes()?)))
    }

    /// Reads a token's form, of which each token has one; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(KIND).filter(|_| text.len() <= MAX_LENGTH)?;
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
        Some(Self(Zeroizing::new(decoded.as_slice().try_into().ok()?)))
    }

    /// For the link and its cookie alone.
    pub fn expose(&self) -> String {
        format!("{KIND}{}", URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken([redacted])")
    }
}

/// What the database holds of a token. It cannot be turned back into one.
#[derive(Clone)]
pub struct LinkTokenHash(String);

impl LinkTokenHash {
    /// For the database alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkTokenHash([redacted])")
    }
}

/// Turns tokens into what the database holds of them: new ones with the key of the primary root secret.
pub struct LinkKey {
    makes: hmac::Key,
    finds: Vec<hmac::Key>,
}

impl LinkKey {
    /// The keys for password links under `roots`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        let key = |root: &RootKey| {
            let derived = root.derive(Purpose::PasswordLinks)?;
            Ok(hmac::Key::new(hmac::HMAC_SHA256, derived.as_slice()))
        };
        Ok(Self { makes: key(roots.primary())?, finds: roots.each(key)? })
    }

    /// What the database shall hold of `token`.
    pub fn hash(&self, token: &LinkToken) -> LinkTokenHash {
        hash(&self.makes, token)
    }

    /// What the database may hold of `token`, under any root secret, the likeliest first. Looking it up there compares MACs,
    /// which tells a guesser nothing of the token.
    pub fn hashes(&self, token: &LinkToken) -> Vec<LinkTokenHash> {
        self.finds.iter().map(|key| hash(key, token)).collect()
    }
}

fn hash(key: &hmac::Key, token: &LinkToken) -> LinkTokenHash {
    LinkTokenHash(URL_SAFE_NO_PAD.encode(hmac::sign(key, token.0.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn key(secret: &str) -> LinkKey {
        LinkKey::new(&RootKeys::new(&SecretString::from(secret), &[])).unwrap()
    }

    #[test]
    fn cfg_2_a_link_is_found_while_the_root_secret_is_being_changed() {
        let both = |primary: &str, fallback: &str| {
            LinkKey::new(&RootKeys::new(&SecretString::from(primary), &[SecretString::from(fallback)])).unwrap()
        };
        let token = LinkToken::generate().unwrap();
        let finds = |finds: &LinkKey, makes: &LinkKey| {
            finds.hashes(&token).iter().any(|hash| hash.expose() == makes.hash(&token).expose())
        };
        let (first, second) = (both("old", "new"), both("new", "old"));
        assert!(finds(&first, &key("old")) && finds(&first, &second) && finds(&second, &first));
        assert!(finds(&key("new"), &second) && !finds(&key("new"), &first) && !finds(&key("old"), &second));
    }

    #[test]
    fn rst_3_what_is_stored_takes_the_token_and_the_secret() {
        let token = LinkToken::generate().unwrap();
        let stored = key("ours").hash(&token);
        assert_eq!(stored.expose(), key("ours").hash(&token).expose());
        assert_ne!(stored.expose(), key("theirs").hash(&token).expose());
        assert_ne!(stored.expose(), key("ours").hash(&LinkToken::generate().unwrap()).expose());
        assert!(!token.expose().contains(stored.expose()));
        let as_token = LinkToken::parse(&format!("{KIND}{}", stored.expose())).unwrap();
        assert_ne!(key("ours").hash(&as_token).expose(), stored.expose(), "what is stored is no token");
    }

    #[test]
    fn jwt_4_a_changed_token_is_another_or_none() {
        let key = key("secret");
        let text = LinkToken::generate().unwrap().expose();
        let hash = |text: &str| LinkToken::parse(text).map(|token| key.hash(&token).expose().to_owned());
        let genuine = hash(&text).unwrap();
        assert_eq!(text.len(), KIND.len() + 43);
        for (at, old) in text.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let changed: String = text.char_indices().map(|(i, c)| if i == at { new } else { c }).collect();
            assert_ne!(hash(&changed).as_ref(), Some(&genuine), "changed at {at}");
            assert!(hash(text.get(..at).unwrap()).is_none(), "cut at {at}");
        }
        for extra in ["A", ".", "=", " ", "\n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(hash(&format!("{text}{extra}")).is_none(), "{extra:?}");
            assert!(hash(&format!("{extra}{text}")).is_none(), "{extra:?}");
        }
    }

    #[test]
    fn debug_output_has_no_token() {
        let token = LinkToken::generate().unwrap();
        let hash = key("secret").hash(&token);
        assert_eq!(format!("{token:?} {hash:?}"), "LinkToken([redacted]) LinkTokenHash([redacted])");
    }
}
