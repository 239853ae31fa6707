//! What an access token costs, by algorithm: to sign, to verify for the first time, and to verify again; and what that is of a
//! whole request. `make bench` runs it; nothing fails here, the figures are for people, on a quiet machine.

use std::error::Error;
use std::hint::black_box;
use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use latchkey::domain::{Role, Timestamp};
use latchkey::paths;
use latchkey::server::clock::Clock;
use latchkey::server::config::{Config, DatabaseUrl, Flags, HashingSettings};
use latchkey::server::crypto::{AccessClaims, AccessTokens, HeldKey, KeyTimes, RootKeys, SigningKey};
use latchkey::server::router;
use latchkey::server::state::AppState;
use latchkey::server::store::{Store, StoreSettings};
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt as _;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "RS256", "HS256"];
const ISSUER: &str = "https://accounts.example.com";
const SECRET: &str = "benchmark-0123456789-0123456789-0123456789";
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
/// Fewer than are remembered, so that a token that was seen is found again.
const TOKENS: usize = 2000;
/// The best of so many rounds: whatever else the machine does only adds.
const ROUNDS: usize = 10;

fn main() -> Outcome<()> {
    let mut out = stdout();
    writeln!(out, "microseconds a token        sign    verify: first time    again    if none were remembered")?;
    for algorithm in ALGORITHMS {
        let held = key(algorithm)?;
        let set = |remembered| AccessTokens::new(ISSUER.to_owned(), algorithm, remembered).with(vec![held.clone()]);
        let (remembers, forgets) = (set(TOKENS), set(0));
        let all = signed(&forgets)?;
        let sign = best(|| signed(&forgets).map(drop))?;
        let first = best(|| verify(&set(TOKENS), &all))?;
        verify(&remembers, &all)?;
        let again = best(|| verify(&remembers, &all))?;
        let not_remembered = best(|| verify(&forgets, &all))?;
        let [sign, first, again, not_remembered] = [sign, first, again, not_remembered].map(micros);
        writeln!(out, "{algorithm:<22}{sign:>10.1}{first:>22.1}{again:>9.1}{not_remembered:>27.1}")?;
    }
    writeln!(out, "\nmicroseconds a request, GET /users/me, one after the other, in process")?;
    writeln!(out, "                      another token each time    the same token again")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for algorithm in ALGORITHMS {
        let [fresh, same] = runtime.block_on(requests(algorithm))?.map(micros);
        writeln!(out, "{algorithm:<22}{fresh:>23.1}{same:>24.1}")?;
    }
    Ok(())
}

/// One of them, of the total.
fn micros(total: Duration) -> f64 {
    total.as_secs_f64() * 1e6 / TOKENS as f64
}

fn best(mut work: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        work()?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

fn key(algorithm: &str) -> Outcome<HeldKey> {
    let roots = RootKeys::new(&SecretString::from(SECRET), &[]);
    let key = SigningKey::open(&roots, &SigningKey::generate(roots.primary(), algorithm)?)?;
    let at_once = Timestamp::default();
    let times = KeyTimes { created_at: at_once, signs_from: at_once, retired_at: None, revoked_at: None };
    Ok(HeldKey { key: Arc::new(key), times })
}

fn signed(tokens: &AccessTokens) -> Outcome<Vec<String>> {
    (0..TOKENS).map(|number| Ok(tokens.sign(&claims(ISSUER, "session", "42", (number, NOW)), NOW)?)).collect()
}

fn verify(tokens: &AccessTokens, all: &[String]) -> Outcome<()> {
    for token in all {
        black_box(tokens.verify(black_box(token), NOW)?);
    }
    Ok(())
}

fn claims(issuer: &str, session: &str, account: &str, (number, now): (usize, Timestamp)) -> AccessClaims {
    let now = now.as_seconds();
    AccessClaims {
        iss: issuer.to_owned(),
        aud: issuer.to_owned(),
        sub: account.to_owned(),
        client_id: "latchkey".to_owned(),
        username: "anna".to_owned(),
        roles: vec![Role::USER],
        sid: session.to_owned(),
        jti: format!("{number:022}"),
        auth_time: now,
        iat: now,
        nbf: now,
        exp: now + 600,
    }
}

/// The whole router on a database of its own: first each request with a token that was never seen, which is what every request
/// would cost if none were remembered; then all of them with one.
async fn requests(algorithm: &str) -> Outcome<[Duration; 2]> {
    let folder = tempfile::tempdir()?;
    let environment = [("SECRET_KEY", SECRET), ("ALGORITHM", algorithm)];
    let environment = environment.map(|(name, value)| (name.into(), value.into()));
    let config = *Config::load(Flags::default(), environment, folder.path()).config?;
    let settings = StoreSettings {
        database: DatabaseUrl::Sqlite(folder.path().join("latchkey.db")),
        pool: config.pool,
        patience: Duration::ZERO,
        log_statements: false,
    };
    let (store, hashing) =
        (Store::open(&settings).await?, HashingSettings { memory_kib: 64, iterations: 1, permits: 1 });
    let state = AppState::new(config, &SecretString::from(SECRET), store, Clock::System, hashing).await?;
    let router = router::build(state.clone())?;
    let send = async |request: Request<Body>| {
        let reply = router.clone().oneshot(request).await?;
        if !reply.status().is_success() {
            return Err(format!("{} was the answer", reply.status()).into());
        }
        Ok::<_, Box<dyn Error>>(axum::body::to_bytes(reply.into_body(), usize::MAX).await?)
    };
    let post = |path: &str, body: Value| {
        let request = Request::builder().method("POST").uri(path).header("content-type", "application/json");
        request.body(Body::from(body.to_string()))
    };
    let password = "a-long-password-of-the-benchmark";
    let account = json!({"email": "anna@example.com", "username": "anna", "password": password});
    send(post(paths::REGISTER, account)?).await?;
    let pair = send(post(paths::api::TOKEN, json!({"username": "anna", "password": password}))?).await?;
    let pair: Value = serde_json::from_slice(&pair)?;
    let token = pair.get("access_token").and_then(Value::as_str).ok_or("no token")?;
    let genuine = state.keys.verify(token).await.map_err(|error| format!("{error:?}"))?;
    let keys = state.keys.signer().await.map_err(|error| format!("{error:?}"))?;
    let now = state.clock.now();
    let mut fresh = Duration::MAX;
    let mut same = Duration::MAX;
    for round in 0..ROUNDS {
        let unseen: Vec<String> = (0..TOKENS)
            .map(|number| {
                let claims = claims(keys.issuer(), &genuine.sid, &genuine.sub, (round * TOKENS + number, now));
                keys.sign(&claims, now)
            })
            .collect::<Result<_, _>>()?;
        for (tokens, least) in [(unseen, &mut fresh), (vec![token.to_owned(); TOKENS], &mut same)] {
            let begun = Instant::now();
            for token in &tokens {
                let request = Request::builder().uri(paths::api::ME).header("authorization", format!("Bearer {token}"));
                black_box(send(request.body(Body::empty())?).await?);
            }
            *least = (*least).min(begun.elapsed());
        }
    }
    state.store.close().await;
    Ok([fresh, same])
}
