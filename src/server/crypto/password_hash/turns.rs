//! One guess at a time at each dear hash, so that who guesses at one account holds up that account and no other.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::{PasswordHasherError, StoredHash};

/// The dear hashes that are being compared, or wait for it.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashSet<StoredHash>>>);

/// The only one to compare its hash, for as long as it lives.
pub(super) struct Turn {
    turns: Turns,
    hash: StoredHash,
}

impl Turns {
    /// # Errors
    /// [`PasswordHasherError::Busy`] while somebody else compares the same hash.
    pub(super) fn take(&self, hash: &StoredHash) -> Result<Turn, PasswordHasherError> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(hash.clone());
        if is_free { Ok(Turn { turns: self.clone(), hash: hash.clone() }) } else { Err(PasswordHasherError::Busy) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.hash);
    }
}
