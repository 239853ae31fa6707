//! The keys that sign access tokens: how they are made, sealed for the database and opened again.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
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

/// A key that is ready to sign and to verify, for one algorithm only (JWT-1).
pub struct SigningKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
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
        let (algorithm, encoding, decoding) = match sealed.algorithm.as_str() {
            "EdDSA" => {
                // The public half is taken from the sealed key, so that a changed row cannot plant another one.
                let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| KeyError::WrongSecret)?;
                let decoding = DecodingKey::from_ed_der(pair.public_key().as_ref());
                (Algorithm::EdDSA, EncodingKey::from_ed_der(&private), decoding)
            }
            "ES256" => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private)
                    .map_err(|_| KeyError::WrongSecret)?;
                let decoding = DecodingKey::from_ec_der(pair.public_key().as_ref());
                (Algorithm::ES256, EncodingKey::from_ec_der(&private), decoding)
            }
            "HS256" => (Algorithm::HS256, EncodingKey::from_secret(&private), DecodingKey::from_secret(&private)),
            _ => return Err(KeyError::WrongSecret),
        };
        Ok(Self { kid: sealed.kid.clone(), algorithm, encoding, decoding })
    }
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
