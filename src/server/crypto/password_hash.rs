//! The hashing service: Argon2id with bounded memory and a bounded queue (PWD-4, AVL-1).
//!
//! A permit is needed to hash; there are at most as many as cores. Each permit has a memory arena of its own, which is
//! used again and again: memory is bounded by construction and hashing is a quarter faster than allocating each time.
//! Who finds the queue full, or waits longer than [`MAX_WAIT`], is told to come back.

use std::fmt;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use bcrypt::HashParts;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::common_passwords::is_common;
use super::random::random_bytes;
use crate::domain::{NewPassword, Password};
use crate::server::config::HashingSettings;

/// How long a request waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// How many requests may wait for each permit; more would not get their turn within [`MAX_WAIT`].
const QUEUE_PER_PERMIT: usize = 64;
/// The costliest stored hash that is still computed, so that a row cannot be made to exhaust the server: what the settings
/// allow at most.
const MAX_STORED_MEMORY_KIB: u32 = 1_048_576;
const MAX_STORED_ITERATIONS: u32 = 16;
const MAX_STORED_LANES: u32 = 8;
const MAX_STORED_BCRYPT_COST: u32 = 15;
/// The least that bcrypt itself allows.
const MIN_STORED_BCRYPT_COST: u32 = 4;
/// The longest hash that the database has room for.
const MAX_STORED_LENGTH: usize = 255;
/// As in Unix's shadow file: no hash looks like this.
const NO_PASSWORD: &str = "!";

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

/// A password hash as the database holds it: a PHC string, or a bcrypt string from another system.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// Takes over what the database holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Takes over the hash of another system, once it is sure that this one can verify it (PWD-4): then a right password
    /// signs in, and gets an Argon2id hash in its place.
    ///
    /// # Errors
    /// [`ForeignHashError`].
    pub fn parse_foreign(text: &str) -> Result<Self, ForeignHashError> {
        match HashFamily::of(text).ok_or(ForeignHashError::Unknown)? {
            HashFamily::Bcrypt => check_bcrypt(text)?,
            HashFamily::Argon2 => check_argon2(text)?,
        }
        Ok(Self(text.to_owned()))
    }

    /// The function that made it, as far as its prefix tells.
    pub fn family(&self) -> Option<HashFamily> {
        HashFamily::of(&self.0)
    }

    /// Stands where an account has no password: no text has this hash, so that nobody signs in until one is set.
    pub fn no_password() -> Self {
        Self(NO_PASSWORD.to_owned())
    }

    /// Whether there is a password behind it.
    pub fn has_password(&self) -> bool {
        self.0 != NO_PASSWORD
    }

    /// For the database alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The functions whose hashes are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashFamily {
    /// bcrypt, of other systems alone.
    Bcrypt,
    /// Argon2 of any kind; ours are Argon2id.
    Argon2,
}

impl HashFamily {
    fn of(text: &str) -> Option<Self> {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
        if begins(&["$2a$", "$2b$", "$2x$", "$2y$"]) {
            Some(Self::Bcrypt)
        } else {
            begins(&["$argon2id$", "$argon2i$", "$argon2d$"]).then_some(Self::Argon2)
        }
    }
}

impl fmt::Display for HashFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bcrypt => "bcrypt",
            Self::Argon2 => "Argon2",
        })
    }
}

/// Why the hash of another system is not taken over. Says nothing of the hash itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignHashError {
    /// Another function, or no hash at all.
    #[error("this is neither a bcrypt ($2a$, $2b$, $2y$) nor an Argon2 hash ($argon2id$, $argon2i$, $argon2d$)")]
    Unknown,
    /// Cut off, or with characters that do not belong there.
    #[error("the hash is damaged or cut off")]
    Malformed,
    /// Each sign-in would cost more than this server gives.
    #[error(
        "the hash costs more than is allowed (bcrypt: {MAX_STORED_BCRYPT_COST}; Argon2: m={MAX_STORED_MEMORY_KIB}, \
         t={MAX_STORED_ITERATIONS}, p={MAX_STORED_LANES})"
    )]
    TooCostly,
}

fn check_bcrypt(text: &str) -> Result<(), ForeignHashError> {
    // `$2x$` marks hashes of a faulty version, which verify differently.
    if text.starts_with("$2x$") {
        return Err(ForeignHashError::Unknown);
    }
    HashParts::from_str(text).map_err(|_| ForeignHashError::Malformed)?;
    match bcrypt_cost(text) {
        Some(cost) if cost < MIN_STORED_BCRYPT_COST => Err(ForeignHashError::Malformed),
        Some(cost) if cost <= MAX_STORED_BCRYPT_COST => Ok(()),
        Some(_) => Err(ForeignHashError::TooCostly),
        None => Err(ForeignHashError::Malformed),
    }
}

fn check_argon2(text: &str) -> Result<(), ForeignHashError> {
    let hash = PasswordHash::new(text).map_err(|_| ForeignHashError::Malformed)?;
    let params = Params::try_from(&hash.params).map_err(|_| ForeignHashError::Malformed)?;
    let is_whole = hash.salt.is_some() && hash.hash.is_some() && text.len() <= MAX_STORED_LENGTH;
    if !is_whole || hash.version != Some(Version::V0x13.into()) {
        return Err(ForeignHashError::Malformed);
    }
    if is_bounded(&params) { Ok(()) } else { Err(ForeignHashError::TooCostly) }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash([redacted])")
    }
}

/// The outcome of a verification.
#[derive(Debug)]
pub enum Verdict {
    /// Not this account's password, or no account at all.
    Wrong,
    /// The password is right. `rehash` replaces the stored hash when that was of a weaker kind.
    Right {
        /// The new hash to store, if any.
        rehash: Option<StoredHash>,
    },
}

type Arenas = Mutex<Vec<Vec<Block>>>;

/// Hashes and verifies passwords. Cheap to clone; all clones share the permits.
#[derive(Clone)]
pub struct PasswordHasher {
    params: Params,
    /// Stands in for the hash of an account that does not exist, at the present cost (LOG-2).
    stand_in: StoredHash,
    permits: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    arenas: Arc<Arenas>,
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
        let mut scratch = vec![Block::new(); params.block_count()];
        let stand_in = hash_with(&params, &mut scratch, &random_bytes::<16>().map_err(failed)?)?;
        Ok(Self {
            params,
            stand_in,
            permits: Arc::new(Semaphore::new(permits)),
            queue: Arc::new(Semaphore::new(permits.saturating_mul(QUEUE_PER_PERMIT))),
            arenas: Arc::new(Mutex::new(arenas)),
        })
    }

    /// Hashes a new password with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting.
    pub async fn hash(&self, password: &NewPassword) -> Result<StoredHash, PasswordHasherError> {
        let password = password.as_password().clone();
        let params = self.params.clone();
        self.run(move |arena| hash_with(&params, arena, password.expose())).await?
    }

    /// Compares `password` with `stored`. Without a stored hash the same work is done and the answer is `Wrong`,
    /// so that an unknown account costs the same time as a known one. An account without a password is no other case.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting.
    pub async fn verify(&self, stored: Option<StoredHash>, password: Password) -> Result<Verdict, PasswordHasherError> {
        let stored = stored.filter(StoredHash::has_password);
        let known = stored.is_some();
        let stand_in = self.stand_in.clone();
        let stored = stored.unwrap_or_else(|| stand_in.clone());
        let params = self.params.clone();
        self.run(move |arena| {
            let right = match verify_with(arena, &stored, password.expose()) {
                Ok(right) => right && known,
                // A row that cannot be used (another function, a monstrous cost) is an account without a password:
                // it looks like a wrong one and costs the same (LOG-1, LOG-2).
                Err(error) => {
                    tracing::error!(%error, "a stored password hash cannot be used; its account cannot sign in until it has a new one");
                    verify_with(arena, &stand_in, password.expose())?;
                    false
                }
            };
            if !right {
                return Ok(Verdict::Wrong);
            }
            let outdated = is_outdated(&stored, &params);
            let rehash = outdated.then(|| hash_with(&params, arena, password.expose())).transpose()?;
            Ok(Verdict::Right { rehash })
        })
        .await?
    }

    /// Whether guessers try `password` first, or `own_words` give it away (PWD-3). Judging is work like hashing, so that it
    /// waits for a permit like hashing.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when too much is waiting.
    pub async fn is_common(&self, password: &NewPassword, own_words: Vec<String>) -> Result<bool, PasswordHasherError> {
        let password = password.as_password().clone();
        self.run(move |_| is_common(password.expose_str(), &own_words)).await
    }

    /// Runs `work` with an arena on a blocking thread. The permit goes along, so that a caller who gives up does not
    /// let another one start while the work still runs.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordHasherError> {
        let permit = self.take_permit().await?;
        let arenas = Arc::clone(&self.arenas);
        let blocks = self.params.block_count();
        let task = tokio::task::spawn_blocking(move || {
            let spare = arenas.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut arena = spare.unwrap_or_else(|| vec![Block::new(); blocks]);
            let result = work(&mut arena);
            arenas.lock().unwrap_or_else(PoisonError::into_inner).push(arena);
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
    Ok(StoredHash(hash.to_string()))
}

fn compute(
    algorithm: Algorithm,
    params: &Params,
    arena: &mut Vec<Block>,
    (password, salt): (&[u8], &[u8]),
    out: &mut [u8],
) -> Result<(), PasswordHasherError> {
    let needed = params.block_count();
    // A stored hash may have been made at another cost than today's.
    let mut own = (needed > arena.len()).then(|| vec![Block::new(); needed]);
    let memory = own.as_mut().unwrap_or(arena);
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, out, memory.as_mut_slice())
        .map_err(failed)
}

fn verify_with(arena: &mut Vec<Block>, stored: &StoredHash, password: &[u8]) -> Result<bool, PasswordHasherError> {
    if stored.family() == Some(HashFamily::Bcrypt) {
        return match bcrypt_cost(&stored.0) {
            // It takes 72 bytes into account and no more, as it does everywhere: who chose a longer password in another
            // system signs in with it, and the hash that replaces this one covers all of it.
            Some(cost) if cost <= MAX_STORED_BCRYPT_COST => bcrypt::verify(password, &stored.0).map_err(failed),
            _ => Err(failed("a stored bcrypt hash costs more than is allowed")),
        };
    }
    let parsed = PasswordHash::new(&stored.0).map_err(failed)?;
    let (algorithm, params) = bounded(&parsed)?;
    let (Some(salt), Some(expected)) = (parsed.salt, parsed.hash) else {
        return Err(failed("a stored hash is incomplete"));
    };
    let mut out = vec![0; expected.len()];
    compute(algorithm, &params, arena, (password, salt.as_ref()), &mut out)?;
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&out, expected.as_bytes()).is_ok())
}

fn bounded(hash: &PasswordHash) -> Result<(Algorithm, Params), PasswordHasherError> {
    let params = Params::try_from(&hash.params).map_err(failed)?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
    if is_bounded(&params) && hash.version == Some(Version::V0x13.into()) {
        Ok((algorithm, params))
    } else {
        Err(failed("a stored hash is of a kind or cost that is not allowed"))
    }
}

fn is_bounded(params: &Params) -> bool {
    params.m_cost() <= MAX_STORED_MEMORY_KIB
        && params.t_cost() <= MAX_STORED_ITERATIONS
        && params.p_cost() <= MAX_STORED_LANES
}

fn bcrypt_cost(hash: &str) -> Option<u32> {
    hash.get(4..6).filter(|cost| cost.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// Whether the hash was made at a lower cost than today's, or by another function. Argon2i and Argon2d of other systems
/// are read and always replaced.
fn is_outdated(stored: &StoredHash, params: &Params) -> bool {
    let hash = PasswordHash::new(&stored.0).ok().filter(|hash| hash.algorithm == ARGON2ID_IDENT);
    let old = hash.and_then(|hash| Params::try_from(&hash.params).ok());
    old.is_none_or(|old| {
        old.m_cost() < params.m_cost() || old.t_cost() < params.t_cost() || old.p_cost() < params.p_cost()
    })
}

#[cfg(test)]
mod tests;
