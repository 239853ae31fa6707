//! A key after another one, and none of its tokens too many or too few.

use latchkey::domain::AuthError;
use latchkey::server::caller::Caller;
use latchkey::server::keys::service::{self, PUBLISHED_SECONDS, Role, SETTLED_SECONDS, Takeover};

use super::{PASSWORD, accepts, ask, kid, published, refuses, role, rotate};
use crate::support::TestApp;

/// Two processes on one database, and `anna`.
async fn two(settings: &[(&str, &str)]) -> (TestApp, TestApp) {
    let one = TestApp::with(settings).await;
    one.register("anna", PASSWORD).await;
    let other = one.another(settings).await.unwrap();
    (one, other)
}

#[tokio::test]
async fn key_1_a_new_key_is_published_before_it_signs_and_the_old_one_verifies_until_its_tokens_end() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let (one, other) = two(&[("ALGORITHM", algorithm), ("ACCESS_TOKEN_EXPIRE_MINUTES", "60")]).await;
        let anna = one.api_as("anna", PASSWORD).await;
        let old = kid(&anna.access_token());
        assert_eq!(published(&other).await, [old.as_str()]);
        let new = rotate(&one, Takeover::Published).await;
        assert_eq!((role(&one, &old).await, role(&one, &new).await), (Some(Role::Signing), Some(Role::Next)));
        one.advance(4);
        for app in [&one, &other] {
            assert_eq!(published(app).await, [new.clone(), old.clone()], "published before it signs");
        }
        one.advance(PUBLISHED_SECONDS - 5);
        anna.refresh().await;
        let last = anna.access_token();
        assert_eq!(kid(&last), old, "not before its time");
        one.advance(1);
        let boris = other.api_as("anna", PASSWORD).await;
        assert_eq!(kid(&boris.access_token()), new, "the other process has not been told by anybody");
        for app in [&one, &other] {
            accepts(app, &last).await;
            accepts(app, &boris.access_token()).await;
        }
        assert_eq!(role(&one, &old).await, Some(Role::Verifying));
        one.advance(3603);
        accepts(&other, &last).await;
        one.advance(1);
        assert_eq!(ask(&other, &last).await.api_verdict(), Err(AuthError::ExpiredToken), "it ended by itself");
        assert_eq!(published(&other).await.len(), 2);
        one.advance(60);
        assert_eq!(published(&other).await, [new.as_str()]);
        rotate(&one, Takeover::Published).await;
        assert_eq!((role(&one, &old).await, role(&one, &new).await), (None, Some(Role::Signing)), "removed by the way");
    }
}

#[tokio::test]
async fn key_1_a_takeover_in_seconds_waits_for_our_own_processes() {
    let (one, other) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    let (old, new) = (kid(&anna.access_token()), rotate(&one, Takeover::Now).await);
    for _ in 0..SETTLED_SECONDS {
        anna.refresh().await;
        assert_eq!(kid(&anna.access_token()), old);
        accepts(&other, &anna.access_token()).await;
        one.advance(1);
    }
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), new);
    // Somebody else's nonsense may have used up this second's look for unknown keys: the key is known without it.
    refuses(&other, &anna.access_token().replace(&encoded(&new), &encoded("k".repeat(22).as_str()))).await;
    accepts(&other, &anna.access_token()).await;
    one.advance(5);
    assert_eq!(role(&one, &old).await, Some(Role::Verifying));
}

/// The last part of the header of a token, as it is encoded there: where the key's name stands.
fn encoded(kid: &str) -> String {
    crate::support::forge::base64url(format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#))
}

#[tokio::test]
async fn key_1_each_rotation_supersedes_the_one_before_even_while_that_waits() {
    let (one, _) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    let first = kid(&anna.access_token());
    let second = rotate(&one, Takeover::Published).await;
    one.advance(60);
    let third = rotate(&one, Takeover::Published).await;
    one.advance(PUBLISHED_SECONDS - 60);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), second);
    one.advance(60);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), third);
    let fourth = rotate(&one, Takeover::Published).await;
    let fifth = rotate(&one, Takeover::Now).await;
    one.advance(PUBLISHED_SECONDS + 1);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), fifth, "the one that waited never signs");
    assert_eq!(role(&one, &fourth).await, Some(Role::Verifying));
    one.advance(3660);
    rotate(&one, Takeover::Published).await;
    for gone in [&first, &second, &third, &fourth] {
        assert_eq!(role(&one, gone).await, None);
    }
}

#[tokio::test]
async fn key_1_a_retired_key_hands_over_to_the_next_one() {
    let (one, other) = two(&[]).await;
    let operator = Caller::operator();
    let anna = one.api_as("anna", PASSWORD).await;
    let old = kid(&anna.access_token());
    let ended = service::retire(&one.state, &operator, &old).await.unwrap();
    let new = ended.successor.unwrap().kid;
    assert!(!ended.was_so && ended.believed_until.is_some());
    assert_eq!((role(&one, &old).await, role(&one, &new).await), (Some(Role::Signing), Some(Role::Next)));
    one.advance(SETTLED_SECONDS);
    let again = service::retire(&one.state, &operator, &old).await.unwrap();
    assert!(again.was_so && again.successor.is_none());
    accepts(&other, &anna.access_token()).await;
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), new);
    accepts(&other, &anna.access_token()).await;
    // The key that is to come is given up: another one comes when it would have.
    let next = rotate(&one, Takeover::Published).await;
    let ended = service::retire(&one.state, &operator, &next).await.unwrap();
    let instead = ended.successor.unwrap().kid;
    one.advance(PUBLISHED_SECONDS);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), instead);
    assert_eq!(service::retire(&one.state, &operator, "nobody").await.unwrap_err(), AuthError::NotFound);
}

#[tokio::test]
async fn key_1_a_key_signs_until_the_one_that_waits_begins_and_no_third_one_is_made() {
    let (one, other) = two(&[]).await;
    let operator = Caller::operator();
    let anna = one.api_as("anna", PASSWORD).await;
    let old = kid(&anna.access_token());
    let next = rotate(&one, Takeover::Published).await;
    let begins = one.now().plus_seconds(PUBLISHED_SECONDS);
    for _ in 0..2 {
        let ended = service::retire(&one.state, &operator, &old).await.unwrap();
        assert_eq!((ended.retires_at, ended.successor.is_none()), (Some(begins), true));
    }
    // A key without an end, as a process makes one that finds none: it, too, may go only when another one signs.
    one.sql("update signing_keys set retired_at = null").await;
    let ended = service::retire(&one.state, &operator, &old).await.unwrap();
    assert_eq!((ended.was_so, ended.retires_at, ended.successor.is_none()), (false, Some(begins), true));
    assert_eq!(ended.believed_until, Some(begins.plus_seconds(3660)));
    for _ in 0..3 {
        one.advance(PUBLISHED_SECONDS / 3 - 1);
        let client = other.api_as("anna", PASSWORD).await;
        assert_eq!(kid(&client.access_token()), old);
        accepts(&one, &client.access_token()).await;
    }
    one.advance(3);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), next);
    assert_eq!(published(&other).await, [next.as_str(), &old], "nobody has made a third one");
}

#[tokio::test]
async fn key_1_what_fills_the_gap_of_a_revoked_key_goes_when_the_one_that_waits_begins() {
    let (one, other) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    let old = kid(&anna.access_token());
    let next = rotate(&one, Takeover::Published).await;
    let begins = one.now().plus_seconds(PUBLISHED_SECONDS);
    let filler = service::revoke(&one.state, &Caller::operator(), &old).await.unwrap().successor.unwrap().kid;
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), filler);
    let listed = service::list(&one.state, &Caller::operator()).await.unwrap();
    let times = listed.iter().find(|key| key.kid == filler).unwrap().times;
    assert_eq!((times.retired_at, times.believed_until()), (Some(begins), Some(begins.plus_seconds(3660))));
    one.advance(PUBLISHED_SECONDS);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), next);
    accepts(&other, &anna.access_token()).await;
    assert_eq!(role(&one, &filler).await, Some(Role::Verifying), "and not spare for good");
}

#[tokio::test]
async fn key_2_a_revoked_key_s_tokens_are_refused_by_every_process_within_five_seconds() {
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let (one, other) = two(&[("ALGORITHM", algorithm)]).await;
        let browser = one.register("boris", PASSWORD).await;
        let (anna, carl) = (one.api_as("anna", PASSWORD).await, other.api_as("anna", PASSWORD).await);
        let stolen = anna.access_token();
        one.advance(1);
        for app in [&one, &other, &one, &other] {
            accepts(app, &stolen).await;
        }
        let ended = service::revoke(&one.state, &Caller::operator(), &kid(&stolen)).await.unwrap();
        let new = ended.successor.unwrap().kid;
        refuses(&one, &stolen).await;
        // The worst that can be: the other process has just looked.
        one.advance(5);
        for _ in 0..2 {
            refuses(&other, &stolen).await;
            refuses(&one, &carl.access_token()).await;
        }
        assert_eq!(role(&one, &kid(&stolen)).await, Some(Role::Revoked));
        assert!(!published(&other).await.contains(&kid(&stolen)), "nor is it published");
        // Nobody has lost their session.
        anna.refresh().await;
        assert_eq!(kid(&anna.access_token()), new);
        accepts(&other, &anna.access_token()).await;
        assert_eq!(browser.get("/profile").await.status, 200);
        let again = service::revoke(&one.state, &Caller::operator(), &kid(&stolen)).await.unwrap();
        assert!(again.was_so && again.successor.is_none());
        one.advance(3660);
        rotate(&one, Takeover::Now).await;
        assert_eq!(role(&one, &kid(&stolen)).await, None, "removed by the way");
        refuses(&other, &stolen).await;
    }
}

#[tokio::test]
async fn key_2_whoever_has_a_revoked_key_signs_nothing_that_is_believed() {
    let (one, other) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    let (thief, token) = (one.forger().await, anna.access_token());
    let [header, claims] = [0, 1].map(|part| decoded(token.split('.').nth(part).unwrap()));
    let forge = |kid: &str| {
        thief.sign(&header.replace(&thief.kid, kid), &claims.replace(r#""roles":["#, r#""roles":["admin","#))
    };
    accepts(&other, &forge(&thief.kid)).await;
    let ended = service::revoke(&one.state, &Caller::operator(), &thief.kid).await.unwrap();
    one.advance(5);
    for app in [&one, &other] {
        for kid in [&thief.kid, &ended.successor.as_ref().unwrap().kid] {
            refuses(app, &forge(kid)).await;
        }
    }
}

fn decoded(part: &str) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn key_2_a_key_that_signs_for_others_or_not_yet_is_revoked_alone() {
    let (one, _) = two(&[]).await;
    let operator = Caller::operator();
    let anna = one.api_as("anna", PASSWORD).await;
    let first = kid(&anna.access_token());
    let next = rotate(&one, Takeover::Published).await;
    let ended = service::revoke(&one.state, &operator, &first).await.unwrap();
    let between = ended.successor.unwrap().kid;
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), between, "until the next one's time has come");
    one.advance(PUBLISHED_SECONDS);
    anna.refresh().await;
    assert_eq!((kid(&anna.access_token()), role(&one, &between).await), (next, Some(Role::Verifying)));
    assert!(service::revoke(&one.state, &operator, &between).await.unwrap().successor.is_none());
    let waiting = rotate(&one, Takeover::Published).await;
    let instead = service::revoke(&one.state, &operator, &waiting).await.unwrap().successor.unwrap();
    one.advance(PUBLISHED_SECONDS);
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), instead.kid);
    assert_eq!(service::revoke(&one.state, &operator, "nobody").await.unwrap_err(), AuthError::NotFound);
}

#[tokio::test]
async fn key_2_all_keys_are_revoked_at_once_whatever_they_do() {
    let (one, _) = two(&[]).await;
    let operator = Caller::operator();
    let anna = one.api_as("anna", PASSWORD).await;
    let other = one.another(&[("ALGORITHM", "ES256")]).await.unwrap();
    // One that verifies, one that signs, one that waits; and one of another algorithm.
    let mut stolen = vec![anna.access_token(), other.api_as("anna", PASSWORD).await.access_token()];
    rotate(&one, Takeover::Now).await;
    one.advance(SETTLED_SECONDS);
    anna.refresh().await;
    stolen.push(anna.access_token());
    let next = rotate(&one, Takeover::Published).await;
    let mut kids: Vec<_> = stolen.iter().map(|token| kid(token)).chain([next]).collect();
    kids.sort();
    let revoked = service::revoke_all(&one.state, &operator).await.unwrap();
    assert_eq!(revoked.kids, kids);
    one.advance(5);
    let new = revoked.successor.unwrap();
    assert_eq!((published(&other).await, new.algorithm), (vec![new.kid.clone()], "EdDSA".to_owned()));
    for app in [&one, &other] {
        for token in &stolen {
            refuses(app, token).await;
        }
    }
    anna.refresh().await;
    assert_eq!(kid(&anna.access_token()), new.kid, "nobody has lost their session");
    accepts(&other, &anna.access_token()).await;
    one.advance(3600);
    assert_eq!(service::revoke_all(&one.state, &operator).await.unwrap().kids, [new.kid], "and only what is there");
    one.sql("delete from signing_keys").await;
    let none = service::revoke_all(&one.state, &operator).await.unwrap();
    assert!(none.kids.is_empty() && none.successor.is_none());
    assert_eq!(one.count("select count(*) from signing_keys").await, 0);
}

#[tokio::test]
async fn jwt_7_another_algorithm_is_taken_up_process_by_process() {
    let (one, _) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    for algorithm in ["ES256", "RS256", "HS256", "EdDSA"] {
        let other = one.another(&[("ALGORITHM", algorithm)]).await.unwrap();
        let tokens = other.api_as("anna", PASSWORD).await.access_token();
        assert_eq!(format!("{:?}", jsonwebtoken::decode_header(&tokens).unwrap().alg), algorithm);
        one.advance(1);
        accepts(&one, &tokens).await;
        anna.refresh().await;
        accepts(&other, &anna.access_token()).await;
        assert_eq!(published(&one).await, published(&other).await);
    }
    assert_eq!(published(&one).await.len(), 3, "EdDSA, ES256 and RS256; never HS256");
}

#[tokio::test]
async fn nobody_but_the_operator_touches_keys() {
    let (one, _) = two(&[]).await;
    let anna = one.api_as("anna", PASSWORD).await;
    let kid = kid(&anna.access_token());
    let before = one.dump().await;
    let session = one.state.store.session_with_account(&one.text("select id from sessions").await).await.unwrap();
    let somebody = Caller { session, ..Caller::default() };
    for (caller, error) in [(Caller::default(), AuthError::Unauthenticated), (somebody, AuthError::Forbidden)] {
        let (state, caller) = (&one.state, &caller);
        assert_eq!(service::list(state, caller).await.unwrap_err(), error);
        assert_eq!(service::rotate(state, caller, Takeover::Now).await.unwrap_err(), error);
        assert_eq!(service::retire(state, caller, &kid).await.unwrap_err(), error);
        assert_eq!(service::revoke(state, caller, &kid).await.unwrap_err(), error);
        assert_eq!(service::revoke_all(state, caller).await.unwrap_err(), error);
        assert_eq!(service::other_algorithms(state, caller).await.unwrap_err(), error);
        assert_eq!(service::show(state, caller, (&kid, true)).await.unwrap_err(), error);
    }
    assert_eq!(one.dump().await, before);
}
