//! The keys that sign access tokens: how they are made, sealed for the database and opened again.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Serialize;
use zeroize::Zeroizing;

use super::random::{RandomError, random_bytes, random_id};
use super::root_key::{Purpose, RootKey, RootKeys};

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
    #[error(
        "this database was sealed with another SECRET_KEY; start with that one, or, to change it, name that one in SECRET_KEY_FALLBACKS"
    )]
    WrongSecret,
}

/// A signing key as the database holds it: the private part sealed, binary parts as base64url.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Names the key in token headers.
    pub kid: String,
    /// `EdDSA`, `ES256`, `RS256` or `HS256`.
    pub algorithm: String,
    /// Public part; empty for HS256.
    pub public_key: String,
    /// Private part, sealed with a key derived from the root secret.
    pub sealed_private_key: String,
}

/// The public half of a key, as a JSON Web Key has it (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// Family: `OKP`, `EC` or `RSA`.
    pub kty: &'static str,
    /// Algorithm: `EdDSA`, `ES256` or `RS256`.
    pub alg: &'static str,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// Names the key in token headers.
    pub kid: String,
    /// What its family adds.
    #[serde(flatten)]
    pub parameters: Parameters,
}

/// The numbers of a public key, as base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Parameters {
    /// A point of P-256 (RFC 7518 §6.2).
    P256 {
        /// `P-256`.
        crv: &'static str,
        /// The first coordinate.
        x: String,
        /// The second.
        y: String,
    },
    /// A point of Ed25519 (RFC 8037 §2).
    Ed25519 {
        /// `Ed25519`.
        crv: &'static str,
        /// The point.
        x: String,
    },
    /// RSA (RFC 7518 §6.3).
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
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
    /// Makes a new key and seals it. RSA takes a second of work: not on a thread that serves others.
    ///
    /// # Errors
    /// An algorithm that is not ours, or a refusal of the library.
    pub fn generate(root: &RootKey, algorithm: &str) -> Result<SealedKey, KeyError> {
        let (private, public) = match algorithm {
            "EdDSA" => ed25519_pair()?,
            "ES256" => p256_pair()?,
            "RS256" => rsa_pair()?,
            "HS256" => (Zeroizing::new(random_bytes::<32>()?.to_vec()), Vec::new()),
            _ => return Err(KeyError::Crypto),
        };
        let kid = new_kid()?;
        Ok(SealedKey {
            sealed_private_key: seal(root, (&kid, algorithm), &private)?,
            kid,
            algorithm: algorithm.to_owned(),
            public_key: URL_SAFE_NO_PAD.encode(public),
        })
    }

    /// Opens a key from the database.
    ///
    /// # Errors
    /// [`KeyError::WrongSecret`] when it was sealed with another root secret or the row was tampered with.
    pub fn open(roots: &RootKeys, sealed: &SealedKey) -> Result<Self, KeyError> {
        let (_, private) = unseal(roots, sealed)?;
        let kid = sealed.kid.as_str();
        // The public half is taken from the sealed key, so that a changed row cannot plant another one.
        let (algorithm, encoding, decoding, public) = match sealed.algorithm.as_str() {
            "EdDSA" => {
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
            "RS256" => {
                let private = pkcs1(&private).ok_or(KeyError::WrongSecret)?;
                let pair = RsaKeyPair::from_der(private).map_err(|_| KeyError::WrongSecret)?;
                let decoding = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                let public = rsa_public_key(kid, &pair);
                (Algorithm::RS256, EncodingKey::from_rsa_der(private), decoding, Some(public))
            }
            "HS256" => (Algorithm::HS256, EncodingKey::from_secret(&private), DecodingKey::from_secret(&private), None),
            _ => return Err(KeyError::WrongSecret),
        };
        Ok(Self { kid: sealed.kid.clone(), algorithm, encoding, decoding, public })
    }

    /// The private part sealed anew with the primary root secret; `None` when it is so already.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn reseal(roots: &RootKeys, sealed: &SealedKey) -> Result<Option<String>, KeyError> {
        match unseal(roots, sealed)? {
            (0, _) => Ok(None),
            (_, private) => seal(roots.primary(), (&sealed.kid, &sealed.algorithm), &private).map(Some),
        }
    }

    /// Names the key in token headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The half that may be published; none of HS256.
    pub const fn public_key(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// The secret of HS256 as base64url, for who verifies with it and could then sign as well; none of other keys.
    pub fn shared_secret(&self) -> Option<Zeroizing<String>> {
        let is_shared = self.algorithm == Algorithm::HS256;
        is_shared.then(|| Zeroizing::new(URL_SAFE_NO_PAD.encode(self.encoding.as_bytes())))
    }
}

/// What the seal is bound to: a key cannot be passed off under another name or algorithm.
fn context(kid: &str, algorithm: &str) -> String {
    format!("{algorithm}/{kid}")
}

fn seal(root: &RootKey, (kid, algorithm): (&str, &str), private: &[u8]) -> Result<String, KeyError> {
    let sealed = root.sealing_key(Purpose::SealSigningKeys)?.seal(&context(kid, algorithm), private)?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

/// The private part, and which root secret opened it: 0 is the primary one.
fn unseal(roots: &RootKeys, sealed: &SealedKey) -> Result<(usize, Zeroizing<Vec<u8>>), KeyError> {
    let context = context(&sealed.kid, &sealed.algorithm);
    let bytes = URL_SAFE_NO_PAD.decode(&sealed.sealed_private_key).map_err(|_| KeyError::WrongSecret)?;
    let keys = roots.each(|root| root.sealing_key(Purpose::SealSigningKeys))?;
    let opened = keys.iter().enumerate().find_map(|(index, key)| Some((index, key.open(&context, &bytes).ok()?)));
    opened.ok_or(KeyError::WrongSecret)
}

/// One that is no flag where a command takes it.
fn new_kid() -> Result<String, RandomError> {
    loop {
        let kid = random_id()?;
        if !kid.starts_with('-') {
            return Ok(kid);
        }
    }
}

fn ed25519_public_key(kid: &str, point: &[u8]) -> PublicKey {
    let parameters = Parameters::Ed25519 { crv: "Ed25519", x: URL_SAFE_NO_PAD.encode(point) };
    PublicKey { kty: "OKP", alg: "EdDSA", usage: "sig", kid: kid.to_owned(), parameters }
}

/// From an uncompressed point: a byte 4, then the two coordinates (SEC 1 §2.3.3).
fn p256_public_key(kid: &str, point: &[u8]) -> Result<PublicKey, KeyError> {
    let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64).ok_or(KeyError::Crypto)?;
    let (x, y) = coordinates.split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let parameters = Parameters::P256 { crv: "P-256", x, y };
    Ok(PublicKey { kty: "EC", alg: "ES256", usage: "sig", kid: kid.to_owned(), parameters })
}

fn rsa_public_key(kid: &str, pair: &RsaKeyPair) -> PublicKey {
    let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let parameters = Parameters::Rsa { n: URL_SAFE_NO_PAD.encode(n), e: URL_SAFE_NO_PAD.encode(e) };
    PublicKey { kty: "RSA", alg: "RS256", usage: "sig", kid: kid.to_owned(), parameters }
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

/// 2048 bits: what every verifier takes, and as strong as SHA-256 needs for years to come (NIST SP 800-57 part 1, table 2).
fn rsa_pair() -> Result<PrivateAndPublic, KeyError> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Crypto)?;
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Crypto)?;
    Ok((Zeroizing::new(private.as_ref().to_vec()), pair.public_key().as_ref().to_vec()))
}

/// The RSA key inside its PKCS #8 envelope, which jsonwebtoken does not take: the version 0, the name of RSA, then the key in
/// an octet string, each length in two bytes (RFC 5208 §5, RFC 8017 A.1.2).
fn pkcs1(pkcs8: &[u8]) -> Option<&[u8]> {
    const INNER: [u8; 18] = [2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let inner = pkcs8.strip_prefix(&[0x30, 0x82])?.get(2..)?;
    inner.strip_prefix(&INNER)?.strip_prefix(&[4, 0x82])?.get(2..)
}
