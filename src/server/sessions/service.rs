//! The life of a session.
//!
//! 1. [`begin`]: a row is made; an access token caches it, a refresh token can carry it on.
//! 2. [`by_access_token`]: signature and times first, then the row: is its account active, is it live?
//! 3. [`rotate`]: the refresh token's counter is compared and set; exactly one of many wins.
//!    - The previous token within the grace gets the *same* successor again, so that two tabs do not sign each other out.
//!    - Later than that it is a copy in somebody's hands: the session ends (RFC 9700 §4.14.2).
//! 4. [`by_refresh_token`]: whose a refresh token is, without moving anything: for signing in and out.

use std::fmt;

use crate::domain::{AccountView, AuthError, EndReason, Role, Timestamp};
use crate::server::caller::Caller;
use crate::server::crypto::{
    AccessClaims, AccessTokens, InvalidToken, RefreshToken, SessionKind, SessionSeed, StoredHash, random_id,
};
use crate::server::keys::ring::Disbelief;
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{AccountRow, NewSession, SessionRow};

/// How long a sign-in proves who asks.
const FRESH_SECONDS: i64 = 5 * 60;
/// Who asks for the tokens of our own screens.
const CLIENT_ID: &str = "latchkey";

/// The two tokens of a session's present step.
#[derive(Clone)]
pub struct IssuedTokens {
    /// JWT, good for minutes.
    pub access: String,
    /// Carries the session on.
    pub refresh: String,
    /// For how many seconds a browser keeps them when it is closed; `None` to forget them then.
    pub kept_for: Option<i64>,
}

/// What signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// What will use the session.
    pub kind: SessionKind,
    /// Whether a browser keeps it when it is closed ("keep me signed in").
    pub is_kept: bool,
}

impl Means {
    /// A browser that forgets when it is closed.
    pub const BROWSER: Self = Self { kind: SessionKind::Browser, is_kept: false };
    /// A client of the REST API.
    pub const API: Self = Self { kind: SessionKind::Api, is_kept: false };

    fn of(session: &SessionRow) -> Self {
        Self { kind: session.kind, is_kept: session.is_kept }
    }

    /// The session ends when it was not carried on for so long.
    fn idle_seconds(self, state: &AppState) -> i64 {
        let limits = state.config.sessions;
        match (self.kind, self.is_kept) {
            (SessionKind::Browser, false) => limits.browser_idle_seconds,
            (SessionKind::Browser, true) => limits.kept_idle_seconds,
            (SessionKind::Api, _) => limits.api_idle_seconds,
        }
    }
}

impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuedTokens([redacted])")
    }
}

/// Step 1. Begins a session for an account that has just proved who it is; `None` when the account was disabled or
/// given another password in that very moment. The session that the caller had before ends: no value planted
/// before signing in lives on (SES-2). `rehash` replaces a stored hash of a weaker kind.
pub async fn begin(
    state: &AppState,
    caller: &Caller,
    (account, means): (&AccountRow, Means),
    rehash: Option<StoredHash>,
) -> Result<Option<IssuedTokens>, AuthError> {
    // Before anything is written: a session without tokens is nobody's.
    let keys = state.keys.signer().await?;
    let new = new_session(state, caller, means)?;
    let previous = caller.session.as_ref().map(|session| session.id.as_str());
    let begun = state.store.begin_session(account, &new, previous, rehash.as_ref()).await?;
    // The roles of that moment: those that were read before the password was compared may have been taken since.
    let account = begun.map(|roles| AccountRow {
        view: AccountView { roles: Role::held(roles), ..account.view.clone() },
        password_hash: account.password_hash.clone(),
    });
    account.map(|account| first_tokens((state, &keys), &account, &new)).transpose()
}

/// Gives the account a new password, ends all of its sessions and begins a new one in place of the caller's: whoever has
/// a copy of the old tokens is out. `None` when another change came between.
pub async fn begin_with_new_password(
    state: &AppState,
    caller: &Caller,
    session: &SessionRow,
    new_hash: &StoredHash,
) -> Result<Option<IssuedTokens>, AuthError> {
    let keys = state.keys.signer().await?;
    let new = new_session(state, caller, Means::of(session))?;
    let changed = state.store.change_password(session, new_hash, Some(&new), new.now).await?;
    changed.then(|| first_tokens((state, &keys), &session.account, &new)).transpose()
}

/// The same for a client whose session goes on because the answer has no room for tokens: all others end. `false` when
/// another change came between.
pub async fn keep_with_new_password(
    state: &AppState,
    session: &SessionRow,
    new_hash: &StoredHash,
) -> Result<bool, AuthError> {
    Ok(state.store.change_password(session, new_hash, None, state.clock.now()).await?)
}

fn new_session(state: &AppState, caller: &Caller, means: Means) -> Result<NewSession, AuthError> {
    let now = state.clock.now();
    Ok(NewSession {
        id: random_id()?,
        kind: means.kind,
        is_kept: means.is_kept,
        seed: SessionSeed::generate()?,
        now,
        idle_expires_at: now.plus_seconds(means.idle_seconds(state)),
        expires_at: now.plus_seconds(state.config.sessions.max_seconds),
        address: caller.address.map(|address| address.to_string()),
        user_agent: caller.user_agent.clone(),
    })
}

fn first_tokens(
    (state, keys): (&AppState, &AccessTokens),
    account: &AccountRow,
    new: &NewSession,
) -> Result<IssuedTokens, AuthError> {
    let refresh = state.refresh_key.issue(new.kind, &new.id, 0, &new.seed);
    let access = access_token((state, keys), account, (&new.id, new.now), new.now)?;
    let kept_for = new.is_kept.then_some(state.config.sessions.kept_idle_seconds);
    Ok(IssuedTokens { access, refresh, kept_for })
}

/// Step 2. The live session that an access token caches, if what shows it is of the session's `kind`: a browser's token,
/// which no script can read, is worth nothing as a bearer token.
///
/// # Errors
/// [`AuthError::ExpiredToken`], [`AuthError::InvalidToken`], [`AuthError::WrongTokenKind`], [`AuthError::InactiveAccount`],
/// [`AuthError::SessionEnded`]: what an API client is told. [`AuthError::Unavailable`] says nothing of the token.
pub async fn by_access_token(state: &AppState, token: &str, kind: SessionKind) -> Result<SessionRow, AuthError> {
    let now = state.clock.now();
    let claims = state.keys.verify(token).await.map_err(|error| disbelief(error, token))?;
    let session = session_of(state, &claims, kind).await?.ok_or(AuthError::SessionEnded)?;
    if session.is_live(now) { Ok(session) } else { Err(AuthError::SessionEnded) }
}

/// The session of an access token, whether the token has expired and the session ended or not: only to end it (OUT-1).
/// `None` when it has gone with its account.
///
/// # Errors
/// As above, but for what has to do with time.
pub async fn by_access_token_of_any_age(
    state: &AppState,
    token: &str,
    kind: SessionKind,
) -> Result<Option<SessionRow>, AuthError> {
    let claims = state.keys.read(token).await.map_err(|error| disbelief(error, token))?;
    session_of(state, &claims, kind).await
}

async fn session_of(
    state: &AppState,
    claims: &AccessClaims,
    kind: SessionKind,
) -> Result<Option<SessionRow>, AuthError> {
    let Some(session) = state.store.session_with_account(&claims.sid).await? else { return Ok(None) };
    if session.account.view.id.get().to_string() != claims.sub {
        return Err(AuthError::InvalidToken);
    }
    if session.kind != kind {
        return Err(AuthError::WrongTokenKind);
    }
    if !session.account.view.is_active {
        return Err(AuthError::InactiveAccount);
    }
    Ok(Some(session))
}

/// Why a bearer token is refused before anything is looked up.
fn disbelief(error: Disbelief, token: &str) -> AuthError {
    match error {
        Disbelief::Failure(error) => error,
        Disbelief::Token(InvalidToken::Expired) => AuthError::ExpiredToken,
        Disbelief::Token(_) if RefreshToken::is_one(token) => AuthError::WrongTokenKind,
        Disbelief::Token(_) => AuthError::InvalidToken,
    }
}

/// Step 3. Carries a session of `kind` on; `None` when the token is none of ours, or the session has ended.
pub async fn rotate(
    state: &AppState,
    token: &str,
    kind: SessionKind,
) -> Result<Option<(SessionRow, IssuedTokens)>, AuthError> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
    let keys = state.keys.signer().await?;
    // Two tries: the second is for a request that lost the race of the first.
    for _ in 0..2 {
        let Some(session) = genuine_session(state, &token, kind).await? else { return Ok(None) };
        let now = state.clock.now();
        let counter = match step(state, &session, &token, now) {
            Step::Advance => {
                let next = token.counter.saturating_add(1);
                let idle = now.plus_seconds(Means::of(&session).idle_seconds(state));
                if !state.store.advance_counter(&session.id, (session.counter, next), now, idle).await? {
                    continue;
                }
                next
            }
            Step::Repeat => session.counter,
            Step::Unclear => return Ok(None),
            Step::Reuse => {
                end_after_reuse(state, &session, now).await?;
                return Ok(None);
            }
        };
        let refresh = state.refresh_key.issue(session.kind, &session.id, counter, &session.seed);
        let access = access_token((state, &keys), &session.account, (&session.id, session.authenticated_at), now)?;
        let kept_for = session.is_kept.then_some(state.config.sessions.kept_idle_seconds);
        return Ok(Some((session, IssuedTokens { access, refresh, kept_for })));
    }
    Ok(None)
}

/// Step 4. The live session of a refresh token, without moving anything. A token that was replaced long ago says that
/// somebody has a copy: it ends the session here as well.
pub async fn by_refresh_token(
    state: &AppState,
    token: &str,
    kind: SessionKind,
) -> Result<Option<SessionRow>, AuthError> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
    let Some(session) = genuine_session(state, &token, kind).await? else { return Ok(None) };
    let now = state.clock.now();
    match step(state, &session, &token, now) {
        // Also where nobody can say how late it is: who asks here ends or replaces the session, and gets no tokens of it.
        Step::Advance | Step::Repeat | Step::Unclear => Ok(Some(session)),
        Step::Reuse => {
            end_after_reuse(state, &session, now).await?;
            Ok(None)
        }
    }
}

/// A session that was believed before, as it is now; `None` when it has ended.
pub async fn by_id(state: &AppState, id: &str) -> Result<Option<SessionRow>, AuthError> {
    let session = state.store.session_with_account(id).await?;
    let now = state.clock.now();
    Ok(session.filter(|session| is_usable(session, now)))
}

/// Whether a session's owner signed in so lately that they need not prove who they are once more (ASVS 7.5.1).
pub fn is_fresh(state: &AppState, session: &SessionRow) -> bool {
    state.clock.now().is_within(session.authenticated_at, FRESH_SECONDS)
}

async fn end_after_reuse(state: &AppState, session: &SessionRow, now: Timestamp) -> Result<(), AuthError> {
    let account = session.account.view.id.get();
    tracing::warn!(target: AUDIT, account, session = %session.id, "an old refresh token of account {account} came back; its session ends");
    Ok(state.store.end_session(&session.id, EndReason::Reuse, now).await?)
}

#[derive(PartialEq, Eq)]
enum Step {
    /// The present token, or one from before a database failed over to an older copy.
    Advance,
    /// The previous token, within the grace.
    Repeat,
    /// The previous token, at a moment before it was replaced: a clock has stepped back, and nobody can say how late it is.
    Unclear,
    /// An older one.
    Reuse,
}

fn step(state: &AppState, session: &SessionRow, token: &RefreshToken, now: Timestamp) -> Step {
    let grace = i64::from(state.config.tokens.refresh_grace_seconds);
    if token.counter >= session.counter {
        Step::Advance
    } else if token.counter < session.counter - 1 {
        Step::Reuse
    } else if now.is_within(session.rotated_at, grace) {
        Step::Repeat
    } else if now < session.rotated_at {
        Step::Unclear
    } else {
        Step::Reuse
    }
}

async fn genuine_session(
    state: &AppState,
    token: &RefreshToken,
    kind: SessionKind,
) -> Result<Option<SessionRow>, AuthError> {
    let session = state.store.session_with_account(&token.session_id).await?;
    let now = state.clock.now();
    let is_genuine = |session: &SessionRow| state.refresh_key.is_genuine(token, kind, &session.seed);
    Ok(session.filter(|session| session.kind == kind && is_genuine(session) && is_usable(session, now)))
}

fn is_usable(session: &SessionRow, now: Timestamp) -> bool {
    session.is_live(now) && session.account.view.is_active
}

fn access_token(
    (state, keys): (&AppState, &AccessTokens),
    account: &AccountRow,
    (session_id, authenticated_at): (&str, Timestamp),
    now: Timestamp,
) -> Result<String, AuthError> {
    let issued = now.as_seconds();
    let lifetime = i64::from(state.config.tokens.access_minutes) * 60;
    let claims = AccessClaims {
        iss: keys.issuer().to_owned(),
        aud: keys.issuer().to_owned(),
        sub: account.view.id.get().to_string(),
        client_id: CLIENT_ID.to_owned(),
        username: account.view.username.clone(),
        roles: account.view.roles.clone(),
        sid: session_id.to_owned(),
        jti: random_id()?,
        auth_time: authenticated_at.as_seconds(),
        iat: issued,
        nbf: issued,
        exp: issued.saturating_add(lifetime),
    };
    Ok(keys.sign(&claims, now)?)
}
