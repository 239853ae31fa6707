//! Somebody has a copy of the database, and knows everything but the root secret: they sign in, refresh and sign nothing.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey::paths::api::{KEYS, REFRESH, TOKEN};
use latchkey::server::crypto::{RootKeys, SealedKey, SigningKey};
use secrecy::SecretString;
use serde_json::json;

use super::{PASSWORD, accepts, ask};
use crate::support::forge::base64url;
use crate::support::{ApiClient, Door, TestApp};

/// All that the copy holds: every value, the bytes that it may be an encoding of, and what is public.
async fn loot(app: &TestApp) -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = app.values().await.into_iter().filter(|text| !text.is_empty()).collect();
    texts.push(app.api().get(KEYS).await.body);
    for key in app.api().get(KEYS).await.json()["keys"].as_array().unwrap() {
        texts.extend(key.as_object().unwrap().values().filter_map(|value| value.as_str().map(str::to_owned)));
    }
    // A password hash is salt and hash, and each of them is worth a try.
    let parts: Vec<String> = texts.iter().flat_map(|text| text.split('$')).map(str::to_owned).collect();
    texts.extend(parts.into_iter().filter(|part| !part.is_empty()));
    let mut loot: Vec<Vec<u8>> = texts.iter().map(|text| text.clone().into_bytes()).collect();
    loot.extend(texts.iter().filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok()));
    loot.extend(texts.iter().filter_map(|text| STANDARD.decode(text).ok()));
    // What is sealed begins with twelve bytes that are not.
    let bodies: Vec<Vec<u8>> = loot.iter().filter_map(|bytes| bytes.get(12..).map(<[u8]>::to_vec)).collect();
    loot.extend(bodies);
    loot.retain(|bytes| !bytes.is_empty());
    loot.sort();
    loot.dedup();
    loot
}

/// With every algorithm that we know, of keys that are published, retired and secret.
async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    for algorithm in ["ES256", "RS256", "HS256"] {
        app.another(&[("ALGORITHM", algorithm)]).await.unwrap();
    }
    app.try_link("anna").await.unwrap();
    app.advance(5);
    app
}

#[tokio::test]
async fn key_1_a_copy_of_the_database_signs_no_access_token() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    accepts(&app, &anna.access_token()).await;
    let token = anna.access_token();
    let claims = token.split('.').nth(1).unwrap();
    let loot = loot(&app).await;
    assert!(loot.len() > 100, "only {}", loot.len());
    let keys = app.state.store.signing_keys().await.unwrap();
    assert_eq!(keys.len(), 4);
    let mut tried = 0;
    for key in keys {
        let SealedKey { kid, algorithm, .. } = key.sealed;
        for alg in [algorithm.as_str(), "HS256"] {
            let parts = format!("{}.{claims}", base64url(json!({"typ": "at+jwt", "alg": alg, "kid": kid}).to_string()));
            for signature in loot.iter().flat_map(|bytes| signatures(alg, bytes, parts.as_bytes())) {
                let forged = format!("{parts}.{}", base64url(signature));
                assert_eq!(ask(&app, &forged).await.status, 401, "{algorithm} as {alg}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried}");
    accepts(&app, &token).await;
}

/// What `bytes` sign when they are taken for a key.
fn signatures(alg: &str, bytes: &[u8], message: &[u8]) -> Vec<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "a forger asks where they like")]
    let random = aws_lc_rs::rand::SystemRandom::new();
    match alg {
        "HS256" => vec![hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), message).as_ref().to_vec()],
        "EdDSA" => {
            let seed = bytes.get(..32).and_then(|seed| Ed25519KeyPair::from_seed_unchecked(seed).ok());
            let pairs = [seed, Ed25519KeyPair::from_pkcs8(bytes).ok()];
            pairs.into_iter().flatten().map(|pair| pair.sign(message).as_ref().to_vec()).collect()
        }
        "ES256" => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).ok();
            let pair =
                pair.or_else(|| EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).ok());
            pair.map(|pair| pair.sign(&random, message).unwrap().as_ref().to_vec()).into_iter().collect()
        }
        _ => {
            let pair = RsaKeyPair::from_pkcs8(bytes).or_else(|_| RsaKeyPair::from_der(bytes)).ok();
            let sign = |pair: RsaKeyPair| {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            };
            pair.map(sign).into_iter().collect()
        }
    }
}

#[tokio::test]
async fn key_1_a_copy_of_the_database_opens_with_no_value_of_its_own() {
    let app = app().await;
    let keys = app.state.store.signing_keys().await.unwrap();
    for bytes in loot(&app).await {
        let Ok(secret) = String::from_utf8(bytes) else { continue };
        let roots = RootKeys::new(&SecretString::from(secret), &[]);
        assert!(keys.iter().all(|key| SigningKey::open(&roots, &key.sealed).is_err()));
    }
    for secret in ["another-secret-0123456789-0123456789-0123", "c2VjcmV0-c2VjcmV0-c2VjcmV0-c2VjcmV0-c2VjcmV0"] {
        assert!(app.another(&[("SECRET_KEY", secret)]).await.is_err(), "it started");
    }
}

#[tokio::test]
async fn key_1_a_copy_of_the_database_refreshes_nothing() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    let genuine = anna.refresh_token();
    let parts: Vec<&str> = genuine.split('.').collect();
    let (key_id, session) = (parts[1], parts[2]);
    let seed = app.text("select seed from sessions where kind = 'api'").await;
    let mut tried = 0;
    for bytes in loot(&app).await {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"latchkey/root/v1"), &bytes);
        let derived = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        for key in [key, derived] {
            // The counter is the next one: a genuine token of that counter would be taken.
            let message = format!("refresh/v1\0api\0{session}\x001\0{seed}");
            let mac = base64url(hmac::sign(&key, message.as_bytes()));
            assert!(!refreshes(&app, &format!("lk1.{key_id}.{session}.1.{mac}")).await);
            tried += 1;
        }
        assert!(!refreshes(&app, &format!("lk1.{key_id}.{session}.1.{}", base64url(&bytes))).await);
    }
    assert!(tried > 200, "only {tried}");
    assert_eq!(anna.refresh().await.status, 200, "and the session was not harmed");
}

async fn refreshes(app: &TestApp, token: &str) -> bool {
    let reply = app.api().post(REFRESH, &json!({"refresh_token": token})).await;
    assert!([200, 401].contains(&reply.status.as_u16()), "{}", reply.body);
    reply.status == 200
}

#[tokio::test]
async fn key_1_no_value_of_a_copy_is_a_password_a_token_or_a_link() {
    let app = app().await;
    let anna: ApiClient<'_> = app.api_as("anna", PASSWORD).await;
    for bytes in loot(&app).await {
        let Ok(text) = String::from_utf8(bytes.clone()) else { continue };
        if text.chars().any(char::is_control) || text.len() > 2000 {
            continue;
        }
        if text.len() >= 8 && text.len() <= 256 {
            // Each is to be looked at, and not only counted.
            app.sql("delete from attempts").await;
            let body = json!({"username": "anna", "password": text});
            assert_eq!(app.api().post(TOKEN, &body).await.status, 401, "a password: {text}");
        }
        if text.is_ascii() && !text.trim().is_empty() {
            assert_eq!(ask(&app, text.trim()).await.status, 401, "a bearer token: {text}");
        }
        assert!(!refreshes(&app, &text).await, "a refresh token: {text}");
        for token in [text.clone(), format!("lkp1.{text}"), format!("lkp1.{}", base64url(&bytes))] {
            let holder = app.browser(Door::Rpc);
            holder.set_cookie("latchkey-password-link", Some(&token.replace([';', ' ', '"', ','], "")));
            assert_ne!(holder.set_password("anna", "canary-Taken-Kx7-pw").await.status, 200, "a link: {text}");
        }
    }
    accepts(&app, &anna.access_token()).await;
}
