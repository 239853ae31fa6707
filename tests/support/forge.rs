//! Signs whatever it is told to with the application's own key, which takes the database *and* the root secret: what no
//! attacker has, so that a refusal is shown to be for what a token says and not for its signature.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::server::crypto::{Purpose, RootKey};
use secrecy::SecretString;

use super::{SECRET, TestApp};

/// The application's signing key.
pub struct Forger {
    /// Its name.
    pub kid: String,
    pair: Ed25519KeyPair,
}

impl TestApp {
    /// Opens the stored key as the binary does: the newest of EdDSA.
    pub async fn forger(&self) -> Forger {
        let keys = self.state.store.signing_keys().await.unwrap();
        let sealed = keys.into_iter().find(|key| key.sealed.algorithm == "EdDSA").unwrap().sealed;
        let bytes = URL_SAFE_NO_PAD.decode(&sealed.sealed_private_key).unwrap();
        let key = RootKey::new(&SecretString::from(SECRET)).sealing_key(Purpose::SealSigningKeys).unwrap();
        let private = key.open(&format!("{}/{}", sealed.algorithm, sealed.kid), &bytes).unwrap();
        Forger { kid: sealed.kid, pair: Ed25519KeyPair::from_pkcs8(&private).unwrap() }
    }
}

impl Forger {
    /// A token of these two texts, whatever they are.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        self.sign_parts(&format!("{}.{}", base64url(header), base64url(claims)))
    }

    /// A token of these two parts as they are.
    pub fn sign_parts(&self, parts: &str) -> String {
        format!("{parts}.{}", base64url(self.pair.sign(parts.as_bytes())))
    }

    /// The public half.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}

/// As the parts of a token are encoded.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
