//! From a candidate to an account, by the same rules as at registration.

use std::collections::{BTreeSet, HashMap};

use super::candidate::{Candidate, Column, Place};
use super::report::Faults;
use crate::domain::{AccountId, EmailAddress, PersonName, Problem, Role, Timestamp, Username};
use crate::server::config::DefinedRoles;
use crate::server::crypto::{PasswordHasher, RandomError, random_bytes};
use crate::server::store::ImportedAccount;

/// What every account is held against.
pub struct Rules {
    /// Knows which hashes can be taken over.
    pub hasher: PasswordHasher,
    /// Which roles there are.
    pub roles: DefinedRoles,
    /// When an account was made that does not say so.
    pub now: Timestamp,
}

/// Accounts ready to be written, each with its place in the file.
#[derive(Debug, Default)]
pub struct Checked {
    /// The accounts.
    pub accounts: Vec<ImportedAccount>,
    /// Where they stand.
    pub places: Vec<Place>,
    /// What is wrong.
    pub faults: Faults,
}

/// Checks every candidate, and that no two of them are one account.
///
/// # Errors
/// When no ids can be made.
pub fn check(candidates: &[Candidate], rules: &Rules) -> Result<Checked, RandomError> {
    let mut checked = Checked::default();
    for candidate in candidates {
        let mut faults = Vec::new();
        if let Some(account) = account(candidate, rules, &mut faults)? {
            checked.accounts.push(account);
            checked.places.push(candidate.place.clone());
        }
        for text in faults {
            checked.faults.add(&candidate.place, || text);
        }
    }
    refuse_twins(&mut checked, "e-mail address", |account| account.email.canonical());
    refuse_twins(&mut checked, "username", |account| account.username.canonical());
    Ok(checked)
}

/// An id that nobody has, but for a chance in millions.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_id() -> Result<AccountId, RandomError> {
    loop {
        if let Some(id) = AccountId::from_random(u64::from_le_bytes(random_bytes()?)) {
            return Ok(id);
        }
    }
}

/// Refuses each account that has a value which an earlier one has.
fn refuse_twins(checked: &mut Checked, what: &str, value: impl Fn(&ImportedAccount) -> &str) {
    let Checked { accounts, places, faults } = checked;
    let mut firsts: HashMap<&str, &Place> = HashMap::with_capacity(accounts.len());
    for (account, place) in accounts.iter().zip(places.iter()) {
        let first = *firsts.entry(value(account)).or_insert(place);
        if first != place {
            faults.add(place, || format!("the same {what} as {first}, whatever the spelling; keep one of the two"));
        }
    }
}

fn account(
    candidate: &Candidate,
    rules: &Rules,
    faults: &mut Vec<String>,
) -> Result<Option<ImportedAccount>, RandomError> {
    let mut read = Reader { candidate, faults };
    let email = read.required(Column::Email, |text| EmailAddress::parse(text).map_err(|p| email_problem(p).to_owned()));
    let username = read.required(Column::Username, |text| Username::parse(text).map_err(username_problem));
    let password_hash =
        read.required(Column::PasswordHash, |text| rules.hasher.take_over(text).map_err(|error| error.to_string()));
    let first_name = read.optional(Column::FirstName, person_name).flatten();
    let last_name = read.optional(Column::LastName, person_name).flatten();
    let is_active = read.optional(Column::IsActive, flag).unwrap_or(true);
    let email_verified = read.optional(Column::EmailVerified, flag).unwrap_or(false);
    let roles = read.optional(Column::Roles, |text| roles(text, &rules.roles)).unwrap_or_default();
    let created_at = read.optional(Column::CreatedAt, moment);
    let updated_at = read.optional(Column::UpdatedAt, moment);
    let last_login = read.optional(Column::LastLogin, moment);
    let (Some(email), Some(username), Some(password_hash), true) =
        (email, username, password_hash, read.faults.is_empty())
    else {
        return Ok(None);
    };
    let created_at = created_at.unwrap_or(rules.now);
    Ok(Some(ImportedAccount {
        id: new_id()?,
        email,
        username,
        first_name,
        last_name,
        password_hash,
        is_active,
        email_verified,
        roles,
        created_at,
        updated_at: updated_at.unwrap_or(created_at),
        last_login,
    }))
}

/// Reads the values of a candidate and notes what is wrong with them.
struct Reader<'a> {
    candidate: &'a Candidate,
    faults: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn optional<T>(&mut self, column: Column, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let parsed = parse(self.candidate.get(column)?);
        parsed.map_err(|text| self.faults.push(format!("{}: {text}", column.as_str()))).ok()
    }

    fn required<T>(&mut self, column: Column, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if self.candidate.get(column).is_none() {
            let what = match column {
                Column::PasswordHash => "empty; leave this account out, and let its owner register anew",
                _ => "empty; every account needs one",
            };
            self.faults.push(format!("{}: {what}", column.as_str()));
        }
        self.optional(column, parse)
    }
}

fn email_problem(problem: Problem) -> &'static str {
    match problem {
        Problem::TooLong(_) => "longer than 254 characters; leave this account out or change it",
        Problem::Characters => "it has invisible characters; take them out",
        _ => "not an e-mail address like name@example.com; correct it",
    }
}

fn username_problem(problem: Problem) -> String {
    match problem {
        Problem::TooLong(most) => format!("longer than {most} characters; shorten it"),
        Problem::Invalid => "may not begin with -; change it".to_owned(),
        _ => "only letters, digits, - and _ are taken; change it, its owner can sign in with the e-mail address"
            .to_owned(),
    }
}

fn person_name(text: &str) -> Result<Option<PersonName>, String> {
    PersonName::parse(text).map_err(|problem| match problem {
        Problem::TooLong(most) => format!("longer than {most} characters; shorten it"),
        _ => "it has invisible characters; take them out".to_owned(),
    })
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        // `t` and `f` are what PostgreSQL's COPY writes.
        "true" | "t" | "1" => Ok(true),
        "false" | "f" | "0" => Ok(false),
        _ => Err("write true or false, or 1 or 0".to_owned()),
    }
}

/// A JSON array, or names with spaces or commas between them. `user` is everybody's, also here.
fn roles(text: &str, defined: &DefinedRoles) -> Result<Vec<Role>, String> {
    let listed: Option<Vec<String>> = if text.starts_with('[') { serde_json::from_str(text).ok() } else { None };
    let names: Vec<&str> = match &listed {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => text.split([' ', ',']).filter(|name| !name.is_empty()).collect(),
    };
    let mut roles = BTreeSet::new();
    for name in names {
        // Not quoted: where columns are mixed up it is something else, perhaps a hash.
        let unknown = || format!("unknown role; there are: {}, and LATCHKEY_ROLES defines more", defined.names());
        let role = Role::parse(name).ok_or_else(unknown)?;
        if role != Role::USER {
            defined.check(&role).map_err(|_| unknown())?;
            roles.insert(role);
        }
    }
    Ok(roles.into_iter().collect())
}

/// RFC 3339, or without an offset as SQLite and SQLAlchemy write it, which is UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let what = "write a time like 2026-01-31T12:00:00Z";
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp::from_micros(moment.as_microsecond()));
    }
    // Only digits and their signs: with an offset or a zone it would mean another moment.
    let is_plain = text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || b"-: .T".contains(&byte));
    let civil = text.parse::<jiff::civil::DateTime>().ok().filter(|_| is_plain).ok_or(what)?;
    let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| what)?;
    Ok(Timestamp::from_micros(moment.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_rfc_3339_and_as_sqlalchemy_writes_them() {
        let read = |text| moment(text).map(Timestamp::to_rfc3339);
        for (text, expected) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T14:30:00.25+02:30", "2026-01-31T12:00:00.25Z"),
            ("2026-01-31 12:00:00+00:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31 13:00:00.5+01", "2026-01-31T12:00:00.5Z"),
            ("2026-01-31 12:00:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31 12:00:00.123456", "2026-01-31T12:00:00.123456Z"),
            ("1969-12-31T23:59:59", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(read(text), Ok(expected.to_owned()), "{text}");
        }
        for text in
            ["yesterday", "1800000000", "2026-02-30 12:00:00", "2026-01-31T12:00[Europe/Berlin]", "2026-01-31", "-"]
        {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_are_read_as_databases_write_them() {
        for (text, expected) in
            [("true", true), ("True", true), ("t", true), ("1", true), ("false", false), ("f", false), ("0", false)]
        {
            assert_eq!(flag(text), Ok(expected), "{text}");
        }
        for text in ["", "yes", "2", "1.0", "null"] {
            assert!(flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn roles_are_read_from_an_array_or_a_list() {
        let defined = DefinedRoles::parse("editor").unwrap();
        let read = |text| roles(text, &defined).map(|roles| roles.iter().map(Role::to_string).collect::<Vec<_>>());
        for text in ["admin", "[\"admin\"]", " admin, admin", "[ \"admin\", \"admin\" ]", "user admin"] {
            assert_eq!(read(text), Ok(vec!["admin".to_owned()]), "{text}");
        }
        assert_eq!(read("[\"user\", \"editor\", \"admin\"]").unwrap(), ["admin", "editor"]);
        for text in ["[]", "user", "[\"user\"]"] {
            assert_eq!(read(text), Ok(Vec::new()), "{text}");
        }
        for text in ["root", "admin;user", "[admin]", "[1]", "Admin", "editors"] {
            assert_eq!(
                read(text).unwrap_err(),
                "unknown role; there are: admin, editor, and LATCHKEY_ROLES defines more"
            );
        }
    }
}
