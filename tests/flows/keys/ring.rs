//! What a process holds of the keys: how old it may be, and what becomes of it in an outage.

use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey::domain::AuthError;
use latchkey::server::caller::Caller;
use latchkey::server::clock::Clock;
use latchkey::server::crypto::{AccessTokens, InvalidToken, RootKeys};
use latchkey::server::keys::ring::{Disbelief, KeyRing};
use latchkey::server::keys::service;

use secrecy::SecretString;

use super::{PASSWORD, accepts, kid, published, refuses};
use crate::support::{SECRET, TestApp};

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app
}

#[tokio::test]
async fn avl_4_without_the_database_keys_are_believed_for_four_seconds_and_then_nobody_knows() {
    let app = app().await;
    let other = app.another(&[]).await.unwrap();
    let token = app.api_as("anna", PASSWORD).await.access_token();
    let ring = &other.state.keys;
    assert!(ring.verify(&token).await.is_ok());
    other.state.store.close().await;
    let unknown = Err(Disbelief::Failure(AuthError::Unavailable));
    for (seconds, is_known) in [(0, true), (2, true), (1, true), (1, false), (60, false), (-7200, false)] {
        app.advance(seconds);
        let answer = ring.verify(&token).await;
        assert_eq!(answer.is_ok(), is_known, "{seconds}: {answer:?}");
        assert!(is_known || answer.map(drop) == unknown, "{seconds}");
        assert_eq!(ring.signer().await.is_ok(), is_known, "{seconds}");
    }
    assert_eq!(published(&other).await, [kid(&token)], "who asks keeps them for minutes anyway");
}

#[tokio::test]
async fn avl_4_without_the_database_an_unknown_key_is_no_reason_to_refuse() {
    let app = app().await;
    let other = app.another(&[]).await.unwrap();
    let anna = app.api_as("anna", PASSWORD).await;
    other.state.store.close().await;
    service::revoke(&app.state, &Caller::operator(), &kid(&anna.access_token())).await.unwrap();
    anna.refresh().await;
    for _ in 0..3 {
        let answer = other.state.keys.verify(&anna.access_token()).await;
        assert_eq!(answer.map(drop), Err(Disbelief::Failure(AuthError::Unavailable)));
    }
}

#[tokio::test]
async fn jwt_5_unknown_keys_are_looked_for_once_a_second_however_many_are_named() {
    let app = app().await;
    let other = app.another(&[]).await.unwrap();
    let anna = app.api_as("anna", PASSWORD).await;
    let forger = app.forger().await;
    let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{}"}}"#, "k".repeat(22));
    for _ in 0..50 {
        refuses(&other, &forger.sign(&header, "{}")).await;
    }
    // A key that is made in this very second and signs at once is found in the next one, whatever else is asked.
    service::revoke(&app.state, &Caller::operator(), &kid(&anna.access_token())).await.unwrap();
    anna.refresh().await;
    refuses(&other, &anna.access_token()).await;
    app.advance(1);
    accepts(&other, &anna.access_token()).await;
    // What is no name of a key is not looked for.
    let answer = other.state.keys.verify(&forger.sign(r#"{"typ":"at+jwt","alg":"EdDSA","kid":"k"}"#, "{}")).await;
    assert_eq!(answer, Err(Disbelief::Token(InvalidToken::Invalid)));
}

#[tokio::test]
async fn key_1_a_key_that_signs_at_once_is_found_by_all_who_ask_at_the_same_moment() {
    let app = app().await;
    let other = app.another(&[]).await.unwrap();
    let anna = app.api_as("anna", PASSWORD).await;
    service::revoke(&app.state, &Caller::operator(), &kid(&anna.access_token())).await.unwrap();
    anna.refresh().await;
    let token = anna.access_token();
    futures_util::future::join_all((0..50).map(|_| accepts(&other, &token))).await;
}

#[tokio::test]
async fn key_2_a_key_that_signs_at_once_is_waited_for_when_it_was_just_looked_for_in_vain() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    // In real time: the clock that tests set passes no second by itself.
    let (roots, store) = (RootKeys::new(&SecretString::from(SECRET), &[]), app.state.store.clone());
    let tokens = AccessTokens::new(app.state.config.public_url.origin().to_owned(), "EdDSA", 100);
    let ring = KeyRing::open((store, Clock::System), Arc::new(roots), "EdDSA", tokens).await.unwrap();
    let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{}"}}"#, "k".repeat(22));
    let made_up = app.forger().await.sign(&header, "{}");
    assert!(ring.read(&made_up).await.is_err(), "takes the look of this second");
    let old = anna.access_token();
    service::revoke(&app.state, &Caller::operator(), &kid(&old)).await.unwrap();
    anna.refresh().await;
    let new = anna.access_token();
    assert_ne!(kid(&new), kid(&old));
    let readers = (0..20).map(|_| ring.read(&new));
    for answer in futures_util::future::join_all(readers).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    // However many make up names, few wait for them, and none twice.
    let asked_at = Instant::now();
    let answers = futures_util::future::join_all((0..500).map(|_| ring.read(&made_up))).await;
    assert!(answers.iter().all(Result::is_err) && asked_at.elapsed() < Duration::from_secs(10));
    // That it was revoked is known: nobody looks for it, nor waits.
    assert_eq!(ring.read(&old).await, Err(Disbelief::Token(InvalidToken::Invalid)));
}

#[tokio::test]
async fn a_clock_that_steps_back_makes_the_keys_be_read_anew_and_nobody_notices() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    app.advance(-4);
    accepts(&app, &anna.access_token()).await;
    app.advance(-86_400);
    let early = app.api_as("anna", PASSWORD).await;
    accepts(&app, &early.access_token()).await;
    assert_eq!(app.count("select count(*) from signing_keys").await, 1);
}

#[tokio::test]
async fn a_key_that_does_not_open_ends_the_start_but_not_a_server_that_runs() {
    let app = app().await;
    let anna = app.api_as("anna", PASSWORD).await;
    app.sql(
        "insert into signing_keys (kid, algorithm, public_key, sealed_private_key, created_at) \
         select 'strange', algorithm, public_key, sealed_private_key, created_at + 1 from signing_keys",
    )
    .await;
    app.advance(5);
    accepts(&app, &anna.access_token()).await;
    let refused = app.another(&[]).await.err().unwrap().to_string();
    assert!(refused.contains("this database was sealed with another SECRET_KEY"), "{refused}");
    app.sql("update signing_keys set revoked_at = 1 where kid = 'strange'").await;
    app.another(&[]).await.unwrap();
}
