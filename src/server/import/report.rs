//! What an import found and did, for the person who asked for it. Holds places, names of columns and counts: no value of
//! an account, so that a report can be shown around.

use std::collections::BTreeMap;
use std::fmt;

use super::candidate::Place;
use crate::server::crypto::HashFamily;

/// The most faults that a report names.
pub const SHOWN: usize = 20;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// RFC 4180, with a header.
    Csv,
    /// A SQLite database with a table `users`.
    Sqlite,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonLines => "JSON Lines",
            Self::Csv => "CSV",
            Self::Sqlite => "SQLite (table users)",
        })
    }
}

/// Something that keeps the whole file out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// The faults of a file: the first [`SHOWN`] of them in the file's order, and how many there are in all. However many a
/// file has, they take no more room than these.
#[derive(Debug, Default)]
pub struct Faults {
    first: Vec<Fault>,
    total: usize,
}

impl Faults {
    /// Counts a fault; its text is made when it is one of the first.
    pub fn add(&mut self, place: &Place, text: impl FnOnce() -> String) {
        self.total += 1;
        let at = self.first.partition_point(|fault| fault.place <= *place);
        if at < SHOWN {
            self.first.insert(at, Fault { place: place.clone(), text: text() });
            self.first.truncate(SHOWN);
        }
    }

    /// Adds those of another step.
    pub fn append(&mut self, others: Self) {
        let untold = others.total - others.first.len();
        for fault in others.first {
            self.add(&fault.place, || fault.text);
        }
        self.total += untold;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many there are in all.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The first ones.
    pub fn into_first(self) -> Vec<Fault> {
        self.first
    }
}

/// What became of the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of them are here now.
    Imported,
    /// All of them would be; nothing was written.
    DryRun,
    /// None of them: there are faults.
    Refused,
}

/// The report of an import. [`Display`](fmt::Display) gives its text, ending with a line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How the file is written.
    pub format: Format,
    /// What became of the accounts.
    pub outcome: Outcome,
    /// Rows read, faulty ones too.
    pub rows: usize,
    /// Accounts imported, or that would be.
    pub accounts: usize,
    /// How many of them have a hash of which kind.
    pub hashes: BTreeMap<HashFamily, usize>,
    /// How many of them may not sign in.
    pub disabled: usize,
    /// How many of them are administrators.
    pub administrators: usize,
    /// Whether the file has ids, which are ignored.
    pub has_ids: bool,
    /// The first faults, in the file's order.
    pub faults: Vec<Fault>,
    /// How many there are in all.
    pub fault_total: usize,
}

impl Report {
    /// Whether the file was kept out; a command then ends with code 1.
    pub fn is_refused(&self) -> bool {
        self.outcome == Outcome::Refused
    }

    fn refusal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Found {}. Nothing was imported; mend the file and try again.", count(self.fault_total, "fault"))?;
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        match self.fault_total.saturating_sub(self.faults.len()) {
            0 => Ok(()),
            more => writeln!(f, "  … and {more} more"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Read {} of {}.", count(self.rows, "row"), self.format)?;
        let accounts = count(self.accounts, "account");
        match self.outcome {
            Outcome::Refused => return self.refusal(f),
            Outcome::Imported => write!(f, "Imported {accounts}")?,
            Outcome::DryRun => write!(f, "Would import {accounts}")?,
        }
        for (family, number) in &self.hashes {
            write!(f, ", {number} with {family}")?;
        }
        writeln!(f, "; {} disabled, {}.", self.disabled, count(self.administrators, "administrator"))?;
        if self.has_ids {
            writeln!(f, "The column id is ignored: accounts get new ids.")?;
        }
        if self.outcome == Outcome::DryRun {
            writeln!(f, "Nothing was written: this was a dry run.")?;
        }
        Ok(())
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_faults_there_are_only_the_first_take_room() {
        let (mut faults, mut texts) = (Faults::default(), 0);
        for number in (0..50_000).chain([7]) {
            faults.add(&Place::Line(number), || {
                texts += 1;
                format!("fault {texts}")
            });
        }
        assert_eq!((faults.total(), faults.first.len(), texts), (50_001, SHOWN, SHOWN + 1));
        let mut all = Faults::default();
        all.add(&Place::Line(7), || "earlier step".to_owned());
        all.append(faults);
        assert_eq!(all.total(), 50_002);
        let told: Vec<String> = all.into_first().iter().map(ToString::to_string).collect();
        let expected =
            ["line 6: fault 7", "line 7: earlier step", "line 7: fault 8", "line 7: fault 21", "line 8: fault 9"];
        assert_eq!(told.get(6..11).unwrap(), expected);
    }
}
