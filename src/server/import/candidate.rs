//! What a file says of one account, before any of it is believed.

use std::fmt;

use super::report::Faults;

/// A column of a table, or a key of a JSON object, that an import knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Its number in the old system; ignored.
    Id,
    /// E-mail address.
    Email,
    /// Username.
    Username,
    /// The hash of the password.
    PasswordHash,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Whether it may sign in.
    IsActive,
    /// Whether its owner has proved that they read the address.
    EmailVerified,
    /// What it may do beyond looking after itself.
    Roles,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// When it last signed in.
    LastLogin,
}

impl Column {
    /// Every name, in the order in which a message lists them. The hash has two.
    pub const NAMES: [(&'static str, Self); 13] = [
        ("email", Self::Email),
        ("username", Self::Username),
        ("hashed_password", Self::PasswordHash),
        ("password_hash", Self::PasswordHash),
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("is_active", Self::IsActive),
        ("email_verified", Self::EmailVerified),
        ("roles", Self::Roles),
        ("created_at", Self::CreatedAt),
        ("updated_at", Self::UpdatedAt),
        ("last_login", Self::LastLogin),
        ("id", Self::Id),
    ];

    /// The column of exactly that name, in capitals or not.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, column)| *column)
    }

    /// Its first name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }
}

/// The columns that a header names, in its order; `None` when anything is wrong with it: an unknown column, a column of
/// plain passwords, one named twice, one that is missing. A header that is none is one fault, `no_header`.
pub fn columns<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    place: &Place,
    no_header: &str,
    faults: &mut Faults,
) -> Option<Vec<Column>> {
    if !are_names(names.clone()) {
        faults.add(place, || no_header.to_owned());
        return None;
    }
    let (mut columns, mut is_good) = (Vec::new(), true);
    let mut refuse = |text: &dyn Fn() -> String| {
        faults.add(place, text);
        is_good = false;
    };
    for (number, name) in names.enumerate() {
        match Column::parse(name) {
            Some(column) if columns.contains(&column) => refuse(&|| named_twice(column)),
            Some(column) => columns.push(column),
            None => refuse(&|| unknown(number + 1, name)),
        }
    }
    if !is_good {
        return None;
    }
    for needed in [Column::Email, Column::Username, Column::PasswordHash] {
        if !columns.contains(&needed) {
            faults.add(place, || format!("there is no column {}; every account needs one", needed.as_str()));
            is_good = false;
        }
    }
    is_good.then_some(columns)
}

/// Whether these are names at all, and not the values of an account in a file without a header: a value may happen to be a
/// column's name, two of them do not.
pub fn are_names<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    names.filter(|name| Column::parse(name).is_some() || is_plain_password(name)).take(2).count() == 2
}

fn is_plain_password(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("password")
}

/// The fault of a column that an import does not know: one of a header, [which is one](are_names).
pub fn unknown(number: usize, name: &str) -> String {
    if is_plain_password(name) {
        return "the column password holds passwords as plain text; give their hashes alone, as hashed_password, and \
                delete this file"
            .to_owned();
    }
    let known: Vec<&str> = Column::NAMES.iter().map(|(known, _)| *known).collect();
    let known = known.join(", ");
    if is_harmless(name) {
        format!("unknown column \"{name}\"; leave it out, or name it as one of {known}")
    } else {
        format!("column {number} is unknown; leave it out, or name it as one of {known}")
    }
}

/// Whether a name can be put into a message: it is no e-mail address, no hash, and nothing that a terminal could take for
/// a command.
fn is_harmless(name: &str) -> bool {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins_well && name.len() <= 31 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_ ".contains(&byte))
}

/// The fault of a column that is named twice.
pub fn named_twice(column: Column) -> String {
    format!("the column {} is there twice; leave one out", column.as_str())
}

/// Where in the file something stands. Sorts in the file's order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// No single row.
    File,
    /// A line, counted as an editor does.
    Line(usize),
    /// A row of a table: its number in the order of reading, and its `id` if it has one. An id is told only when it is a
    /// number or a UUID: it could be an e-mail address, too.
    Row {
        /// From 1.
        number: usize,
        /// In the old system.
        id: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => write!(f, "the file"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row { id: Some(id), .. } if is_number(id) || is_uuid(id) => write!(f, "row id {id}"),
            Self::Row { number, .. } => write!(f, "row {number}"),
        }
    }
}

fn is_number(id: &str) -> bool {
    id.len() < 20 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(id: &str) -> bool {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// One account as the file has it. Its `Debug` shows no value: one of them is the hash.
pub struct Candidate {
    /// Where it stands.
    pub place: Place,
    values: Vec<(Column, String)>,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Candidate {
    /// Without any value.
    pub fn new(place: Place) -> Self {
        Self { place, values: Vec::new() }
    }

    /// Notes a value, trimmed; an empty one is an absent one. Not so for `is_active`: an application may take nothing for
    /// "no" there, and nobody whom it kept out may come in here.
    ///
    /// # Errors
    /// The fault, when the column has a value already.
    pub fn set(&mut self, column: Column, value: &str) -> Result<(), String> {
        if self.get(column).is_some() {
            return Err(named_twice(column));
        }
        let value = value.trim();
        if !value.is_empty() || column == Column::IsActive {
            self.values.push((column, value.to_owned()));
        }
        Ok(())
    }

    /// The value of a column.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == column).map(|(_, value)| value.as_str())
    }
}
