//! Hashes as the database holds them: ours, and those that other systems made, within bounds (PWD-4, AVL-1).

use std::fmt;
use std::str::FromStr as _;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Block, Params, Version};
use bcrypt::HashParts;

use super::{PasswordHasherError, compute, failed};

/// Another system's hash has at most the memory of today's own ones, or this.
const IMPORT_MEMORY_KIB: u32 = 131_072;
/// And at most the work of today's own ones, or this, in KiB filled: 8 times the least that a setting allows. It has room
/// for the defaults of argon2-cffi, passlib, PHP and Django.
const IMPORT_WORK: u64 = 8 * 19_456 * 2;
/// The most that the settings allow, so that a hash made under any of them is still verified.
const MAX_MEMORY_KIB: u32 = 1_048_576;
const MAX_ITERATIONS: u32 = 16;
/// Ours have one.
const MAX_LANES: u32 = 8;
/// Ours never are bcrypt. 13 takes about 40 times as long as the default of ours, 12 is the default elsewhere.
const MAX_BCRYPT_COST: u32 = 13;
/// The least that bcrypt itself allows.
const MIN_BCRYPT_COST: u32 = 4;
/// What one round of bcrypt takes, as KiB that Argon2 fills in that time: 206 by the times of cost 15; rounded up, because a bcrypt that is
/// taken for cheap would hold up everybody.
const BCRYPT_ROUND_WORK: u64 = 256;
/// The longest hash that the database has room for.
const MAX_LENGTH: usize = 255;
/// As in Unix's shadow file: no hash looks like this.
const NO_PASSWORD: &str = "!";

/// A password hash as the database holds it: a PHC string, or a bcrypt string from another system.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoredHash(String);

impl StoredHash {
    /// Takes over what the database holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
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

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash([redacted])")
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
        // Not `$2x$`: it marks hashes of a faulty version, which verify differently.
        if begins(&["$2a$", "$2b$", "$2y$"]) {
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

/// Why a hash cannot be verified here. Says nothing of the hash itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignHashError {
    /// Another function, or no hash at all.
    #[error("this is neither a bcrypt ($2a$, $2b$, $2y$) nor an Argon2 hash ($argon2id$, $argon2i$, $argon2d$)")]
    Unknown,
    /// Cut off, or with characters that do not belong there.
    #[error("the hash is damaged or cut off")]
    Malformed,
    /// Each sign-in, of guessers too, would cost more than this server gives.
    #[error(
        "the hash costs more than is allowed (bcrypt: {MAX_BCRYPT_COST}; Argon2: m={memory_kib}, t={MAX_ITERATIONS}, \
         p={MAX_LANES}, m times t={work}); leave this account out, and let its owner register anew"
    )]
    TooCostly {
        /// The most memory.
        memory_kib: u32,
        /// The most memory times passes.
        work: u64,
    },
}

/// The costliest hash that is computed.
pub(super) struct Bounds {
    memory_kib: u32,
    work: u64,
}

impl Bounds {
    /// Of a hash that stands in the database: what any setting allows, so that a row cannot ask for more.
    pub(super) const STORED: Self =
        Self { memory_kib: MAX_MEMORY_KIB, work: MAX_MEMORY_KIB as u64 * MAX_ITERATIONS as u64 };

    /// Of a hash that another system brings along, where hashes of our own are made like this.
    pub(super) fn of_import(own: &Params) -> Self {
        Self { memory_kib: own.m_cost().max(IMPORT_MEMORY_KIB), work: work(own).max(IMPORT_WORK) }
    }
}

/// What takes its time: the KiB that are filled. Lanes are computed one after the other, so that they do not count.
fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// A stored hash of a known function, whole and within bounds.
pub(super) enum Verifiable {
    Bcrypt { text: String, cost: u32 },
    Argon2 { algorithm: Algorithm, params: Params, salt: Salt, output: Output },
}

impl Verifiable {
    pub(super) fn read(text: &str, bounds: &Bounds) -> Result<Self, ForeignHashError> {
        let hash = match HashFamily::of(text).ok_or(ForeignHashError::Unknown)? {
            HashFamily::Bcrypt => bcrypt_hash(text),
            HashFamily::Argon2 => argon2_hash(text),
        };
        let hash = hash.ok_or(ForeignHashError::Malformed)?;
        let too_costly = ForeignHashError::TooCostly { memory_kib: bounds.memory_kib, work: bounds.work };
        if hash.is_within(bounds) { Ok(hash) } else { Err(too_costly) }
    }

    fn is_within(&self, bounds: &Bounds) -> bool {
        match self {
            Self::Bcrypt { cost, .. } => *cost <= MAX_BCRYPT_COST,
            Self::Argon2 { params, .. } => {
                params.m_cost() <= bounds.memory_kib
                    && work(params) <= bounds.work
                    && params.t_cost() <= MAX_ITERATIONS
                    && params.p_cost() <= MAX_LANES
            }
        }
    }

    /// Whether it takes more time or memory than a hash that is made like this.
    pub(super) fn is_dearer_than(&self, own: &Params) -> bool {
        match self {
            Self::Bcrypt { cost, .. } => BCRYPT_ROUND_WORK << cost > work(own),
            Self::Argon2 { params, .. } => params.m_cost() > own.m_cost() || work(params) > work(own),
        }
    }

    /// Whether it is one of ours at this very cost. A dearer one is not: it would tell its account by its time for good
    /// (LOG-2), and wait behind all others of its kind. Servers with different settings on one database would replace each
    /// other's hashes at each sign-in, none of which is below the floor; a newer password is never undone by it, because
    /// the store replaces only the very hash that was verified (PWD-4).
    pub(super) fn is_of_cost(&self, own: &Params) -> bool {
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        matches!(self, Self::Argon2 { algorithm: Algorithm::Argon2id, params, .. } if cost(params) == cost(own))
    }

    pub(super) fn matches(&self, arena: &mut Vec<Block>, password: &[u8]) -> Result<bool, PasswordHasherError> {
        match self {
            // It takes 72 bytes into account and no more, as it does everywhere: who chose a longer password in another
            // system signs in with it, and the hash that replaces this one covers all of it.
            Self::Bcrypt { text, .. } => bcrypt::verify(password, text).map_err(failed),
            Self::Argon2 { algorithm, params, salt, output } => {
                let mut out = vec![0; output.len()];
                compute(*algorithm, params, arena, (password, salt.as_ref()), &mut out)?;
                Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&out, output.as_bytes()).is_ok())
            }
        }
    }
}

fn bcrypt_hash(text: &str) -> Option<Verifiable> {
    HashParts::from_str(text).ok()?;
    let cost = text.get(4..6).filter(|cost| cost.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    (MIN_BCRYPT_COST..=31).contains(&cost).then(|| Verifiable::Bcrypt { text: text.to_owned(), cost })
}

fn argon2_hash(text: &str) -> Option<Verifiable> {
    let hash = PasswordHash::new(text).ok().filter(|_| text.len() <= MAX_LENGTH)?;
    let params = Params::try_from(&hash.params).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let is_known = hash.version == Some(Version::V0x13.into());
    let (salt, output) = (hash.salt?, hash.hash?);
    is_known.then_some(Verifiable::Argon2 { algorithm, params, salt, output })
}
