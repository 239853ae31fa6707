//! One guess at a time at each dear hash, so that who guesses at one account holds up that account and no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};
use tokio::time::timeout;

use super::{MAX_WAIT, PasswordHasherError, StoredHash};

/// The dear hashes that are being compared, or wait for it.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<StoredHash, Weak<Turnstile<()>>>>>);

impl Turns {
    /// Waits until nobody else compares this hash; while the answer lives, nobody does.
    ///
    /// # Errors
    /// [`PasswordHasherError::Busy`] when the turn does not come in time.
    pub(super) async fn take(&self, hash: StoredHash) -> Result<OwnedMutexGuard<()>, PasswordHasherError> {
        let turnstile = self.turnstile(hash);
        timeout(MAX_WAIT, turnstile.lock_owned()).await.map_err(|_| PasswordHasherError::Busy)
    }

    fn turnstile(&self, hash: StoredHash) -> Arc<Turnstile<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, turnstile| turnstile.strong_count() > 0);
        if let Some(turnstile) = all.get(&hash).and_then(Weak::upgrade) {
            return turnstile;
        }
        let turnstile = Arc::default();
        all.insert(hash, Arc::downgrade(&turnstile));
        turnstile
    }
}
