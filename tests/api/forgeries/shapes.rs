//! What does not have the shape of our tokens: other parts, other encodings, far too much.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde_json::json;

use super::{Forgery, Workshop, invalid, with};
use crate::support::forge::base64url;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// All of them.
pub fn shapes(workshop: &Workshop) -> Vec<Forgery> {
    [parts(workshop), encodings(workshop), contents(workshop), sizes(workshop)].into_iter().flatten().collect()
}

fn parts(workshop: &Workshop) -> Vec<Forgery> {
    let (token, [header, claims, signature]) = (&workshop.token, workshop.parts());
    let jwe = base64url(json!({"alg": "dir", "enc": "A256GCM", "typ": "at+jwt"}).to_string());
    let nested = with(&workshop.header, "cty", Some(json!("at+jwt"))).to_string();
    [
        ("five parts, as a JWE has", format!("{jwe}..AAAA.AAAA.AAAA")),
        ("five parts of ours", format!("{header}..{claims}.{signature}.AAAA")),
        ("four parts", format!("{token}.AAAA")),
        ("a dot in front", format!(".{token}")),
        ("a dot behind", format!("{token}.")),
        ("two dots", format!("{header}..{claims}.{signature}")),
        ("two parts", format!("{header}.{signature}")),
        ("parts in another order", format!("{claims}.{header}.{signature}")),
        ("one part", header.to_owned()),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("two dots alone", "..".to_owned()),
        ("a dot alone", ".".to_owned()),
        ("four dots alone", "....".to_owned()),
        ("empty objects", "e30.e30.e30".to_owned()),
        ("words", "not.a.token".to_owned()),
        ("JSON", workshop.claims.to_string()),
        ("JSON serialization", json!({"payload": claims, "protected": header, "signature": signature}).to_string()),
        ("twice", format!("{token},{token}")),
        ("twice with a space", format!("{token} {token}")),
        ("the scheme twice", format!("Bearer {token}")),
        ("in quotation marks", format!("\"{token}\"")),
        ("as a cookie", format!("latchkey-access={token}")),
        ("a token in a token", workshop.forger.sign(&nested, token)),
        ("a token as a text in a token", workshop.forger.sign(&nested, &format!("\"{token}\""))),
    ]
    .map(|(name, token)| invalid(name, token))
    .into()
}

fn encodings(workshop: &Workshop) -> Vec<Forgery> {
    let (token, [header, claims, signature]) = (&workshop.token, workshop.parts());
    let decode = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    let raw = [header, claims, signature].map(decode);
    // A text whose standard encoding differs from ours, in the header, signed by our key.
    let odd = with(&workshop.claims, "username", Some(json!("\u{3ff}\u{3ff}>>>???"))).to_string();
    let odd_parts = format!("{header}.{}", STANDARD_NO_PAD.encode(&odd));
    assert!(odd_parts.contains(['+', '/']), "the two alphabets differ in it");
    let mut forgeries = vec![
        invalid("the standard alphabet", workshop.forger.sign_parts(&odd_parts)),
        invalid("padded", raw.each_ref().map(|part| URL_SAFE.encode(part)).join(".")),
        invalid("standard and padded", raw.each_ref().map(|part| STANDARD.encode(part)).join(".")),
        invalid("a padded signature", format!("{token}==")),
        invalid("one sign of padding", format!("{token}=")),
        invalid("percent-encoded dots", token.replace('.', "%2E")),
        invalid("a percent-encoded end", format!("{token}%00")),
        invalid("a space inside", format!("{header}. {claims}.{signature}")),
        invalid("a tab inside", format!("{header}.{claims}\t.{signature}")),
        invalid("a comma behind", format!("{token},")),
        invalid("a semicolon behind", format!("{token};")),
        invalid("in capitals", token.to_uppercase()),
        invalid("a Cyrillic letter", format!("{}\u{430}{}", &token[..5], &token[6..])),
        invalid("a zero-width space", format!("{}\u{200b}{}", &token[..5], &token[5..])),
        invalid("a byte order mark in front", format!("\u{feff}{token}")),
        invalid("a no-break space behind", format!("{token}\u{a0}")),
        invalid(
            "hexadecimal",
            raw.each_ref().map(|part| part.iter().map(|b| format!("{b:02x}")).collect::<String>()).join("."),
        ),
    ];
    // The last character of 64 bytes has four bits that mean nothing; a second spelling of the same signature is none.
    let last = signature.chars().last().unwrap();
    let at = ALPHABET.iter().position(|c| char::from(*c) == last).unwrap();
    for bit in 1..16 {
        let other = char::from(ALPHABET[at ^ bit]);
        forgeries.push(invalid(
            format!("the same signature, spelled with {other}"),
            format!("{}{other}", &token[..token.len() - 1]),
        ));
    }
    forgeries
}

fn contents(workshop: &Workshop) -> Vec<Forgery> {
    let (header, claims) = (workshop.header.to_string(), workshop.claims.to_string());
    let sign = |claims: &str| workshop.forger.sign(&header, claims);
    let utf16: Vec<u8> = claims.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bytes = |claims: &[u8]| workshop.forger.sign_parts(&format!("{}.{}", base64url(&header), base64url(claims)));
    [
        ("no claims at all", sign("")),
        ("null", sign("null")),
        ("a list", sign(&format!("[{claims}]"))),
        ("a text", sign(&json!(claims).to_string())),
        ("claims and more", sign(&format!("{claims}{{}}"))),
        ("claims and a letter", sign(&format!("{claims}x"))),
        ("claims and a NUL", sign(&format!("{claims}\0"))),
        ("half of the claims", sign(&claims[..claims.len() / 2])),
        ("a byte order mark", sign(&format!("\u{feff}{claims}"))),
        ("single quotes", sign(&claims.replace('"', "'"))),
        ("a comment", sign(&format!("/**/{claims}"))),
        ("a comma too many", sign(&claims.replace('}', ",}"))),
        ("a lone surrogate", sign(&claims.replace("\"anna\"", "\"\\ud800\""))),
        ("no UTF-8", bytes(&[claims.as_bytes(), b"\xff"].concat())),
        ("UTF-16", bytes(&utf16)),
        (
            "claims of lists, as numbers count fields",
            sign(&json!(workshop.claims.as_object().unwrap().values().collect::<Vec<_>>()).to_string()),
        ),
        ("a header that is a list", workshop.forger.sign(&format!("[{header}]"), &claims)),
        ("a header of two", workshop.forger.sign(&format!("{header}{header}"), &claims)),
        ("a header with a byte order mark", workshop.forger.sign(&format!("\u{feff}{header}"), &claims)),
        (
            "a compressed one, says the header",
            workshop.signed_with_header(&workshop.header_with("zip", Some(json!("DEF")))),
        ),
        (
            "an encrypted one, says the header",
            workshop.signed_with_header(&workshop.header_with("enc", Some(json!("A256GCM")))),
        ),
    ]
    .map(|(name, token)| invalid(name, token))
    .into()
}

fn sizes(workshop: &Workshop) -> Vec<Forgery> {
    let [header, claims, signature] = workshop.parts();
    let long = with(&workshop.claims, "username", Some(json!("x".repeat(4096))));
    [
        ("a letter", "a".to_owned()),
        ("many letters", "a".repeat(100_000)),
        ("many dots", ".".repeat(100_000)),
        ("a long header", format!("{}.{claims}.{signature}", header.repeat(200))),
        ("a long signature", format!("{header}.{claims}.{}", signature.repeat(200))),
        ("more than we ever write, signed by us", workshop.signed_with_claims(&long)),
    ]
    .map(|(name, token)| invalid(name, token))
    .into()
}
