//! Roles: what an account may do beyond looking after itself.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A role of an account, as it stands in the database, in tokens and in the API: 1 to 32 characters a-z, 0-9, `-` and `_`, a
/// letter first. Which roles there are, the operator decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Role(Cow<'static, str>);

impl Role {
    /// Everybody's. It is never stored.
    pub const USER: Self = Self(Cow::Borrowed("user"));
    /// May look after other people's accounts.
    pub const ADMIN: Self = Self(Cow::Borrowed("admin"));
    /// The most characters of a role's name.
    pub const MAX: usize = 32;

    /// The role of that name; `None` for what is no name of a role.
    pub fn parse(name: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.len() <= Self::MAX
            && name.bytes().all(is_plain);
        is_name.then(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The roles of an account that was given these: `user` is among them, each is there once, and they are sorted.
    pub fn held(given: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut roles: Vec<Self> = given.into_iter().chain([Self::USER]).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The role's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name).ok_or("no name of a role")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_short_plain_name() {
        let longest = "a".repeat(Role::MAX);
        for name in ["a", "admin", "user", "content-editor_2", &longest] {
            assert_eq!(Role::parse(name).unwrap().as_str(), name);
            assert_eq!(serde_json::to_string(&Role::parse(name).unwrap()).unwrap(), format!("{name:?}"));
        }
        let too_long = "a".repeat(Role::MAX + 1);
        for name in ["", "Admin", "2nd", "-a", "_a", "a b", "a,b", "a\n", "a\0", "é", "ａ", "a.b", &too_long] {
            assert_eq!(Role::parse(name), None, "{name:?}");
            let json = serde_json::to_string(name).unwrap();
            assert!(serde_json::from_str::<Role>(&json).is_err(), "{name:?}");
        }
    }

    #[test]
    fn everybody_is_a_user_and_roles_are_sorted() {
        let role = |name| Role::parse(name).unwrap();
        assert_eq!(Role::held([]), [Role::USER]);
        assert_eq!(
            Role::held([role("writer"), role("admin"), role("user"), role("admin")]),
            [Role::ADMIN, Role::USER, role("writer")]
        );
    }
}
