//! Access tokens: signed statements about a session, good for some minutes (RFC 9068, RFC 8725).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};

use super::key_times::{KeyState, KeyTimes};
use super::keys::{PublicKey, SigningKey};
use super::verified::Verified;
use crate::domain::{Role, Timestamp};

/// How far two clocks may differ, in seconds.
const LEEWAY: i64 = 5;
/// A longer token is refused before it is looked at (JWT-5).
const MAX_LENGTH: usize = 4096;
/// The length of a key's name: that of every random id.
const KID_LENGTH: usize = 22;
/// Says that a token is an access token and no other kind (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// What an access token says. Times are whole seconds since 1970; any other type is refused (JWT-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer: the public URL.
    pub iss: String,
    /// Audience: the public URL.
    pub aud: String,
    /// The account's id.
    pub sub: String,
    /// Who asked for the token.
    pub client_id: String,
    /// The username at the time of issue.
    pub username: String,
    /// The roles at the time of issue.
    pub roles: Vec<Role>,
    /// The session that this token caches.
    pub sid: String,
    /// This token's own id.
    pub jti: String,
    /// When the person last proved who they are.
    pub auth_time: i64,
    /// Issued at.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
}

/// Why a token was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It never was, or is of another kind.
    #[error("the token is not valid")]
    Invalid,
    /// It looks like one of ours and names a key that is not among these: another process may have made it since.
    #[error("the token names an unknown key")]
    UnknownKey,
}

/// A key with the moments of its life.
#[derive(Clone)]
pub struct HeldKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// Its moments.
    pub times: KeyTimes,
}

/// A set of keys as it was at one moment. It signs with the first that may sign and has the wanted algorithm, and believes each
/// for its own algorithm only. A set never changes; another one takes its place.
pub struct AccessTokens {
    issuer: String,
    algorithm: &'static str,
    /// In the order in which they are preferred.
    keys: Vec<HeldKey>,
    /// Names of keys whose tokens are believed no more.
    gone: HashSet<String>,
    verified: Arc<Verified>,
}

impl AccessTokens {
    /// No keys yet. `issuer` is the public URL, `algorithm` that of tokens to be signed; `remembered` is how many tokens that
    /// were found good are kept at least, when there are as many.
    pub fn new(issuer: String, algorithm: &'static str, remembered: usize) -> Self {
        Self {
            issuer,
            algorithm,
            keys: Vec::new(),
            gone: HashSet::new(),
            verified: Arc::new(Verified::new(remembered)),
        }
    }

    /// The same with other keys, the preferred ones first. What was found good under this set is believed no more, unless the new set
    /// believes the same keys.
    #[must_use]
    pub fn with(&self, keys: Vec<HeldKey>) -> Self {
        let ids = |keys: &[HeldKey]| keys.iter().map(|held| held.key.kid.clone()).collect::<BTreeSet<_>>();
        let verified = if ids(&keys) == ids(&self.keys) {
            Arc::clone(&self.verified)
        } else {
            Arc::new(Verified::new(self.verified.capacity()))
        };
        Self { issuer: self.issuer.clone(), algorithm: self.algorithm, keys, gone: HashSet::new(), verified }
    }

    /// The same, and it knows these names of keys whose tokens are believed no more: no reason to look for them.
    #[must_use]
    pub fn without(mut self, gone: HashSet<String>) -> Self {
        self.gone = gone;
        self
    }

    /// The value of `iss` and `aud`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether there are no keys.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key of this name.
    pub fn key(&self, kid: &str) -> Option<&HeldKey> {
        self.keys.iter().find(|held| held.key.kid == kid)
    }

    /// The key that signs at `now`.
    pub fn signing_key(&self, now: Timestamp) -> Option<&SigningKey> {
        let algorithm = self.algorithm.parse().ok()?;
        let signs = |held: &&HeldKey| held.key.algorithm == algorithm && held.times.state(now) == KeyState::Ready;
        self.keys.iter().find(signs).map(|held| &*held.key)
    }

    /// Signs `claims` at `now`.
    ///
    /// # Errors
    /// When no key may sign, or the library refuses.
    pub fn sign(&self, claims: &AccessClaims, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let key = self.signing_key(now).ok_or(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat)?;
        jsonwebtoken::encode(&header_of(key), claims, &key.encoding)
    }

    /// Believes a token, or says why not. Whether its session still lives is for the database to say.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let claims = self.read(token, now)?;
        let now = now.as_seconds();
        if claims.nbf > now.saturating_add(LEEWAY) || claims.iat > now.saturating_add(LEEWAY) {
            return Err(InvalidToken::Invalid);
        }
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(InvalidToken::Expired);
        }
        Ok(claims)
    }

    /// What a token of ours says, however old it is: enough to end its session, and for nothing else (OUT-1). Its key must be
    /// believed at `now`.
    ///
    /// # Errors
    /// [`InvalidToken::Invalid`], [`InvalidToken::UnknownKey`].
    pub fn read(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_LENGTH {
            return Err(InvalidToken::Invalid);
        }
        let hash = Verified::hash(token);
        if let Some((kid, claims)) = self.verified.get(&hash) {
            let is_believed = self.key(&kid).is_some_and(|held| held.times.is_believed(now));
            return if is_believed { Ok(AccessClaims::clone(&claims)) } else { Err(InvalidToken::Invalid) };
        }
        let (key, claims) = self.verify_signature(token, now)?;
        self.verified.keep(hash, key, claims.clone());
        Ok(claims)
    }

    fn verify_signature(&self, token: &str, now: Timestamp) -> Result<(&str, AccessClaims), InvalidToken> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Invalid)?;
        let kid = header.kid.as_deref().ok_or(InvalidToken::Invalid)?;
        let Some(HeldKey { key, times }) = self.key(kid) else {
            let is_ours = header.typ.as_deref() == Some(TYPE) && kid.len() == KID_LENGTH && !self.gone.contains(kid);
            return Err(if is_ours { InvalidToken::UnknownKey } else { InvalidToken::Invalid });
        };
        // Nothing else may stand in it: what is not understood must not be passed over (`crit`, RFC 7515 §4.1.11).
        if header != header_of(key) || !times.is_believed(now) {
            return Err(InvalidToken::Invalid);
        }
        let decoded = jsonwebtoken::decode::<AccessClaims>(token, &key.decoding, &self.validation(key));
        Ok((&key.kid, decoded.map_err(|_| InvalidToken::Invalid)?.claims))
    }

    /// The public keys of which tokens may be about at `now` (RFC 7517). A key of HS256 is no public key and
    /// never among them.
    pub fn public_keys(&self, now: Timestamp) -> Vec<&PublicKey> {
        let believed = self.keys.iter().filter(|held| held.times.is_believed(now));
        believed.filter_map(|held| held.key.public_key()).collect()
    }

    /// Times are left to [`verify`](Self::verify): the library would read the machine's clock and grant a minute.
    fn validation(&self, key: &SigningKey) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation
    }
}

/// The header under which `key` signs.
fn header_of(key: &SigningKey) -> Header {
    let mut header = Header::new(key.algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.kid.clone());
    header
}

#[cfg(test)]
mod tests;
