//! Another algorithm, another key, another header (RFC 8725 §3.1, §3.10, §3.11).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Forgery, Workshop, invalid};
use crate::support::forge::base64url;

/// DER of an Ed25519 public key begins like this (RFC 8410 §4).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// `alg` says something else: with no signature, with that of the genuine token, and with one of our own key.
pub fn algorithms(workshop: &Workshop) -> Vec<Forgery> {
    let [header, claims, signature] = workshop.parts();
    let mut forgeries = vec![
        invalid("no signature", format!("{header}.{claims}.")),
        invalid("no third part", format!("{header}.{claims}")),
        invalid("a signature of zeros", format!("{header}.{claims}.{}", base64url([0; 64]))),
        invalid("half a signature", format!("{header}.{claims}.{}", &signature[..43])),
        invalid("a signature twice", format!("{header}.{claims}.{signature}{signature}")),
    ];
    let mut try_alg = |value: Option<Value>| {
        let header = workshop.header_with("alg", value.clone());
        let parts = format!("{}.{claims}", base64url(header.to_string()));
        let name = format!("alg {}", value.map_or("missing".to_owned(), |value| value.to_string()));
        forgeries.push(invalid(format!("{name}, no signature"), format!("{parts}.")));
        forgeries.push(invalid(format!("{name}, the old signature"), format!("{parts}.{signature}")));
        forgeries.push(invalid(format!("{name}, our key"), workshop.forger.sign_parts(&parts)));
    };
    for alg in ["none", "None", "NONE", "nOnE", "none ", " none", "n\u{f6}ne", "null", "", "EdDSA\0"] {
        try_alg(Some(json!(alg)));
    }
    for alg in ["HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "ES256K", "ES384", "eddsa", "Ed25519"] {
        try_alg(Some(json!(alg)));
    }
    for alg in [Value::Null, json!(0), json!(["EdDSA"]), json!({"none": null}), json!(true)] {
        try_alg(Some(alg));
    }
    try_alg(None);
    forgeries
}

/// Signed with what is public, or with somebody else's key.
pub fn keys(workshop: &Workshop) -> Vec<Forgery> {
    let public = workshop.forger.public_key();
    let der = [&ED25519_PREFIX[..], public].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(&der));
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": workshop.forger.kid, "x": base64url(public)});
    let hex: String = public.iter().map(|byte| format!("{byte:02x}")).collect();
    let known: [(&str, Vec<u8>); 13] = [
        ("raw", public.to_vec()),
        ("DER", der.clone()),
        ("PEM", pem.clone().into_bytes()),
        ("PEM and a line break", format!("{pem}\n").into_bytes()),
        ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
        ("base64", STANDARD.encode(public).into_bytes()),
        ("base64url", base64url(public).into_bytes()),
        ("base64 of DER", STANDARD.encode(&der).into_bytes()),
        ("hexadecimal", hex.into_bytes()),
        ("JWK", jwk.to_string().into_bytes()),
        ("JWK Set", json!({"keys": [jwk]}).to_string().into_bytes()),
        ("name", workshop.forger.kid.clone().into_bytes()),
        ("word", b"secret".to_vec()),
    ];
    let mut forgeries = Vec::new();
    for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        for (form, key) in &known {
            let header = workshop.header_with("alg", Some(json!(alg)));
            let name = format!("{alg} with the {form} of the public key");
            forgeries.push(invalid(
                name,
                sign_with(&header, &workshop.claims, |parts| {
                    hmac::sign(&hmac::Key::new(algorithm, key), parts).as_ref().to_vec()
                }),
            ));
        }
    }
    let stranger = Ed25519KeyPair::generate().unwrap();
    let sign = |header: &Value| sign_with(header, &workshop.claims, |parts| stranger.sign(parts).as_ref().to_vec());
    let x = base64url(stranger.public_key().as_ref());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": workshop.forger.kid});
    let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> = stranger.public_key().as_der().unwrap();
    forgeries.push(invalid("a stranger's key", sign(&workshop.header)));
    for (name, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku", json!("http://127.0.0.1:3000/.well-known/jwks.json")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!([STANDARD.encode(der.as_ref())])),
        ("x5t", json!(x)),
        ("x5t#S256", json!(x)),
        ("kid", json!("stranger")),
        ("kid", jwk),
    ] {
        let header = workshop.header_with(name, Some(value.clone()));
        forgeries.push(invalid(format!("a stranger's key, named by {name} {value}"), sign(&header)));
        let without = super::with(&header, "kid", None);
        forgeries.push(invalid(format!("the same without a kid, {name} {value}"), sign(&without)));
    }
    forgeries
}

fn sign_with(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let parts = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    format!("{parts}.{}", base64url(sign(parts.as_bytes())))
}

/// Signed by our own key, under a header that we do not write.
pub fn headers(workshop: &Workshop) -> Vec<Forgery> {
    let kid = &workshop.forger.kid;
    let mut forgeries = Vec::new();
    let mut try_header = |name: &str, value: Option<Value>| {
        let token = workshop.signed_with_header(&workshop.header_with(name, value.clone()));
        let value = value.map_or("missing".to_owned(), |value| value.to_string().chars().take(60).collect());
        forgeries.push(invalid(format!("{name} {value}"), token));
    };
    for typ in [
        "JWT",
        "jwt",
        "AT+JWT",
        "At+Jwt",
        "at+jwt ",
        "application/at+jwt",
        "rt+jwt",
        "id+jwt",
        "logout+jwt",
        "dpop+jwt",
        "",
    ] {
        try_header("typ", Some(json!(typ)));
    }
    for typ in [Some(Value::Null), Some(json!(["at+jwt"])), Some(json!(1)), None] {
        try_header("typ", typ);
    }
    let flipped = kid.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    for other in [
        "../../../../../../dev/null",
        "/etc/passwd",
        "' or '1'='1",
        "' union select 'c2VjcmV0' -- ",
        "$(id)",
        "%s%n",
        "",
        "0",
        "*",
        &format!("{kid} "),
        &format!("{kid}\0"),
        &format!("{kid}/../{kid}"),
        &flipped.collect::<String>(),
        &"k".repeat(1500),
    ] {
        try_header("kid", Some(json!(other)));
    }
    for other in [Some(Value::Null), Some(json!(0)), Some(json!([kid])), Some(json!({"kid": kid})), None] {
        try_header("kid", other);
    }
    // What must be understood and is not is refused (RFC 7515 §4.1.11).
    for crit in [json!(["exp"]), json!(["b64"]), json!(["x-canary"]), json!([]), json!("exp"), json!(["alg", "kid"])] {
        try_header("crit", Some(crit));
    }
    let unencoded = super::with(&workshop.header_with("crit", Some(json!(["b64"]))), "b64", Some(json!(false)));
    forgeries.push(invalid("b64 false, encoded after all", workshop.signed_with_header(&unencoded)));
    for header in [&unencoded, &workshop.header_with("b64", Some(json!(false)))] {
        let parts = format!("{}.{}", base64url(header.to_string()), workshop.claims);
        forgeries.push(invalid("b64 false, claims as they are", workshop.forger.sign_parts(&parts)));
    }
    forgeries
}
