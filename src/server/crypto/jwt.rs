//! Access tokens: signed statements about a session, good for some minutes (RFC 9068, RFC 8725).

use std::collections::HashMap;

use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};

use super::keys::{PublicKey, SigningKey};
use crate::domain::{Role, Timestamp};

/// How far two clocks may differ, in seconds.
const LEEWAY: i64 = 5;
/// A longer token is refused before it is looked at (JWT-5).
const MAX_LENGTH: usize = 4096;
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
}

/// Signs with the newest key and believes every key it holds, each for its own algorithm only.
pub struct AccessTokens {
    issuer: String,
    active: SigningKey,
    others: HashMap<String, SigningKey>,
}

impl AccessTokens {
    /// Signs with `active` and believes `others` as well. `issuer` is the public URL.
    pub fn new(issuer: String, active: SigningKey, others: Vec<SigningKey>) -> Self {
        let others = others.into_iter().map(|key| (key.kid.clone(), key)).collect();
        Self { issuer, active, others }
    }

    /// The value of `iss` and `aud`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs `claims`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&header_of(&self.active), claims, &self.active.encoding)
    }

    /// Believes a token, or says why not. Whether its session still lives is for the database to say.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let claims = self.read(token)?;
        let now = now.as_seconds();
        if claims.nbf > now.saturating_add(LEEWAY) || claims.iat > now.saturating_add(LEEWAY) {
            return Err(InvalidToken::Invalid);
        }
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(InvalidToken::Expired);
        }
        Ok(claims)
    }

    /// What a token of ours says, at whatever time: enough to end its session, and for nothing else (OUT-1).
    ///
    /// # Errors
    /// [`InvalidToken::Invalid`].
    pub fn read(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_LENGTH {
            return Err(InvalidToken::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Invalid)?;
        let kid = header.kid.as_deref().ok_or(InvalidToken::Invalid)?;
        let key = if kid == self.active.kid { Some(&self.active) } else { self.others.get(kid) };
        let key = key.ok_or(InvalidToken::Invalid)?;
        // Nothing else may stand in it: what is not understood must not be passed over (`crit`, RFC 7515 §4.1.11).
        if header != header_of(key) {
            return Err(InvalidToken::Invalid);
        }
        let decoded = jsonwebtoken::decode::<AccessClaims>(token, &key.decoding, &self.validation(key));
        Ok(decoded.map_err(|_| InvalidToken::Invalid)?.claims)
    }

    /// The public keys, the signing one first (RFC 7517). A key of HS256 is no public key and never among them.
    pub fn public_keys(&self) -> Vec<&PublicKey> {
        let mut others: Vec<_> = self.others.values().collect();
        others.sort_by(|a, b| a.kid.cmp(&b.kid));
        [&self.active].into_iter().chain(others).filter_map(|key| key.public.as_ref()).collect()
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
mod tests {
    use super::*;
    use crate::server::crypto::RootKey;
    use jsonwebtoken::{Algorithm, EncodingKey};
    use secrecy::SecretString;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn key(algorithm: &str) -> SigningKey {
        let root = RootKey::new(&SecretString::from("secret"));
        SigningKey::open(&root, &SigningKey::generate(&root, algorithm).unwrap()).unwrap()
    }

    fn tokens(algorithm: &str) -> AccessTokens {
        AccessTokens::new("https://id.example".to_owned(), key(algorithm), vec![key("HS256"), key("ES256")])
    }

    fn claims() -> AccessClaims {
        let now = NOW.as_seconds();
        AccessClaims {
            iss: "https://id.example".into(),
            aud: "https://id.example".into(),
            sub: "42".into(),
            client_id: "latchkey".into(),
            username: "bob".into(),
            roles: vec![Role::ADMIN],
            sid: "session".into(),
            jti: "token".into(),
            auth_time: now,
            iat: now,
            nbf: now,
            exp: now + 600,
        }
    }

    #[test]
    fn a_token_of_every_algorithm_says_what_was_signed() {
        for algorithm in ["EdDSA", "ES256", "HS256"] {
            let tokens = tokens(algorithm);
            let token = tokens.sign(&claims()).unwrap();
            assert_eq!(tokens.verify(&token, NOW), Ok(claims()), "{algorithm}");
            let header = jsonwebtoken::decode_header(&token).unwrap();
            assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        }
    }

    #[test]
    fn a_token_ends_with_its_time_and_not_before() {
        let tokens = tokens("EdDSA");
        let token = tokens.sign(&claims()).unwrap();
        let at = |seconds| tokens.verify(&token, NOW.plus_seconds(seconds)).map(drop);
        assert_eq!(at(604), Ok(()));
        assert_eq!(at(605), Err(InvalidToken::Expired));
        assert_eq!(at(-5), Ok(()));
        assert_eq!(at(-6), Err(InvalidToken::Invalid));
    }

    #[test]
    fn jwt_2_claims_of_the_wrong_type_or_value_are_refused() {
        let tokens = tokens("EdDSA");
        let sign = |claims: &Value| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = Some(TYPE.to_owned());
            header.kid = Some(tokens.active.kid.clone());
            jsonwebtoken::encode(&header, claims, &tokens.active.encoding).unwrap()
        };
        let good = serde_json::to_value(claims()).unwrap();
        assert!(tokens.verify(&sign(&good), NOW).is_ok());
        for (claim, value) in [
            ("exp", json!("never")),
            ("exp", json!(1.9e9)),
            ("exp", json!([1_900_000_000])),
            ("exp", Value::Null),
            ("nbf", json!("9e9")),
            ("nbf", json!(-1.5)),
            ("iat", json!("now")),
            ("iss", json!("https://evil.example")),
            ("iss", json!(["https://id.example"])),
            ("aud", json!("https://other.example")),
            ("sub", json!(42)),
            ("jti", Value::Null),
            ("sid", json!({})),
            ("roles", json!("admin")),
            ("auth_time", json!(true)),
        ] {
            let mut bad = good.clone();
            bad[claim] = value.clone();
            assert!(tokens.verify(&sign(&bad), NOW).is_err(), "{claim} = {value}");
            bad.as_object_mut().unwrap().remove(claim);
            assert!(tokens.verify(&sign(&bad), NOW).is_err(), "no {claim}");
        }
    }

    #[test]
    fn jwt_1_a_token_signed_in_any_other_way_is_refused() {
        let tokens = tokens("EdDSA");
        let forge = |alg: Algorithm, typ: Option<&str>, kid: Option<&str>, key: &EncodingKey| {
            let mut header = Header::new(alg);
            header.typ = typ.map(str::to_owned);
            header.kid = kid.map(str::to_owned);
            jsonwebtoken::encode(&header, &claims(), key).unwrap()
        };
        let (kid, ours) = (tokens.active.kid.as_str(), &tokens.active.encoding);
        let foreign = key("EdDSA");
        let public = EncodingKey::from_secret(tokens.active.decoding.try_get_as_bytes().unwrap());
        assert!(tokens.verify(&forge(Algorithm::EdDSA, Some(TYPE), Some(kid), ours), NOW).is_ok());
        for forged in [
            forge(Algorithm::EdDSA, Some("JWT"), Some(kid), ours),
            forge(Algorithm::EdDSA, None, Some(kid), ours),
            forge(Algorithm::EdDSA, Some(TYPE), None, ours),
            forge(Algorithm::EdDSA, Some(TYPE), Some("unknown"), ours),
            forge(Algorithm::EdDSA, Some(TYPE), Some(kid), &foreign.encoding),
            forge(Algorithm::HS256, Some(TYPE), Some(kid), &public),
            String::new(),
            ".".repeat(1_000_000),
            "e30.e30.".to_owned(),
            format!("{}.{}.", b64(br#"{"alg":"none","typ":"at+jwt"}"#), b64(&serde_json::to_vec(&claims()).unwrap())),
        ] {
            assert!(tokens.verify(&forged, NOW).is_err(), "{}", forged.get(..60).unwrap_or(&forged));
        }
    }

    #[test]
    fn jwt_4_a_changed_or_cut_token_is_refused() {
        let tokens = tokens("EdDSA");
        let token = tokens.sign(&claims()).unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(tokens.verify(&changed, NOW).is_err(), "changed at {at}");
            assert!(tokens.verify(token.get(..at).unwrap(), NOW).is_err(), "cut at {at}");
        }
        assert!(tokens.verify(&format!("{token}A"), NOW).is_err());
    }

    fn b64(bytes: &[u8]) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }
}
