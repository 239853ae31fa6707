//! Refresh tokens: a claim on a session's next step, made from the root secret *and* the session's row, so that neither
//! the database nor the secret alone can make one.
//!
//! `lk1.<key id>.<session id>.<counter>.<mac>`, where the MAC is HMAC-SHA256 over
//! `refresh/v1`, the kind of session, its id, the counter and a random seed that only the session's row holds.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::KeyError;
use super::random::{RandomError, random_id};
use super::root_key::{Purpose, RootKey, RootKeys};

const VERSION: &str = "lk1";
/// Longer input is refused before it is looked at.
const MAX_LENGTH: usize = 256;

/// What uses a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser, which keeps its tokens in cookies.
    Browser,
    /// A client of the REST API, which keeps them itself.
    Api,
}

impl SessionKind {
    /// The word in the database and under the MAC.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Browser, Self::Api].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The part of a refresh token that only the session's row holds: 128 random bits.
#[derive(Clone)]
pub struct SessionSeed(String);

impl SessionSeed {
    /// A new one.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        random_id().map(Self)
    }

    /// Takes over what the database holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// For the database alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSeed([redacted])")
    }
}

/// A refresh token as somebody presented it: well-formed, not yet believed.
#[derive(Clone)]
pub struct RefreshToken {
    key_id: String,
    /// The session it speaks of.
    pub session_id: String,
    /// How many times the session had been refreshed when it was made.
    pub counter: i64,
    mac: Vec<u8>,
}

impl RefreshToken {
    /// Whether a text looks like a refresh token, to tell its holder that they have mixed two up. Nothing is believed by it.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(VERSION) && text.len() <= MAX_LENGTH && Self::parse(text).is_some()
    }

    /// Reads a token's form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = text.split('.');
        let (version, key_id) = (parts.next()?, parts.next()?);
        let (session_id, counter, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let number: i64 = counter.parse().ok().filter(|n| *n >= 0)?;
        // One spelling per token: `+1` and `01` are not `1`.
        let canonical = number.to_string() == counter;
        let is_id = (1..=32).contains(&session_id.len())
            && session_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (version == VERSION && parts.next().is_none() && canonical && is_id).then_some(())?;
        Some(Self {
            key_id: key_id.to_owned(),
            session_id: session_id.to_owned(),
            counter: number,
            mac: URL_SAFE_NO_PAD.decode(mac).ok()?,
        })
    }
}

/// Makes refresh tokens with the key of the primary root secret, and checks them with that of any, which they name.
pub struct RefreshKey {
    makes: MacKey,
    checks: Vec<MacKey>,
}

#[derive(Clone)]
struct MacKey {
    id: String,
    key: hmac::Key,
}

impl MacKey {
    fn new(root: &RootKey) -> Result<Self, KeyError> {
        let derived = root.derive(Purpose::RefreshTokens)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_slice());
        let tag = hmac::sign(&key, b"key-id");
        let id = URL_SAFE_NO_PAD.encode(tag.as_ref().get(..6).unwrap_or_default());
        Ok(Self { id, key })
    }
}

impl RefreshKey {
    /// The keys for refresh tokens under `roots`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        Ok(Self { makes: MacKey::new(roots.primary())?, checks: roots.each(MacKey::new)? })
    }

    /// The token for step `counter` of a session. The same input gives the same token.
    pub fn issue(&self, kind: SessionKind, session_id: &str, counter: i64, seed: &SessionSeed) -> String {
        let mac = hmac::sign(&self.makes.key, &message(kind, session_id, counter, seed));
        let mac = URL_SAFE_NO_PAD.encode(mac);
        format!("{VERSION}.{}.{session_id}.{counter}.{mac}", self.makes.id)
    }

    /// Whether `token` was made by us for this kind of session and this row. How long it takes tells nothing of the MAC.
    pub fn is_genuine(&self, token: &RefreshToken, kind: SessionKind, seed: &SessionSeed) -> bool {
        let message = message(kind, &token.session_id, token.counter, seed);
        let named = self.checks.iter().find(|key| key.id == token.key_id);
        named.is_some_and(|named| hmac::verify(&named.key, &message, &token.mac).is_ok())
    }
}

/// The fields are separated by a character that none of them can hold.
fn message(kind: SessionKind, session_id: &str, counter: i64, seed: &SessionSeed) -> Vec<u8> {
    format!("refresh/v1\0{}\0{session_id}\0{counter}\0{}", kind.as_str(), seed.0).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn key(secret: &str) -> RefreshKey {
        RefreshKey::new(&RootKeys::new(&SecretString::from(secret), &[])).unwrap()
    }

    #[test]
    fn cfg_2_a_token_is_believed_while_the_root_secret_is_being_changed() {
        let both = |primary: &str, fallback: &str| {
            RefreshKey::new(&RootKeys::new(&SecretString::from(primary), &[SecretString::from(fallback)])).unwrap()
        };
        let seed = SessionSeed::generate().unwrap();
        let believes = |checks: &RefreshKey, makes: &RefreshKey| {
            let token = makes.issue(SessionKind::Api, "session", 3, &seed);
            checks.is_genuine(&RefreshToken::parse(&token).unwrap(), SessionKind::Api, &seed)
        };
        let (first, second) = (both("old", "new"), both("new", "old"));
        assert!(believes(&first, &key("old")) && believes(&first, &second) && believes(&second, &first));
        assert!(believes(&key("new"), &second) && !believes(&key("new"), &first) && !believes(&key("old"), &second));
    }

    #[test]
    fn a_token_is_believed_only_with_its_secret_and_its_row() {
        let (ours, theirs) = (key("ours"), key("theirs"));
        let (seed, other) = (SessionSeed::generate().unwrap(), SessionSeed::generate().unwrap());
        let text = ours.issue(SessionKind::Browser, "session", 3, &seed);
        let token = RefreshToken::parse(&text).unwrap();
        assert!(ours.is_genuine(&token, SessionKind::Browser, &seed));
        assert!(!ours.is_genuine(&token, SessionKind::Browser, &other));
        assert!(!ours.is_genuine(&token, SessionKind::Api, &seed), "REF-6: bound to what uses it");
        assert!(!theirs.is_genuine(&token, SessionKind::Browser, &seed));
        assert_eq!(text, ours.issue(SessionKind::Browser, "session", 3, &seed));
    }

    #[test]
    fn jwt_4_a_changed_token_is_refused_at_every_position() {
        let key = key("secret");
        let seed = SessionSeed::generate().unwrap();
        let text = key.issue(SessionKind::Browser, "c2Vzc2lvbg", 12, &seed);
        let believed = |text: &str| {
            RefreshToken::parse(text).is_some_and(|token| {
                key.is_genuine(&token, SessionKind::Browser, &seed) && token.session_id == "c2Vzc2lvbg"
            })
        };
        assert!(believed(&text));
        for (at, old) in text.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let changed: String = text.char_indices().map(|(i, c)| if i == at { new } else { c }).collect();
            assert!(!believed(&changed), "changed at {at}: {changed}");
            assert!(!believed(text.get(..at).unwrap()), "cut at {at}");
        }
        for extra in ["A", ".", "=", " "] {
            assert!(!believed(&format!("{text}{extra}")));
        }
        for id in ["", "a\0b", "a b", "\u{e9}", &"a".repeat(33)] {
            assert!(RefreshToken::parse(&text.replacen("c2Vzc2lvbg", id, 1)).is_none(), "{id:?} is no id of ours");
        }
        for counter in ["+12", "012", "-12", "12.0", ""] {
            assert!(!believed(&text.replacen(".12.", &format!(".{counter}."), 1)), "{counter}");
        }
    }
}
