//! Behind a proxy on another machine the server listens where others can reach it too. Who comes past the proxy would
//! send passwords in the clear, so that nobody is served who is neither a trusted proxy nor on this machine (CFG-1).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::caller::Peer;
use super::config::Mode;
use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::state::AppState;
use crate::domain::AuthError;

/// Microseconds between two lines in the log: whoever is refused must not be able to fill the disk.
const BETWEEN_WARNINGS: i64 = 60 * 1_000_000;

/// The wall, with its memory of the last line in the log.
#[derive(Clone)]
pub struct Wall {
    state: AppState,
    warned: Arc<AtomicI64>,
}

impl Wall {
    /// For the whole application.
    pub fn new(state: AppState) -> Self {
        Self { state, warned: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    fn lets_in(&self, peer: Option<Peer>) -> bool {
        let config = &self.state.config;
        if config.mode == Mode::Development || config.listen.ip().to_canonical().is_loopback() {
            return true;
        }
        peer.map(|peer| peer.0.ip().to_canonical())
            .is_some_and(|address| address.is_loopback() || config.trusted_proxies.contains(address))
    }

    fn warn(&self, address: Option<IpAddr>) {
        let now = self.state.clock.now().as_micros();
        let before = self.warned.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(before) >= BETWEEN_WARNINGS;
        let is_mine = || self.warned.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due && is_mine() {
            let address = address.map(|address| address.to_string()).unwrap_or_default();
            tracing::warn!(
                address,
                "{address} was refused, because it came by plain http and is not in LATCHKEY_TRUSTED_PROXIES; \
                 further refusals are not logged for a minute"
            );
        }
    }
}

/// Refuses who comes past the proxy.
pub async fn refuse(State(wall): State<Wall>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    if wall.lets_in(peer) {
        return next.run(request).await;
    }
    wall.warn(peer.map(|peer| peer.0.ip().to_canonical()));
    let wants = Wants::of_request(&request);
    refusal(&AuthError::Unencrypted, wants, Envelope::id_of(&request))
}
