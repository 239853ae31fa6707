//! Accounts of another application, moved here with the passwords that people have.
//!
//! `file.rs` tells the format of a file by its content and reads it into candidates, `validation.rs` turns these into
//! accounts, and [`service`] writes them: all, or none when anything is wrong. What was found is a [`Report`].

mod candidate;
mod command;
mod csv;
mod file;
mod json_lines;
mod report;
pub mod service;
mod sqlite;
mod validation;

pub use candidate::{Candidate, Column, Place};
pub use command::{ImportError, run};
pub use file::{ReadError, Source};
pub use report::{Fault, Faults, Format, Outcome, Report};
pub use service::{Input, import};

/// The most accounts of one import: all of them are checked in memory and written in one transaction.
pub const MAX_ROWS: usize = 1_000_000;
/// The largest text file that is read.
pub const MAX_BYTES: u64 = 1 << 30;
