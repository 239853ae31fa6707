//! Roles: what an account may do beyond looking after itself.

use serde::{Deserialize, Serialize};

/// A role of an account, as it stands in the database, in tokens and in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May look after other people's accounts.
    Admin,
}

impl Role {
    /// The role's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
        }
    }

    /// The role of that name; `None` for a name this version does not know.
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::Admin.as_str()).then_some(Self::Admin)
    }
}
