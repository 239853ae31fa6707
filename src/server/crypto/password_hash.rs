//! The hashing service: Argon2id with bounded memory and a bounded queue (PWD-4, AVL-1).
//!
//! A permit is needed to hash; there are at most as many as cores. Each permit has a memory arena of its own, which is
//! used again and again: memory is bounded by construction and hashing is a quarter faster than allocating each time.
//! Who finds the queue full, or waits longer than [`MAX_WAIT`], is told to come back.
//!
//! A stored hash that costs more than today's (of another system, or made under a higher setting) goes another way, with
//! one permit and a queue of its own: whoever guesses at such an account keeps others of its kind waiting, and nobody else.

mod stored;
mod turns;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::common_passwords::is_common;
use super::random::random_bytes;
use crate::domain::{NewPassword, Password};
use crate::server::config::HashingSettings;

use stored::{Bounds, Verifiable};
pub use stored::{ForeignHashError, HashFamily, StoredHash};
use turns::Turns;

/// How long a request waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// How many requests may wait for each permit; more would not get their turn within [`MAX_WAIT`].
const QUEUE_PER_PERMIT: usize = 64;
/// How many may wait for the one permit of dear hashes, of which each takes at least as long as an ordinary one.
const DEAR_QUEUE: usize = 16;

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHasherError {
    /// Too many are waiting, or the turn did not come in time.
    #[error("the hashing queue is full")]
    Busy,
    /// The library refused.
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// The outcome of a verification.
#[derive(Debug)]
pub enum Verdict {
    /// Not this account's password, or no account at all.
    Wrong,
    /// The password is right. `rehash` replaces the stored hash when that was of another kind or cost than today's.
    Right {
        /// The new hash to store, if any.
        rehash: Option<StoredHash>,
    },
}

type Arenas = Mutex<Vec<Vec<Block>>>;

/// One way to a thread that hashes: so many at once, so many waiting.
#[derive(Clone)]
struct Lane {
    permits: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Kept for the next one; without them each takes its memory and gives it back.
    arenas: Option<Arc<Arenas>>,
}

impl Lane {
    fn new(permits: usize, queue: usize, arenas: Option<Vec<Vec<Block>>>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            queue: Arc::new(Semaphore::new(queue)),
            arenas: arenas.map(|arenas| Arc::new(Mutex::new(arenas))),
        }
    }

    /// Runs `work` with an arena on a blocking thread. The permit goes along, so that a caller who gives up does not
    /// let another one start while the work still runs.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordHasherError> {
        let permit = self.take_permit().await?;
        let arenas = self.arenas.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut arena = arenas.as_ref().and_then(|arenas| lock(arenas).pop()).unwrap_or_default();
            let result = work(&mut arena);
            // The memory is back before the permit is: the next one must not find both in use.
            match &arenas {
                Some(arenas) => lock(arenas).push(arena),
                None => drop(arena),
            }
            drop(permit);
            result
        });
        // The cause may be a panic, whose words may hold somebody's data.
        task.await.map_err(|_| failed("the hashing thread ended early"))
    }

    async fn take_permit(&self) -> Result<OwnedSemaphorePermit, PasswordHasherError> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| PasswordHasherError::Busy)?;
        let turn = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        drop(place);
        turn.map_err(|_| PasswordHasherError::Busy)?.map_err(failed)
    }
}

/// Hashes and verifies passwords. Cheap to clone; all clones share the permits.
#[derive(Clone)]
pub struct PasswordHasher {
    params: Params,
    /// Stands in for the hash of an account that does not exist, at the present cost (LOG-2).
    stand_in: Arc<Verifiable>,
    ordinary: Lane,
    dear: Lane,
    dear_turns: Turns,
    compared: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// Reserves the arenas.
    ///
    /// # Errors
    /// When the cost is outside what Argon2 takes, or no random bytes are to be had.
    pub fn new(settings: HashingSettings) -> Result<Self, PasswordHasherError> {
        let params = Params::new(settings.memory_kib, settings.iterations, 1, None).map_err(failed)?;
        let permits = settings.permits.max(1);
        let arenas: Vec<_> = (0..permits).map(|_| vec![Block::new(); params.block_count()]).collect();
        let stand_in = hash_with(&params, &mut Vec::new(), &random_bytes::<16>().map_err(failed)?)?;
        Ok(Self {
            stand_in: Arc::new(Verifiable::read(stand_in.expose(), &Bounds::STORED).map_err(failed)?),
            params,
            ordinary: Lane::new(permits, permits.saturating_mul(QUEUE_PER_PERMIT), Some(arenas)),
            dear: Lane::new(1, DEAR_QUEUE, None),
            dear_turns: Turns::default(),
            compared: Arc::default(),
        })
    }

    /// Takes over the hash of another system, once it is sure that this one can verify it, at a cost that it can bear
    /// (PWD-4, AVL-1): then a right password signs in, and gets an Argon2id hash of ours in its place.
    ///
    /// # Errors
    /// [`ForeignHashError`].
    pub fn take_over(&self, foreign: &str) -> Result<StoredHash, ForeignHashError> {
        Verifiable::read(foreign, &Bounds::of_import(&self.params))?;
        Ok(StoredHash::from_stored(foreign.to_owned()))
    }

    /// Hashes a new password with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting.
    pub async fn hash(&self, password: &NewPassword) -> Result<StoredHash, PasswordHasherError> {
        let password = password.as_password().clone();
        let params = self.params.clone();
        self.ordinary.run(move |arena| hash_with(&params, arena, password.expose())).await?
    }

    /// Compares `password` with `stored`. Without a stored hash the same work is done and the answer is `Wrong`,
    /// so that an unknown account costs the same time as a known one. An account without a password is no other case.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting, or too many guesses at the same dear hash.
    pub async fn verify(&self, stored: Option<StoredHash>, password: Password) -> Result<Verdict, PasswordHasherError> {
        let stored = stored.filter(StoredHash::has_password);
        // A row that cannot be used (another function, a monstrous cost) is an account without a password: it looks like
        // a wrong one and costs the same (LOG-1, LOG-2).
        let readable = stored.as_ref().and_then(|stored| {
            Verifiable::read(stored.expose(), &Bounds::STORED).map_err(|e| warn_of_unusable(&e)).ok()
        });
        let dear = stored.filter(|_| readable.as_ref().is_some_and(|stored| stored.is_dearer_than(&self.params)));
        let turn = match dear {
            Some(stored) => Some(self.dear_turns.take(stored).await?),
            None => None,
        };
        let lane = if turn.is_some() { &self.dear } else { &self.ordinary };
        let stored = readable;
        let (params, stand_in) = (self.params.clone(), Arc::clone(&self.stand_in));
        let compared = Arc::clone(&self.compared);
        let work = move |arena: &mut Vec<Block>| {
            let _turn = turn;
            compared.fetch_add(1, Ordering::Relaxed);
            let right = stored.as_ref().map(|stored| stored.matches(arena, password.expose()));
            let (Some(stored), Some(Ok(right))) = (&stored, &right) else {
                if let Some(Err(error)) = &right {
                    warn_of_unusable(error);
                }
                stand_in.matches(arena, password.expose())?;
                return Ok(Verdict::Wrong);
            };
            if !right {
                return Ok(Verdict::Wrong);
            }
            let is_outdated = !stored.is_of_cost(&params);
            let rehash = is_outdated.then(|| hash_with(&params, arena, password.expose())).transpose()?;
            Ok(Verdict::Right { rehash })
        };
        lane.run(work).await?
    }

    /// Whether the next one would be told to come back: whoever asks first spares himself what else a guess costs.
    pub fn is_full(&self) -> bool {
        self.ordinary.queue.available_permits() == 0
    }

    /// How many passwords have been compared since the start, right and wrong ones.
    pub fn compared(&self) -> u64 {
        self.compared.load(Ordering::Relaxed)
    }

    /// Whether guessers try `password` first, or `own_words` give it away (PWD-3). Judging is work like hashing, so that it
    /// waits for a permit like hashing.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting.
    pub async fn is_common(&self, password: &NewPassword, own_words: Vec<String>) -> Result<bool, PasswordHasherError> {
        let password = password.as_password().clone();
        self.ordinary.run(move |_| is_common(password.expose_str(), &own_words)).await
    }
}

fn lock(arenas: &Arenas) -> MutexGuard<'_, Vec<Vec<Block>>> {
    arenas.lock().unwrap_or_else(PoisonError::into_inner)
}

fn warn_of_unusable(error: &impl fmt::Display) {
    tracing::error!(%error, "a stored password hash cannot be used; its account cannot sign in until it has a new one");
}

fn failed(cause: impl fmt::Display) -> PasswordHasherError {
    PasswordHasherError::Failed(cause.to_string())
}

fn hash_with(params: &Params, arena: &mut Vec<Block>, password: &[u8]) -> Result<StoredHash, PasswordHasherError> {
    let salt = random_bytes::<16>().map_err(failed)?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(Algorithm::Argon2id, params, arena, (password, &salt), &mut out)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(Output::new(&out).map_err(failed)?),
    };
    Ok(StoredHash::from_stored(hash.to_string()))
}

fn compute(
    algorithm: Algorithm,
    params: &Params,
    arena: &mut Vec<Block>,
    (password, salt): (&[u8], &[u8]),
    out: &mut [u8],
) -> Result<(), PasswordHasherError> {
    let needed = params.block_count();
    if let Some(missing) = needed.checked_sub(arena.len()) {
        // An allocation that fails any other way would end the process.
        arena.try_reserve_exact(missing).map_err(failed)?;
        arena.resize(needed, Block::new());
    }
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, out, arena.as_mut_slice())
        .map_err(failed)
}

#[cfg(test)]
mod tests;
