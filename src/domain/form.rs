//! What a form says back: which field is wrong and why, in types that cross the wire and carry no secret.

use serde::{Deserialize, Serialize};

use super::error::AuthError;

/// A field of any form or request, under the name it has in HTML, JSON and URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// E-mail address.
    Email,
    /// Username; on the sign-in form a username or an e-mail address.
    Username,
    /// The password that signs in or is chosen at registration.
    Password,
    /// The present password, asked for before a sensitive change.
    CurrentPassword,
    /// The password to change to.
    NewPassword,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// The tick that confirms the deletion of an account.
    Confirm,
    /// The tick to stay signed in when the browser is closed.
    Keep,
    /// What an account may do beyond looking after itself.
    Roles,
    /// How the usernames or addresses to list begin.
    Search,
}

impl Field {
    /// The field's name in HTML, JSON and URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Password => "password",
            Self::CurrentPassword => "current_password",
            Self::NewPassword => "new_password",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Confirm => "confirm",
            Self::Keep => "keep",
            Self::Roles => "roles",
            Self::Search => "search",
        }
    }
}

/// Why a field was refused. The words for it stand in [`text`](super::text).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing was given.
    Required,
    /// Not of the field's form.
    Invalid,
    /// Contains characters that the field does not take.
    Characters,
    /// Fewer than this many characters.
    TooShort(u16),
    /// More than this many characters.
    TooLong(u16),
    /// Another account has it.
    Taken,
    /// On the list of passwords that guessers try first, or made of the account's own words.
    Common,
    /// Not the current password.
    Wrong,
    /// Nothing that is known here.
    Unknown,
}

/// One refused field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Which field.
    pub field: Field,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The refused fields of one request, in the order of the form; at most one problem a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Refuses `field`, unless it is refused already.
    pub fn add(&mut self, field: Field, problem: Problem) {
        if self.get(field).is_none() {
            self.0.push(FieldError { field, problem });
        }
    }

    /// The parsed value, or `None` with the problem noted under `field`.
    pub fn take<T>(&mut self, field: Field, parsed: Result<T, Problem>) -> Option<T> {
        parsed.map_err(|problem| self.add(field, problem)).ok()
    }

    /// What is wrong with `field`, if anything.
    pub fn get(&self, field: Field) -> Option<Problem> {
        self.0.iter().find(|e| e.field == field).map(|e| e.problem)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = FieldError> {
        self.0.iter().copied()
    }

    /// Whether every field was accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the only objection is that somebody else has the value.
    pub fn only_taken(&self) -> bool {
        !self.is_empty() && self.iter().all(|e| e.problem == Problem::Taken)
    }
}

impl From<FieldErrors> for AuthError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<(Field, Problem)> for AuthError {
    fn from((field, problem): (Field, Problem)) -> Self {
        Self::Invalid(FieldErrors(vec![FieldError { field, problem }]))
    }
}

/// The forms of the screens, to tell those of one page apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormName {
    /// `/login`
    SignIn,
    /// `/register`
    Registration,
    /// `/set-password`
    SetPassword,
    /// `/sessions`
    Sessions,
    /// `/profile`: username and names.
    Details,
    /// `/profile`: e-mail address.
    Email,
    /// `/profile`: password.
    Password,
    /// `/profile`: deletion of the account.
    Deletion,
}

impl FormName {
    /// The forms of the profile page.
    pub const PROFILE: [Self; 4] = [Self::Details, Self::Email, Self::Password, Self::Deletion];

    /// The name in `?form=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Registration => "registration",
            Self::SetPassword => "set_password",
            Self::Sessions => "sessions",
            Self::Details => "details",
            Self::Email => "email",
            Self::Password => "password",
            Self::Deletion => "deletion",
        }
    }
}

/// A field that may be missing, which is not the same as empty: a missing one leaves the value as it is.
///
/// A plain `Option<String>` would be `None` for `x=` at one door and `Some("")` at the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Sent(pub Option<String>);

impl From<String> for Sent {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

/// A form as the server last saw it: what was wrong, and the values worth keeping. Never a password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormState {
    /// Why it was refused; `None` on a first visit.
    pub error: Option<AuthError>,
    /// The values to show in its fields.
    pub values: Vec<(Field, String)>,
}

impl FormState {
    /// The value to show in `field`; empty when there is none.
    pub fn value(&self, field: Field) -> String {
        let found = self.values.iter().find(|(name, _)| *name == field);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}
