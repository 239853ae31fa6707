//! The rules of signing keys: how the operator changes them while tokens are signed and believed. Nobody else may.
//!
//! - [`rotate`]: a new key is published at once and signs later, when every copy of the keys has it; then the present one
//!   retires. For ourselves some seconds would do, because processes read the keys that often.
//! - [`retire`]: a key signs no more, and is believed until its last token has ended. If it was the one that signs, another
//!   takes its place: one that may sign by then. A key that waits for its turn takes it at its turn, and until then the present
//!   one signs on.
//! - [`revoke`]: no token of a key is believed any more, on every process within five seconds (KEY-2): for a key that somebody
//!   else may have. If it was the one that signs, a new one signs at once. [`revoke_all`]: the same of every key that there is.
//! - Keys that verify nothing any more are removed by the next of these.
//! - Each change is logged with who made it; asking for what is so already changes nothing and is fine.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::domain::{AuthError, Timestamp};
use crate::server::caller::Caller;
use crate::server::crypto::{KeyState, KeyTimes, PublicKey};
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{NewSigningKey, StoredKey};

/// How long others may keep a copy of the published keys, in seconds (`Cache-Control: max-age`).
pub const CACHED_SECONDS: i64 = 5 * 60;
/// How long a new key is published before it signs, in seconds: longer than any copy of the keys is kept, those of libraries
/// that keep them for ten minutes whatever we say included.
pub const PUBLISHED_SECONDS: i64 = 15 * 60;
/// The same for our own processes, which read the keys every four seconds at least.
pub const SETTLED_SECONDS: i64 = 5;

/// When a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takeover {
    /// When every copy of the published keys has it.
    Published,
    /// When our own processes have it.
    Now,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Published; it does not sign yet.
    Next,
    /// It signs the tokens of its algorithm.
    Signing,
    /// It may sign, but another one does.
    Spare,
    /// It signs no more; its tokens are believed.
    Verifying,
    /// Its last token has ended.
    Expired,
    /// None of its tokens is believed.
    Revoked,
}

/// A key, as it is told to the operator.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// Its name.
    pub kid: String,
    /// Its algorithm.
    pub algorithm: String,
    /// What it does at this moment.
    pub role: Role,
    /// The moments of its life.
    pub times: KeyTimes,
}

/// A new key.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Its name.
    pub kid: String,
    /// Its algorithm.
    pub algorithm: String,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

/// What became of the wish that a key does something no more.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Whether it was so already.
    pub was_so: bool,
    /// From when on it signs no more, if that is to come: another one takes its place then.
    pub retires_at: Option<Timestamp>,
    /// Until when its tokens are believed.
    pub believed_until: Option<Timestamp>,
    /// The key that takes its place, if it needed one.
    pub successor: Option<Successor>,
}

/// What became of the wish that all keys are worthless.
#[derive(Clone, Debug)]
pub struct AllRevoked {
    /// The names of those that were not so already.
    pub kids: Vec<String>,
    /// The key that signs in their place, if there were any.
    pub successor: Option<Successor>,
}

/// What can be shown of a key.
#[derive(Debug)]
pub enum Shown {
    /// Its public half.
    Public(PublicKey),
    /// The secret of HS256, as base64url.
    Secret(Zeroizing<String>),
    /// It has no public half, and its secret was not asked for.
    OnlySecret,
    /// It has a public half, which is all that anybody needs.
    NothingSecret,
}

/// All keys: first those that are yet to sign, then the one that began last.
///
/// # Errors
/// [`AuthError::Forbidden`], [`AuthError::Unauthenticated`]; so do all others here.
pub async fn list(state: &AppState, caller: &Caller) -> Result<Vec<ListedKey>, AuthError> {
    caller.require_operator()?;
    let (rows, now) = (state.store.signing_keys().await?, state.clock.now());
    Ok(rows.iter().map(|row| listed(row, &rows, now)).collect())
}

/// The algorithms of the keys that may sign, if this process's is not among them: it was started with another `ALGORITHM` than
/// those who sign, and a key that it makes is not the one that they wait for.
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn other_algorithms(state: &AppState, caller: &Caller) -> Result<BTreeSet<String>, AuthError> {
    caller.require_operator()?;
    let (rows, now) = (state.store.signing_keys().await?, state.clock.now());
    let signs = rows.into_iter().filter(|row| row.times.state(now) == KeyState::Ready);
    let algorithms: BTreeSet<_> = signs.map(|row| row.sealed.algorithm).collect();
    Ok(if algorithms.contains(state.keys.algorithm()) { BTreeSet::new() } else { algorithms })
}

/// Makes a key that takes the place of the present one.
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn rotate(state: &AppState, caller: &Caller, takeover: Takeover) -> Result<Successor, AuthError> {
    caller.require_operator()?;
    let delay = match takeover {
        Takeover::Published => PUBLISHED_SECONDS,
        Takeover::Now => SETTLED_SECONDS,
    };
    let signs_from = state.clock.now().plus_seconds(delay);
    let key = new_key(state, signs_from).await?;
    state.store.replace_signing_keys(&key).await?;
    log(caller, &key.sealed.kid, &format!("made, to sign from {} on,", signs_from.to_rfc3339()));
    settle(state).await?;
    Ok(successor(key))
}

/// Lets a key sign no more.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::Unavailable`].
pub async fn retire(state: &AppState, caller: &Caller, kid: &str) -> Result<Ended, AuthError> {
    caller.require_operator()?;
    let (rows, now) = (state.store.signing_keys().await?, state.clock.now());
    let row = rows.iter().find(|row| row.sealed.kid == kid).ok_or(AuthError::NotFound)?;
    let signs = match row.times.state(now) {
        KeyState::Next => false,
        KeyState::Ready => true,
        _ => return Ok(unchanged(row, now)),
    };
    let others: Vec<_> = replacements(row, &rows).map(|other| other.times).collect();
    let (at, key) = match KeyTimes::signed_for_from(&others) {
        _ if row.sealed.algorithm != state.keys.algorithm() => (now, None),
        Some(from) if from <= row.times.signs_from.max(now) => (now, None),
        Some(from) if signs => (from, None),
        _ => {
            // Not before its own turn would have come, nor before every process of ours has its successor.
            let key = new_key(state, row.times.signs_from.max(now.plus_seconds(SETTLED_SECONDS))).await?;
            (if signs { key.signs_from } else { now }, Some(key))
        }
    };
    if !state.store.retire_signing_key(kid, at, key.as_ref()).await? {
        return Ok(unchanged(row, now));
    }
    log(caller, kid, "retired");
    settle(state).await?;
    let times = KeyTimes { retired_at: Some(at), ..row.times };
    let retires_at = Some(at).filter(|_| at > now && key.is_none());
    Ok(Ended { was_so: false, retires_at, believed_until: times.believed_until(), successor: key.map(successor) })
}

/// Declares all tokens of a key worthless.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::Unavailable`].
pub async fn revoke(state: &AppState, caller: &Caller, kid: &str) -> Result<Ended, AuthError> {
    caller.require_operator()?;
    let (rows, now) = (state.store.signing_keys().await?, state.clock.now());
    let row = rows.iter().find(|row| row.sealed.kid == kid).ok_or(AuthError::NotFound)?;
    let signs_from = match row.times.state(now) {
        KeyState::Ready if is_needed(state, row, &rows, |other| other.state(now) == KeyState::Ready) => {
            Some(Timestamp::default())
        }
        KeyState::Next if is_needed(state, row, &rows, |other| other.retired_at.is_none()) => {
            Some(row.times.signs_from.max(now.plus_seconds(SETTLED_SECONDS)))
        }
        _ => None,
    };
    let mut key = match signs_from {
        Some(signs_from) => Some(new_key(state, signs_from).await?),
        None => None,
    };
    if let Some(key) = &mut key {
        // Only until the one that is waiting begins, which was published for that.
        let waiting = rows.iter().filter(|other| {
            other.sealed.algorithm == key.sealed.algorithm
                && other.sealed.kid != kid
                && other.times.state(now) == KeyState::Next
                && other.times.retired_at.is_none()
        });
        key.retired_at = waiting.map(|other| other.times.signs_from).filter(|begins| *begins > key.signs_from).min();
    }
    if !state.store.revoke_signing_key(kid, now, key.as_ref()).await? {
        return Ok(unchanged(row, now));
    }
    log(caller, kid, "revoked");
    settle(state).await?;
    Ok(Ended { was_so: false, retires_at: None, believed_until: Some(now), successor: key.map(successor) })
}

/// Declares the tokens of all keys worthless, those of keys that no longer sign, or not yet, or in another way, too: for when
/// somebody has a copy of the database and its secret, and so every key. A new one signs at once.
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn revoke_all(state: &AppState, caller: &Caller) -> Result<AllRevoked, AuthError> {
    caller.require_operator()?;
    let key = new_key(state, Timestamp::default()).await?;
    let kids = state.store.revoke_all_signing_keys(state.clock.now(), &key).await?;
    for kid in &kids {
        log(caller, kid, "revoked");
    }
    settle(state).await?;
    let successor = (!kids.is_empty()).then(|| successor(key));
    Ok(AllRevoked { kids, successor })
}

/// What others verify a key's tokens with. For HS256 that is the secret with which they could sign as well, and so it is given
/// only to who asks for just that.
///
/// # Errors
/// [`AuthError::NotFound`] when there is no such key, or none of its tokens is believed.
pub async fn show(state: &AppState, caller: &Caller, (kid, secret): (&str, bool)) -> Result<Shown, AuthError> {
    caller.require_operator()?;
    let (rows, now) = (state.store.signing_keys().await?, state.clock.now());
    let row = rows.iter().find(|row| row.sealed.kid == kid && row.times.is_believed(now));
    let key = state.keys.unsealed(&row.ok_or(AuthError::NotFound)?.sealed)?;
    Ok(match (key.public_key(), key.shared_secret()) {
        (Some(_), _) if secret => Shown::NothingSecret,
        (Some(public), _) => Shown::Public(public.clone()),
        (None, Some(shared)) if secret => {
            log(caller, kid, "shown, with its secret,");
            Shown::Secret(shared)
        }
        (None, _) => Shown::OnlySecret,
    })
}

fn listed(row: &StoredKey, all: &[StoredKey], now: Timestamp) -> ListedKey {
    let is_first = |row: &StoredKey| {
        let signs = |other: &&StoredKey| {
            other.sealed.algorithm == row.sealed.algorithm && other.times.state(now) == KeyState::Ready
        };
        all.iter().find(signs).is_some_and(|first| first.sealed.kid == row.sealed.kid)
    };
    let role = match row.times.state(now) {
        KeyState::Next => Role::Next,
        KeyState::Ready if is_first(row) => Role::Signing,
        KeyState::Ready => Role::Spare,
        KeyState::Verifying => Role::Verifying,
        KeyState::Expired => Role::Expired,
        KeyState::Revoked => Role::Revoked,
    };
    ListedKey { kid: row.sealed.kid.clone(), algorithm: row.sealed.algorithm.clone(), role, times: row.times }
}

/// Whether no other key of the algorithm that this installation signs with would do in place of `row`.
fn is_needed(state: &AppState, row: &StoredKey, all: &[StoredKey], would_do: impl Fn(&KeyTimes) -> bool) -> bool {
    row.sealed.algorithm == state.keys.algorithm() && !replacements(row, all).any(|other| would_do(&other.times))
}

/// The other keys of its algorithm that are not revoked.
fn replacements<'a>(row: &'a StoredKey, all: &'a [StoredKey]) -> impl Iterator<Item = &'a StoredKey> {
    all.iter().filter(|other| {
        other.sealed.kid != row.sealed.kid
            && other.sealed.algorithm == row.sealed.algorithm
            && other.times.revoked_at.is_none()
    })
}

async fn new_key(state: &AppState, signs_from: Timestamp) -> Result<NewSigningKey, AuthError> {
    let sealed = state.keys.generate(state.keys.algorithm()).await?;
    Ok(NewSigningKey { sealed, now: state.clock.now(), signs_from, retired_at: None })
}

fn successor(key: NewSigningKey) -> Successor {
    Successor { kid: key.sealed.kid, algorithm: key.sealed.algorithm, signs_from: key.signs_from.max(key.now) }
}

fn unchanged(row: &StoredKey, now: Timestamp) -> Ended {
    let retires_at = row.times.retired_at.filter(|at| *at > now && row.times.revoked_at.is_none());
    Ended { was_so: true, retires_at, believed_until: row.times.believed_until(), successor: None }
}

/// Removes what verifies nothing any more; and this process need not wait to hear of what it did itself.
async fn settle(state: &AppState) -> Result<(), AuthError> {
    state.store.forget_signing_keys(KeyTimes::forgotten_before(state.clock.now())).await?;
    state.keys.refresh().await
}

/// By name: it stands in every token, and is no secret.
fn log(caller: &Caller, kid: &str, what: &str) {
    let actor = caller.actor();
    tracing::info!(target: AUDIT, actor, key = kid, "signing key {kid} was {what} by {actor}");
}
