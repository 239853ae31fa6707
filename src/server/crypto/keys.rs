//! The keys that sign access tokens: how they are made, sealed for the database and opened again.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Serialize;
use zeroize::Zeroizing;

use super::random::{RandomError, random_bytes, random_id};
use super::root_key::{Purpose, RootKey};

/// A key that cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The cryptographic library refused.
    #[error("the cryptographic library refused an operation")]
    Crypto,
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Sealed with another root secret.
    #[error("SECRET_KEY is not the one that this database's keys were sealed with; start with that one")]
    WrongSecret,
}

/// A signing key as the database holds it: the private part sealed, binary parts as base64url.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Names the key in token headers.
    pub kid: String,
    /// `EdDSA`, `ES256` or `HS256`.
    pub algorithm: String,
    /// Public part; empty for HS256.
    pub public_key: String,
    /// Private part, sealed with a key derived from the root secret.
    pub sealed_private_key: String,
}

/// The public half of a key, as a JSON Web Key has it (RFC 7517, RFC 7518 §6.2, RFC 8037 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// Family: `OKP` or `EC`.
    pub kty: &'static str,
    /// Curve: `Ed25519` or `P-256`.
    pub crv: &'static str,
    /// Algorithm: `EdDSA` or `ES256`.
    pub alg: &'static str,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// Names the key in token headers.
    pub kid: String,
    /// The point, or its first coordinate, as base64url.
    pub x: String,
    /// The second coordinate of an `EC` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

/// A key that is ready to sign and to verify, for one algorithm only (JWT-1).
pub struct SigningKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    /// What may be published; nothing of HS256.
    pub(super) public: Option<PublicKey>,
}

impl SigningKey {
    /// Makes a new key and seals it.
    ///
    /// # Errors
    /// An algorithm that is not ours, or a refusal of the library.
    pub fn generate(root: &RootKey, algorithm: &str) -> Result<SealedKey, KeyError> {
        let (private, public) = match algorithm {
            "EdDSA" => ed25519_pair()?,
            "ES256" => p256_pair()?,
            "HS256" => (Zeroizing::new(random_bytes::<32>()?.to_vec()), Vec::new()),
            _ => return Err(KeyError::Crypto),
        };
        let kid = random_id()?;
        let sealed = root.sealing_key(Purpose::SealSigningKeys)?.seal(&context(&kid, algorithm), &private)?;
        Ok(SealedKey {
            kid,
            algorithm: algorithm.to_owned(),
            public_key: URL_SAFE_NO_PAD.encode(public),
            sealed_private_key: URL_SAFE_NO_PAD.encode(sealed),
        })
    }

    /// Opens a key from the database.
    ///
    /// # Errors
    /// [`KeyError::WrongSecret`] when the root secret is another one or the row was tampered with.
    pub fn open(root: &RootKey, sealed: &SealedKey) -> Result<Self, KeyError> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::WrongSecret);
        let private = root
            .sealing_key(Purpose::SealSigningKeys)?
            .open(&context(&sealed.kid, &sealed.algorithm), &decode(&sealed.sealed_private_key)?)?;
        let kid = sealed.kid.as_str();
        let (algorithm, encoding, decoding, public) = match sealed.algorithm.as_str() {
            "EdDSA" => {
                // The public half is taken from the sealed key, so that a changed row cannot plant another one.
                let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| KeyError::WrongSecret)?;
                let decoding = DecodingKey::from_ed_der(pair.public_key().as_ref());
                let public = ed25519_public_key(kid, pair.public_key().as_ref());
                (Algorithm::EdDSA, EncodingKey::from_ed_der(&private), decoding, Some(public))
            }
            "ES256" => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private)
                    .map_err(|_| KeyError::WrongSecret)?;
                let decoding = DecodingKey::from_ec_der(pair.public_key().as_ref());
                let public = p256_public_key(kid, pair.public_key().as_ref())?;
                (Algorithm::ES256, EncodingKey::from_ec_der(&private), decoding, Some(public))
            }
            "HS256" => (Algorithm::HS256, EncodingKey::from_secret(&private), DecodingKey::from_secret(&private), None),
            _ => return Err(KeyError::WrongSecret),
        };
        Ok(Self { kid: sealed.kid.clone(), algorithm, encoding, decoding, public })
    }
}

fn ed25519_public_key(kid: &str, point: &[u8]) -> PublicKey {
    let x = URL_SAFE_NO_PAD.encode(point);
    PublicKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", usage: "sig", kid: kid.to_owned(), x, y: None }
}

/// From an uncompressed point: a byte 4, then the two coordinates (SEC 1 §2.3.3).
fn p256_public_key(kid: &str, point: &[u8]) -> Result<PublicKey, KeyError> {
    let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64).ok_or(KeyError::Crypto)?;
    let (x, y) = coordinates.split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), Some(URL_SAFE_NO_PAD.encode(y)));
    Ok(PublicKey { kty: "EC", crv: "P-256", alg: "ES256", usage: "sig", kid: kid.to_owned(), x, y })
}

/// What the seal is bound to: a key cannot be passed off under another name or algorithm.
fn context(kid: &str, algorithm: &str) -> String {
    format!("{algorithm}/{kid}")
}

type PrivateAndPublic = (Zeroizing<Vec<u8>>, Vec<u8>);

fn ed25519_pair() -> Result<PrivateAndPublic, KeyError> {
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Crypto)?;
    let private: aws_lc_rs::encoding::Pkcs8V2Der<'_> = pair.as_der().map_err(|_| KeyError::Crypto)?;
    Ok((Zeroizing::new(private.as_ref().to_vec()), pair.public_key().as_ref().to_vec()))
}

#[expect(clippy::disallowed_methods, reason = "this is server/crypto; the call wants the type")]
fn p256_pair() -> Result<PrivateAndPublic, KeyError> {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let document = document.map_err(|_| KeyError::Crypto)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).map_err(|_| KeyError::Crypto)?;
    Ok((Zeroizing::new(document.as_ref().to_vec()), pair.public_key().as_ref().to_vec()))
}
