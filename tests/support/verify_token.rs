//! README.md, "Verify a token in your service": the Rust snippet, so that it is compiled and tried as it stands there.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

const ISSUER: &str = "https://accounts.example.com";

/// What a service usually wants to know; `sub` is the account's id.
#[derive(Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub username: String,
    pub roles: Vec<String>,
}

/// The claims of a valid access token. `keys` is what `/.well-known/jwks.json` says.
pub fn verify(token: &str, keys: &JwkSet) -> Result<Claims, Error> {
    let header = decode_header(token)?;
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or(ErrorKind::InvalidToken)?;
    if header.typ.as_deref() != Some("at+jwt") {
        return Err(ErrorKind::InvalidToken.into());
    }
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[ISSUER]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.validate_nbf = true;
    validation.leeway = 5;
    Ok(decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}
