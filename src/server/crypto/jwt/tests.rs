//! Access tokens of every algorithm, and what they are not.

use super::*;
use crate::server::crypto::{Parameters, RootKeys};
use jsonwebtoken::{Algorithm, EncodingKey};
use secrecy::SecretString;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

const ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "RS256", "HS256"];
const AT_ONCE: KeyTimes = KeyTimes {
    created_at: Timestamp::from_micros(0),
    signs_from: Timestamp::from_micros(0),
    retired_at: None,
    revoked_at: None,
};

fn key(algorithm: &str) -> SigningKey {
    let roots = RootKeys::new(&SecretString::from("secret"), &[]);
    SigningKey::open(&roots, &SigningKey::generate(roots.primary(), algorithm).unwrap()).unwrap()
}

fn held(algorithm: &str, times: KeyTimes) -> HeldKey {
    HeldKey { key: Arc::new(key(algorithm)), times }
}

fn tokens(algorithm: &'static str) -> AccessTokens {
    let keys = [algorithm, "HS256", "ES256"].map(|algorithm| held(algorithm, AT_ONCE));
    AccessTokens::new("https://id.example".to_owned(), algorithm, 100).with(keys.into())
}

fn signed(tokens: &AccessTokens) -> String {
    tokens.sign(&claims(), NOW).unwrap()
}

fn signer(tokens: &AccessTokens) -> &SigningKey {
    tokens.signing_key(NOW).unwrap()
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
    for algorithm in ALGORITHMS {
        let tokens = tokens(algorithm);
        let token = signed(&tokens);
        for time in ["first", "second"] {
            assert_eq!(tokens.verify(&token, NOW), Ok(claims()), "{algorithm}, the {time} time");
        }
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    }
}

#[test]
fn a_token_ends_with_its_time_and_not_before() {
    let tokens = tokens("EdDSA");
    let token = signed(&tokens);
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
        header.kid = Some(signer(&tokens).kid.clone());
        jsonwebtoken::encode(&header, claims, &signer(&tokens).encoding).unwrap()
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
    for (algorithm, stranger) in [("EdDSA", "EdDSA"), ("ES256", "ES256"), ("RS256", "RS256"), ("HS256", "HS256")] {
        let tokens = tokens(algorithm);
        let forge = |alg: Algorithm, typ: Option<&str>, kid: Option<&str>, key: &EncodingKey| {
            let mut header = Header::new(alg);
            header.typ = typ.map(str::to_owned);
            header.kid = kid.map(str::to_owned);
            jsonwebtoken::encode(&header, &claims(), key).unwrap()
        };
        let signer = signer(&tokens);
        let (own, kid, ours) = (signer.algorithm, signer.kid.as_str(), &signer.encoding);
        let foreign = key(stranger);
        let public = match &signer.public {
            Some(_) => EncodingKey::from_secret(signer.decoding.try_get_as_bytes().unwrap()),
            None => EncodingKey::from_secret(b"secret"),
        };
        let [other] = ["ES256"].map(key);
        assert!(tokens.verify(&forge(own, Some(TYPE), Some(kid), ours), NOW).is_ok());
        for forged in [
            forge(own, Some("JWT"), Some(kid), ours),
            forge(own, None, Some(kid), ours),
            forge(own, Some(TYPE), None, ours),
            forge(own, Some(TYPE), Some("unknown"), ours),
            forge(own, Some(TYPE), Some(&"k".repeat(KID_LENGTH)), ours),
            forge(own, Some(TYPE), Some(kid), &foreign.encoding),
            forge(Algorithm::HS256, Some(TYPE), Some(kid), &public),
            forge(Algorithm::ES256, Some(TYPE), Some(kid), &other.encoding),
            String::new(),
            ".".repeat(1_000_000),
            "e30.e30.".to_owned(),
            format!("{}.{}.", b64(br#"{"alg":"none","typ":"at+jwt"}"#), b64(&serde_json::to_vec(&claims()).unwrap())),
        ] {
            let forged_shown = forged.get(..60).unwrap_or(&forged);
            assert!(tokens.verify(&forged, NOW).is_err(), "{algorithm}: {forged_shown}");
            assert!(tokens.verify(&forged, NOW).is_err(), "{algorithm}, again: {forged_shown}");
        }
    }
}

#[test]
fn jwt_4_a_changed_or_cut_token_is_refused() {
    for algorithm in ALGORITHMS {
        let tokens = tokens(algorithm);
        let token = signed(&tokens);
        // The genuine one is remembered: that must lend no other one anything.
        assert!(tokens.verify(&token, NOW).is_ok());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(tokens.verify(&changed, NOW).is_err(), "{algorithm}, changed at {at}");
            assert!(tokens.verify(token.get(..at).unwrap(), NOW).is_err(), "{algorithm}, cut at {at}");
            assert!(tokens.verify(token.get(at + 1..).unwrap(), NOW).is_err(), "{algorithm}, without its first {at}");
        }
        for extra in ["A", ".", "=", " ", "\n"] {
            assert!(tokens.verify(&format!("{token}{extra}"), NOW).is_err(), "{algorithm}: {extra:?} behind");
            assert!(tokens.verify(&format!("{extra}{token}"), NOW).is_err(), "{algorithm}: {extra:?} before");
        }
        assert!(tokens.verify(&token, NOW).is_ok());
    }
}

#[test]
fn jwt_4_no_single_bit_of_a_token_can_be_flipped() {
    for algorithm in ALGORITHMS {
        let tokens = tokens(algorithm);
        let token = signed(&tokens);
        assert!(tokens.verify(&token, NOW).is_ok());
        let mut flips = 0;
        // Of what is encoded, in each of the three parts...
        let parts: Vec<Vec<u8>> = token.split('.').map(decoded).collect();
        for (index, part) in parts.iter().enumerate() {
            for bit in 0..part.len() * 8 {
                let mut flipped = parts.clone();
                flipped[index][bit / 8] ^= 1 << (bit % 8);
                let flipped = flipped.iter().map(|part| b64(part)).collect::<Vec<_>>().join(".");
                assert!(tokens.verify(&flipped, NOW).is_err(), "{algorithm}, part {index}, bit {bit}");
                flips += 1;
            }
        }
        // ... and of the text itself, as far as it stays text.
        for bit in (0..token.len() * 8).filter(|bit| bit % 8 < 7) {
            let mut flipped = token.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let flipped = String::from_utf8(flipped).unwrap();
            assert!(tokens.verify(&flipped, NOW).is_err(), "{algorithm}, bit {bit} of the text");
            flips += 1;
        }
        assert!(flips > 5000, "{algorithm}: only {flips}");
    }
}

#[test]
fn key_1_the_next_key_is_published_and_believed_before_it_signs_and_the_last_one_after() {
    let at = |seconds| NOW.plus_seconds(seconds);
    let old = held("EdDSA", KeyTimes { retired_at: Some(at(100)), ..AT_ONCE });
    let next = held("EdDSA", KeyTimes { signs_from: at(100), ..AT_ONCE });
    let (old_kid, next_kid) = (old.key.kid.clone(), next.key.kid.clone());
    let tokens = AccessTokens::new("https://id.example".to_owned(), "EdDSA", 100).with(vec![next, old]);
    for (seconds, kid) in [(0, &old_kid), (99, &old_kid), (100, &next_kid), (5000, &next_kid)] {
        assert_eq!(&tokens.signing_key(at(seconds)).unwrap().kid, kid, "{seconds}");
    }
    let [by_old, by_next] = [0, 100].map(|seconds| tokens.sign(&claims(), at(seconds)).unwrap());
    for seconds in [0, 99, 100, 3759] {
        assert!(tokens.read(&by_old, at(seconds)).is_ok() && tokens.read(&by_next, at(seconds)).is_ok(), "{seconds}");
        assert_eq!(tokens.public_keys(at(seconds)).len(), 2, "{seconds}");
    }
    assert_eq!(tokens.read(&by_old, at(3760)), Err(InvalidToken::Invalid), "though it was found good before");
    assert_eq!(tokens.public_keys(at(3760)).len(), 1);
}

#[test]
fn key_2_what_was_found_good_is_forgotten_with_its_key() {
    let (gone, stays) = (held("EdDSA", AT_ONCE), held("EdDSA", AT_ONCE));
    let empty = AccessTokens::new("https://id.example".to_owned(), "EdDSA", 100);
    let before = empty.with(vec![gone, stays.clone()]);
    let token = signed(&before);
    assert!(before.verify(&token, NOW).is_ok() && before.verify(&token, NOW).is_ok());
    let gone_key = before.keys[0].key.kid.clone();
    assert_eq!(before.with(vec![stays]).verify(&token, NOW), Err(InvalidToken::UnknownKey));
    let known_as_gone = before.with(Vec::new()).without([gone_key].into());
    assert_eq!(known_as_gone.verify(&token, NOW), Err(InvalidToken::Invalid), "and is not looked for");
    assert_eq!(before.with(Vec::new()).verify(&token, NOW), Err(InvalidToken::UnknownKey));
    let revoked = before
        .keys
        .iter()
        .map(|held| HeldKey { key: Arc::clone(&held.key), times: KeyTimes { revoked_at: Some(NOW), ..held.times } });
    assert_eq!(before.with(revoked.collect()).verify(&token, NOW), Err(InvalidToken::Invalid), "the same keys");
    assert_eq!(before.with(before.keys.clone()).verify(&token, NOW), Ok(claims()));
}

#[test]
fn jwt_7_an_rsa_key_has_2048_bits_and_fits_into_its_columns() {
    let roots = RootKeys::new(&SecretString::from("secret"), &[]);
    let sealed = SigningKey::generate(roots.primary(), "RS256").unwrap();
    assert!(sealed.public_key.len() <= 1024 && sealed.sealed_private_key.len() <= 4096);
    let key = SigningKey::open(&roots, &sealed).unwrap();
    let Some(Parameters::Rsa { n, e }) = key.public.as_ref().map(|public| &public.parameters) else { panic!() };
    assert_eq!((decoded(n).len(), decoded(n)[0] >> 7, decoded(e)), (256, 1, vec![1, 0, 1]));
}

fn decoded(part: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn b64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
