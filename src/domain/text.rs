//! Every text that a person reads, in one place and in every language. Components hold no literal text.
//!
//! A text is a constant, or a function where something stands in it. Neither can lack a language, because it would not compile, and so
//! no library of translations is needed: those look texts up by name while the program runs, where a missing one is found by its reader. None of it
//! reaches WASM: the server puts the words on the page, and into what it answers.

#![expect(missing_docs, reason = "a text says itself what it is")]

pub mod accessibility;
pub mod api;
mod counted;
mod errors;
mod screens;
pub mod sessions;

pub use errors::{error, problem, wait};
pub use screens::*;

use super::Language;

/// A text in every language: English, Russian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(&'static str, &'static str);

impl Text {
    /// What it says in that language.
    pub const fn say(self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Russian => self.1,
        }
    }
}
