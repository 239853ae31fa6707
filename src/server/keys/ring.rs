//! The signing keys as this process knows them: a copy of the database's, never older than four seconds when it is used.
//!
//! So what the operator changes holds on every process within five seconds (KEY-2), without a word between processes and
//! without a question to the database at each request.
//!
//! - Whoever finds the copy older than two seconds looks anew, and alone; the others go on with it until it is four seconds
//!   old, then they wait. A clock that is set back makes it old, at once or when it would have been.
//! - A token that names an unknown key causes a look at once, but such looks come at most once a second: nobody can make this
//!   process hammer the database. A new key is therefore published some seconds before it signs. Where one could not wait,
//!   because the one before was revoked, the requests that name it wait for the next look: a few of them, less than a second
//!   each, and once. All others are refused at once, so that made-up names cost nothing. (To answer 503 instead would ask
//!   more of clients, which know what to do with a 401, and of proxies, which take it for a failure of ours.)
//! - When the database does not answer, an old copy is no copy: that is an outage, and never a refusal of a token (AVL-4).
//! - A server signs with the newest key of its own algorithm, and makes one where there is none. A command signs nothing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::Semaphore;

use crate::domain::{AuthError, Timestamp};
use crate::server::clock::{Clock, Mark};
use crate::server::crypto::{
    AccessClaims, AccessTokens, HeldKey, InvalidToken, KeyError, PublicKey, RootKeys, SealedKey, SigningKey,
};
use crate::server::state::StateError;
use crate::server::store::{NewSigningKey, Store, StoreError, StoredKey};

/// A copy of this age, in microseconds, is looked at anew.
const FRESH: i64 = 2_000_000;
/// A copy of this age is not used any more.
const USABLE: i64 = 4_000_000;
/// So long at least lies between two looks for unknown keys.
const BETWEEN_LOOKS: i64 = 1_000_000;
/// So often a key is made or found before that is given up.
const TRIES: u32 = 5;
/// So many requests wait for the next such look; those of who makes up names of keys among them.
const WAITERS: usize = 32;
/// So many verified tokens are remembered at least, and twice as many at most: some megabytes.
pub const REMEMBERED: usize = 2048;

/// Why a token was not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disbelief {
    /// For what it is.
    Token(InvalidToken),
    /// Nobody knows: the keys could not be read.
    Failure(AuthError),
}

/// The keys of this process.
pub struct KeyRing {
    store: Store,
    clock: Clock,
    roots: Arc<RootKeys>,
    algorithm: &'static str,
    present: RwLock<Arc<Snapshot>>,
    /// Who looks, or makes a key, holds this.
    turn: tokio::sync::Mutex<()>,
    /// How many looks have ended, and whether the last one was answered.
    looks: AtomicU64,
    is_answered: AtomicBool,
    last_look_for_unknown: Mutex<Option<Mark>>,
    waiters: Semaphore,
}

/// What the database held at a moment.
struct Snapshot {
    /// None before the first look.
    read_at: Option<Mark>,
    tokens: Arc<AccessTokens>,
    /// Sealed texts that do not open, so that each is complained of once.
    unreadable: HashSet<String>,
    /// The names of all keys, believed or not.
    kids: HashSet<String>,
}

/// What becomes of a key that does not open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    /// It ends the start.
    Refused,
    /// A server that runs goes on without it.
    Tolerated,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Fresh,
    Usable,
    Old,
}

impl KeyRing {
    /// Reads the keys and makes none: whoever only looks must leave no trace. `tokens` holds none yet.
    ///
    /// # Errors
    /// [`KeyError::WrongSecret`] when one that is believed does not open: better no start than tokens that nobody believes.
    pub async fn open(
        (store, clock): (Store, Clock),
        roots: Arc<RootKeys>,
        algorithm: &'static str,
        tokens: AccessTokens,
    ) -> Result<Self, StateError> {
        let (unreadable, kids) = (HashSet::new(), HashSet::new());
        let snapshot = Snapshot { read_at: None, tokens: Arc::new(tokens), unreadable, kids };
        let ring = Self {
            present: RwLock::new(Arc::new(snapshot)),
            turn: tokio::sync::Mutex::default(),
            looks: AtomicU64::new(0),
            is_answered: AtomicBool::new(true),
            last_look_for_unknown: Mutex::default(),
            waiters: Semaphore::new(WAITERS),
            store,
            clock,
            roots,
            algorithm,
        };
        if ring.look().await?.unreadable.is_empty() { Ok(ring) } else { Err(KeyError::WrongSecret.into()) }
    }

    /// Whether there is no key yet: nothing in the database depends on the secret.
    pub fn is_empty(&self) -> bool {
        self.present().tokens.is_empty()
    }

    /// What a server does with the keys at its start: it makes one where none may sign, and seals them with the present
    /// `SECRET_KEY`.
    ///
    /// # Errors
    /// When the database does not answer; [`KeyError::WrongSecret`] when somebody else has just begun it with another one: a key
    /// of ours beside that one would keep both from starting again.
    pub async fn start(&self) -> Result<(), StateError> {
        let turn = self.turn.lock().await;
        self.make_signer(Strangers::Refused).await?;
        drop(turn);
        self.reseal().await
    }

    /// Seals with the present `SECRET_KEY` what was sealed with one that is on its way out. Not while others do the same: of
    /// two, one finds that it was done.
    async fn reseal(&self) -> Result<(), StateError> {
        for StoredKey { sealed, times } in self.store.signing_keys().await? {
            if !times.is_believed(self.clock.now()) {
                continue;
            }
            if let Some(resealed) = SigningKey::reseal(&self.roots, &sealed)?
                && self.store.reseal_signing_key(&sealed, &resealed).await?
            {
                tracing::info!(
                    key = sealed.kid,
                    "signing key {} is sealed with the present SECRET_KEY now",
                    sealed.kid
                );
            }
        }
        Ok(())
    }

    /// The keys, with one that may sign.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] when the database does not answer.
    pub async fn signer(&self) -> Result<Arc<AccessTokens>, AuthError> {
        let tokens = self.current().await?;
        self.with_signer(tokens).await.map_err(refusal)
    }

    /// The session that a token speaks of, and all else that it says, if it is good at this moment.
    ///
    /// # Errors
    /// [`Disbelief`].
    pub async fn verify(&self, token: &str) -> Result<AccessClaims, Disbelief> {
        self.believe(|tokens, now| tokens.verify(token, now)).await
    }

    /// The same however old the token is ([`AccessTokens::read`]).
    ///
    /// # Errors
    /// [`Disbelief`].
    pub async fn read(&self, token: &str) -> Result<AccessClaims, Disbelief> {
        self.believe(|tokens, now| tokens.read(token, now)).await
    }

    /// The keys that others verify with. During an outage they are those of before: who asks keeps them for minutes anyway.
    pub async fn public_keys(&self) -> Vec<PublicKey> {
        let tokens = self.current().await.unwrap_or_else(|_| Arc::clone(&self.present().tokens));
        tokens.public_keys(self.clock.now()).into_iter().cloned().collect()
    }

    /// Looks now: what this process has changed itself holds here from the next request on.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`].
    pub async fn refresh(&self) -> Result<(), AuthError> {
        let _turn = self.turn.lock().await;
        self.look().await.map(drop).map_err(refusal)
    }

    /// A new key of this process's algorithm, or of another one.
    ///
    /// # Errors
    /// When the library refuses.
    pub async fn generate(&self, algorithm: &str) -> Result<SealedKey, KeyError> {
        let (roots, algorithm) = (Arc::clone(&self.roots), algorithm.to_owned());
        let work = move || SigningKey::generate(roots.primary(), &algorithm);
        tokio::task::spawn_blocking(work).await.map_err(|_| KeyError::Crypto)?
    }

    /// The algorithm of this process.
    pub const fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// A key opened, for who may see it.
    ///
    /// # Errors
    /// [`KeyError::WrongSecret`].
    pub fn unsealed(&self, sealed: &SealedKey) -> Result<SigningKey, KeyError> {
        SigningKey::open(&self.roots, sealed)
    }

    async fn believe(
        &self,
        ask: impl Fn(&AccessTokens, Timestamp) -> Result<AccessClaims, InvalidToken>,
    ) -> Result<AccessClaims, Disbelief> {
        let tokens = self.current().await.map_err(Disbelief::Failure)?;
        let answer = match ask(&tokens, self.clock.now()) {
            Err(InvalidToken::UnknownKey) => self.ask_anew(ask).await.map_err(Disbelief::Failure)?,
            answer => answer,
        };
        answer.map_err(Disbelief::Token)
    }

    /// Asks again when a key is unknown: of what somebody else has found meanwhile, or after a look. If
    /// there was one lately, the next one is waited for, once and by few.
    async fn ask_anew(
        &self,
        ask: impl Fn(&AccessTokens, Timestamp) -> Result<AccessClaims, InvalidToken>,
    ) -> Result<Result<AccessClaims, InvalidToken>, AuthError> {
        let looks = self.looks.load(Ordering::SeqCst);
        let mut has_waited = false;
        loop {
            // Whoever looks at this moment, perhaps for the same key, is waited for.
            let turn = self.turn.lock().await;
            let answer = ask(&self.present().tokens, self.clock.now());
            if answer != Err(InvalidToken::UnknownKey) {
                return Ok(answer);
            }
            let is_answered = self.is_answered.load(Ordering::SeqCst);
            if !is_answered && self.looks.load(Ordering::SeqCst) != looks {
                return Err(AuthError::Unavailable);
            }
            let Err(micros) = self.may_look_for_unknown() else {
                let tokens = Arc::clone(&self.look().await.map_err(refusal)?.tokens);
                return Ok(ask(&tokens, self.clock.now()));
            };
            drop(turn);
            if !is_answered {
                return Err(AuthError::Unavailable);
            }
            let Some(_place) = self.waiters.try_acquire().ok().filter(|_| !has_waited) else { return Ok(answer) };
            self.clock.pass(micros).await;
            has_waited = true;
        }
    }

    /// The keys, from a copy that may be used.
    async fn current(&self) -> Result<Arc<AccessTokens>, AuthError> {
        let (snapshot, age) = self.aged();
        match age {
            Age::Fresh => Ok(Arc::clone(&snapshot.tokens)),
            Age::Usable => match self.turn.try_lock() {
                // The look of one request: the others go on. A failure is logged, and the copy will do for now.
                Ok(_turn) => Ok(Arc::clone(&self.look().await.map_err(refusal).unwrap_or(snapshot).tokens)),
                Err(_) => Ok(Arc::clone(&snapshot.tokens)),
            },
            Age::Old => {
                let looks = self.looks.load(Ordering::SeqCst);
                let _turn = self.turn.lock().await;
                match self.aged() {
                    (snapshot, Age::Fresh | Age::Usable) => Ok(Arc::clone(&snapshot.tokens)),
                    // Somebody looked while this one waited, in vain: no queue of requests that all try for themselves.
                    _ if self.looks.load(Ordering::SeqCst) != looks => Err(AuthError::Unavailable),
                    _ => Ok(Arc::clone(&self.look().await.map_err(refusal)?.tokens)),
                }
            }
        }
    }

    /// `tokens`, or newer ones if none of its keys may sign; one is made if need be.
    async fn with_signer(&self, tokens: Arc<AccessTokens>) -> Result<Arc<AccessTokens>, StateError> {
        if tokens.signing_key(self.clock.now()).is_some() {
            return Ok(tokens);
        }
        let _turn = self.turn.lock().await;
        self.make_signer(Strangers::Tolerated).await
    }

    /// Looks until there is a key that may sign, and makes one where there is none.
    async fn make_signer(&self, strangers: Strangers) -> Result<Arc<AccessTokens>, StateError> {
        for _ in 0..TRIES {
            let snapshot = self.look().await?;
            if strangers == Strangers::Refused && !snapshot.unreadable.is_empty() {
                return Err(KeyError::WrongSecret.into());
            }
            if snapshot.tokens.signing_key(self.clock.now()).is_some() {
                return Ok(Arc::clone(&snapshot.tokens));
            }
            let (sealed, now) = (self.generate(self.algorithm).await?, self.clock.now());
            let (kid, algorithm) = (sealed.kid.clone(), self.algorithm);
            let key = NewSigningKey { sealed, now, signs_from: Timestamp::default(), retired_at: None };
            // Of two processes that do so at once, one finds the other's key, and has seen it when it tries again.
            let is_made = self.store.create_signing_key(&key, &snapshot.kids).await?;
            // That a new database gets its first key is no news.
            if is_made && !snapshot.tokens.is_empty() {
                tracing::info!(key = kid, "made the signing key {kid} ({algorithm})");
            }
        }
        tracing::error!("the database does not show the signing keys that it was given; is it a copy with a delay?");
        Err(StoreError::silent().into())
    }

    /// Reads the database. Whoever calls this while requests are served has the turn.
    async fn look(&self) -> Result<Arc<Snapshot>, StateError> {
        let read_at = self.clock.mark();
        let rows = self.store.signing_keys().await;
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.is_answered.store(rows.is_ok(), Ordering::SeqCst);
        let snapshot = Arc::new(self.snapshot_of(rows?, read_at)?);
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }

    fn snapshot_of(&self, rows: Vec<StoredKey>, read_at: Mark) -> Result<Snapshot, KeyError> {
        let before = self.present();
        let has_started = before.read_at.is_some();
        let (mut keys, mut unreadable) = (Vec::new(), HashSet::new());
        let kids = rows.iter().map(|row| row.sealed.kid.clone()).collect();
        let (believed, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.times.is_believed(read_at.at()));
        for StoredKey { sealed, times } in believed {
            if let Some(held) = before.tokens.key(&sealed.kid) {
                keys.push(HeldKey { key: Arc::clone(&held.key), times });
                continue;
            }
            match SigningKey::open(&self.roots, &sealed) {
                Ok(key) => keys.push(HeldKey { key: Arc::new(key), times }),
                Err(KeyError::WrongSecret) => {
                    // At the start it is not said here: it is why there will be none.
                    if has_started && !before.unreadable.contains(&sealed.sealed_private_key) {
                        tracing::error!(
                            key = sealed.kid,
                            "a signing key does not open; see README, \"Changing SECRET_KEY\""
                        );
                    }
                    unreadable.insert(sealed.sealed_private_key);
                }
                Err(error) => return Err(error),
            }
        }
        let tokens = before.tokens.with(keys).without(gone.into_iter().map(|row| row.sealed.kid).collect());
        Ok(Snapshot { read_at: Some(read_at), tokens: Arc::new(tokens), unreadable, kids })
    }

    fn present(&self) -> Arc<Snapshot> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn aged(&self) -> (Arc<Snapshot>, Age) {
        let snapshot = self.present();
        let age = match snapshot.read_at.map_or(i64::MAX, |read_at| self.clock.age(read_at)) {
            ..FRESH => Age::Fresh,
            FRESH..USABLE => Age::Usable,
            _ => Age::Old,
        };
        (snapshot, age)
    }

    /// Takes the look for unknown keys, or says in how many microseconds there will be one.
    fn may_look_for_unknown(&self) -> Result<(), i64> {
        let mut last = self.last_look_for_unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = BETWEEN_LOOKS.saturating_sub(last.map_or(i64::MAX, |last| self.clock.age(last)));
        if wait > 0 {
            return Err(wait);
        }
        *last = Some(self.clock.mark());
        Ok(())
    }
}

/// What a request is told when the keys cannot be read.
fn refusal(error: StateError) -> AuthError {
    match error {
        StateError::Store(error) => error.into(),
        StateError::Key(error) => error.into(),
        StateError::Hasher(error) => error.into(),
        // At the start alone.
        StateError::Branding(_) => AuthError::Internal,
    }
}
