//! A session as the database holds it, and as it begins and ends.

use super::AccountRow;
use crate::domain::Timestamp;
use crate::server::crypto::{SessionKind, SessionSeed};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its owner signed out.
    SignedOut,
    /// The same browser signed in anew.
    Replaced,
    /// The password was changed.
    PasswordChanged,
    /// The password was set by a link.
    PasswordLink,
    /// Too many newer ones.
    Crowded,
    /// An old refresh token came back: somebody has a copy.
    Reuse,
    /// The account was disabled.
    Disabled,
    /// The account lost a role.
    RoleRevoked,
    /// The operator or an administrator ended it.
    EndedByAdmin,
}

impl EndReason {
    pub(in crate::server::store) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::PasswordChanged => "password_changed",
            Self::PasswordLink => "password_link",
            Self::Crowded => "crowded",
            Self::Reuse => "reuse",
            Self::Disabled => "disabled",
            Self::RoleRevoked => "role_revoked",
            Self::EndedByAdmin => "ended_by_admin",
        }
    }
}

/// A session with its account.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Random.
    pub id: String,
    /// What uses it.
    pub kind: SessionKind,
    /// The half of its refresh tokens that only this row holds.
    pub seed: SessionSeed,
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
