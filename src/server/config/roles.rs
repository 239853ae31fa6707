//! Which roles there are.

use std::collections::BTreeSet;

use super::error::quoted;
use crate::domain::{Problem, Role};

/// At most this many: an access token names all that its account has, and must fit into a cookie.
const MOST: usize = 32;

/// The roles that may be given: `admin`, and the names of `LATCHKEY_ROLES`. `user` is everybody's and nobody's to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedRoles(BTreeSet<Role>);

impl Default for DefinedRoles {
    fn default() -> Self {
        Self(BTreeSet::from([Role::ADMIN]))
    }
}

impl DefinedRoles {
    /// Parses names, separated by commas, to go with `admin` and `user`, which are there anyway.
    ///
    /// # Errors
    /// What is wrong, to be put behind the setting's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut roles = Self::default().0;
        for name in text.split(',').map(str::trim) {
            let role = Role::parse(name).ok_or_else(|| {
                format!(
                    "must be names of 1 to {} characters a-z, 0-9, - and _, a letter first, with commas between; {} is none",
                    Role::MAX,
                    quoted(name)
                )
            })?;
            roles.insert(role);
        }
        roles.remove(&Role::USER);
        if roles.len() > MOST {
            return Err(format!("has more than {} names", MOST - 1));
        }
        Ok(Self(roles))
    }

    /// Whether `role` may be given to somebody.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for `user`, [`Problem::Unknown`] for a role that is not defined.
    pub fn check(&self, role: &Role) -> Result<(), Problem> {
        if *role == Role::USER {
            return Err(Problem::Invalid);
        }
        if self.0.contains(role) { Ok(()) } else { Err(Problem::Unknown) }
    }

    /// Their names, with commas between.
    pub fn names(&self) -> String {
        self.0.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_and_the_operator_s_names_may_be_given_and_user_is_everybody_s() {
        let roles = DefinedRoles::parse("writer, editor,admin,user,editor").unwrap();
        assert_eq!(roles.names(), "admin, editor, writer");
        let check = |name| roles.check(&Role::parse(name).unwrap());
        assert_eq!((check("editor"), check("admin")), (Ok(()), Ok(())));
        assert_eq!((check("user"), check("reader")), (Err(Problem::Invalid), Err(Problem::Unknown)));
        assert_eq!(DefinedRoles::default().names(), "admin");
    }

    #[test]
    fn what_is_no_name_and_more_than_a_token_can_hold_is_refused() {
        for text in ["Editor", "editor,", "a b", "editor;writer", "2nd", &"x".repeat(33)] {
            let problem = DefinedRoles::parse(text).unwrap_err();
            assert!(problem.starts_with("must be names of 1 to 32 characters"), "{text}: {problem}");
        }
        let names = |count: usize| (0..count).map(|n| format!("role-{n}")).collect::<Vec<_>>().join(",");
        assert!(DefinedRoles::parse(&names(31)).is_ok());
        assert_eq!(DefinedRoles::parse(&names(32)).unwrap_err(), "has more than 31 names");
    }
}
