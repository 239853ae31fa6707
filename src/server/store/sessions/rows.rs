//! A session as the database holds it, and as it begins.

use super::AccountRow;
use crate::domain::Timestamp;
use crate::server::crypto::{SessionKind, SessionSeed};

/// A session with its account.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Random.
    pub id: String,
    /// What uses it.
    pub kind: SessionKind,
    /// The half of its refresh tokens that only this row holds.
    pub seed: SessionSeed,
    /// Whether the browser keeps it when it is closed.
    pub is_kept: bool,
    /// How often it was refreshed.
    pub counter: i64,
    /// When its owner last proved who they are.
    pub authenticated_at: Timestamp,
    /// When the counter last grew.
    pub rotated_at: Timestamp,
    /// When it ends unless it is used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it was ended before its time.
    pub ended_at: Option<Timestamp>,
    /// Whose it is.
    pub account: AccountRow,
}

impl SessionRow {
    /// Whether it can still be used at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.expires_at
    }
}

/// A session to begin.
#[derive(Debug)]
pub struct NewSession {
    /// Random.
    pub id: String,
    /// What uses it.
    pub kind: SessionKind,
    /// Whether the browser keeps it when it is closed.
    pub is_kept: bool,
    /// Random.
    pub seed: SessionSeed,
    /// Now.
    pub now: Timestamp,
    /// When it ends unless it is used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Where it was begun from.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}
