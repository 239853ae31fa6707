//! A session as its owner sees it.

use super::time::Timestamp;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its owner signed out.
    SignedOut,
    /// The same browser signed in anew.
    Replaced,
    /// Its owner ended it from another one.
    EndedElsewhere,
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
    /// The account became an administrator's: a session of before must not be one's.
    RoleGranted,
    /// The operator or an administrator ended it.
    EndedByAdmin,
    /// It was not used for too long. Never stored: the clock says so.
    Idle,
    /// It was as old as a session may get. Never stored: the clock says so.
    TooOld,
}

impl EndReason {
    /// All of them, so that a name can be read back.
    pub const ALL: [Self; 13] = [
        Self::SignedOut,
        Self::Replaced,
        Self::EndedElsewhere,
        Self::PasswordChanged,
        Self::PasswordLink,
        Self::Crowded,
        Self::Reuse,
        Self::Disabled,
        Self::RoleRevoked,
        Self::RoleGranted,
        Self::EndedByAdmin,
        Self::Idle,
        Self::TooOld,
    ];

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::EndedElsewhere => "ended_elsewhere",
            Self::PasswordChanged => "password_changed",
            Self::PasswordLink => "password_link",
            Self::Crowded => "crowded",
            Self::Reuse => "reuse",
            Self::Disabled => "disabled",
            Self::RoleRevoked => "role_revoked",
            Self::RoleGranted => "role_granted",
            Self::EndedByAdmin => "ended_by_admin",
            Self::Idle => "idle",
            Self::TooOld => "too_old",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// When and why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

/// What a session is used with, as far as its client says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientName {
    /// `Firefox`, `curl`.
    pub program: Option<String>,
    /// `Windows`, `Android`.
    pub system: Option<&'static str>,
}

/// A session without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Random; it opens nothing.
    pub id: String,
    /// What uses it.
    pub client: ClientName,
    /// What the client called itself at the sign-in.
    pub user_agent: Option<String>,
    /// Whether a browser uses it, or else a client of the REST API.
    pub is_browser: bool,
    /// Whether the browser was told to keep it when it is closed.
    pub is_kept: bool,
    /// Whether the request that asks belongs to it.
    pub is_current: bool,
    /// Where its owner signed in from.
    pub address: Option<String>,
    /// When its owner signed in.
    pub created_at: Timestamp,
    /// When it was last carried on; to some minutes.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// When and why it ended; `None` while it can be used.
    pub end: Option<SessionEnd>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_that_is_read_back() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(EndReason::parse("anything"), None);
    }
}
