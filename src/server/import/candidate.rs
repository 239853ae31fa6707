//! What a file says of one account, before any of it is believed.

use std::fmt;

use super::report::Fault;

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

    /// The column of that name, in capitals or not.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
        found.map(|(_, column)| *column)
    }

    /// Its first name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }
}

/// The columns that a header names, in its order.
///
/// # Errors
/// Every fault of the header: an unknown column, a column of plain passwords, one named twice, one that is missing.
pub fn columns<'a>(names: impl Iterator<Item = &'a str>, place: &Place) -> Result<Vec<Column>, Vec<Fault>> {
    let (mut columns, mut faults) = (Vec::new(), Vec::new());
    for name in names {
        match Column::parse(name) {
            Some(column) if columns.contains(&column) => faults.push(named_twice(column)),
            Some(column) => columns.push(column),
            None => faults.push(unknown(name)),
        }
    }
    for needed in [Column::Email, Column::Username, Column::PasswordHash] {
        if faults.is_empty() && !columns.contains(&needed) {
            faults.push(format!("there is no column {}; every account needs one", needed.as_str()));
        }
    }
    if faults.is_empty() {
        return Ok(columns);
    }
    Err(faults.into_iter().map(|text| Fault { place: place.clone(), text }).collect())
}

/// The fault of a column that an import does not know.
pub fn unknown(name: &str) -> String {
    if name.trim().eq_ignore_ascii_case("password") {
        return "the column password holds passwords as plain text; give their hashes alone, as hashed_password, and \
                delete this file"
            .to_owned();
    }
    let known: Vec<&str> = Column::NAMES.iter().map(|(known, _)| *known).collect();
    format!("unknown column {}; leave it out, or name it as one of {}", shown(name), known.join(", "))
}

/// The fault of a column that is named twice.
pub fn named_twice(column: Column) -> String {
    format!("the column {} is there twice; leave one out", column.as_str())
}

/// Foreign text for a message: quoted, cut short, and with everything escaped that a terminal could take for a command.
pub fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

/// Where in the file something stands. Sorts in the file's order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// No single row.
    File,
    /// A line, counted as an editor does.
    Line(usize),
    /// A row of a table: its number in the order of reading, and its `id` if it has one.
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
            Self::Row { id: Some(id), .. } if id.len() < 20 && id.bytes().all(|b| b.is_ascii_digit()) => {
                write!(f, "row id {id}")
            }
            Self::Row { id: Some(id), .. } => write!(f, "row id {}", shown(id)),
            Self::Row { number, id: None } => write!(f, "row {number}"),
        }
    }
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
