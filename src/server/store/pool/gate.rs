//! Who waits for a connection to a database server, and who is told at once that it is gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::unavailable;
use crate::server::store::StoreError;

/// How long a request waits for its turn while all connections to a server are in use.
pub(super) const TURN_TIMEOUT: Duration = Duration::from_secs(3);
/// So long after somebody found that a server is gone nobody tries again: a request that asks twice waits once.
const PAUSE: Duration = Duration::from_millis(100);
/// Who got no connection while others did so lately goes on trying.
const LATELY: Duration = Duration::from_millis(400);

/// Keeps the wait for a busy server, which may last a while, apart from that for one that is gone, which is over when the first
/// finds that it is: then everybody in the queue is told so at once, and whoever comes later, until one that tries now and then
/// gets a connection (AVL-4).
#[derive(Debug)]
pub(super) struct Gate {
    places: Arc<Semaphore>,
    /// When the last connection was given out: a server that gives some to others is not gone.
    given_at: Mutex<Instant>,
    is_gone: Notify,
    /// When that was found last; none while all is well.
    gone_at: Mutex<Option<Instant>>,
    /// Who tries whether it is back.
    scout: Arc<Semaphore>,
}

impl Gate {
    /// To so many connections.
    pub(super) fn with(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            given_at: Mutex::new(Instant::now()),
            is_gone: Notify::new(),
            gone_at: Mutex::default(),
            scout: Arc::new(Semaphore::new(1)),
        }
    }

    /// Nothing while the server is there. When it is gone, one may try; all others need not wait for what they know.
    pub(super) fn scout(&self) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        match *self.gone_at.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(None),
            Some(at) if at.elapsed() < PAUSE => Err(unavailable()),
            Some(_) => Arc::clone(&self.scout).try_acquire_owned().map(Some).map_err(|_| unavailable()),
        }
    }

    pub(super) fn has_given(&self) {
        *self.given_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        *self.gone_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn gave_lately(&self) -> bool {
        self.given_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < LATELY
    }

    pub(super) fn is_found_gone(&self) {
        *self.gone_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.is_gone.notify_waiters();
    }

    pub(super) async fn pass(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        tokio::select! {
            // First: a place that comes free in the same moment is of no use.
            biased;
            () = self.is_gone.notified() => Err(unavailable()),
            place = Arc::clone(&self.places).acquire_owned() => place.map_err(|_| unavailable()),
            () = tokio::time::sleep(TURN_TIMEOUT) => Err(unavailable()),
        }
    }
}
