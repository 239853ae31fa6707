//! What can be wrong with settings, as one line each.

use std::path::{Path, PathBuf};

use crate::domain::is_hidden;

/// A setting that cannot be used. Its text is one line, names the culprit, says what to do and holds no secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A name that is not ours.
    #[error("unknown {kind} {name}{}", hint(.suggestion.as_deref()))]
    Unknown {
        /// "variable", "key", "flag", "command", with its place.
        kind: String,
        /// As it was written, on one line.
        name: String,
        /// The known name that is closest.
        suggestion: Option<String>,
    },
    /// A known setting with a value that cannot be used.
    #[error("{name} {problem}")]
    Invalid {
        /// The setting as its author wrote it: flag, variable, or key and file.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A settings file that is there, or was named, and cannot be read.
    #[error("cannot read the settings file {}: {reason}", one_line(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, in the system's words.
        reason: String,
    },
    /// A settings file with a syntax error.
    #[error("the settings file {} is malformed at line {line}: {reason}", one_line(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, without the line's text: it may hold a secret.
        reason: String,
    },
    /// A settings file that holds a secret and that every user of the machine may open.
    #[error("{0} holds a secret and is open to every user of this machine; run: chmod o-rwx {0}", one_line(.path))]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A settings file in the current folder that somebody else put there.
    #[error("{} belongs to user {owner}, so its settings are not taken; go to another folder, name a settings file with --config, or set the variables yourself", one_line(.path))]
    Strangers {
        /// The file.
        path: PathBuf,
        /// The owner's number.
        owner: u32,
    },
    /// A settings file in the current folder that somebody else may change.
    #[error("{0} can be changed by other users (mode {mode:04o}), so its settings are not taken; run: chmod go-w {0}", one_line(.path))]
    Changeable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A command line that makes no sense.
    #[error("{problem}; see {command} --help")]
    CommandLine {
        /// What is wrong. Quotes no value.
        problem: String,
        /// The command that was meant, such as "latchkey user add".
        command: String,
    },
}

fn hint(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean {name}?"),
        None => "; latchkey --help lists all settings".to_owned(),
    }
}

/// A path or name for a message: nothing in it breaks the line or steers the terminal.
pub(crate) fn one_line(text: impl AsRef<Path>) -> String {
    let text = text.as_ref().to_string_lossy();
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// The longest value that is quoted: an address with its port, and shorter than any secret that is worth the name.
const QUOTED: usize = 24;
/// The longest name: that of a setting, and a little more.
const NAMED: usize = 30;

/// A value for a message: quoted when it looks like a word, a number or an address. Anything else may be a secret that went
/// astray, and only its length is told.
pub(crate) fn quoted(text: &str) -> String {
    if is_plain(text, QUOTED) { format!("{text:?}") } else { unnamed("text", text) }
}

/// A name that is not ours, for a message: it too may be a secret, on the wrong side of a `=`.
pub(crate) fn named(name: &str) -> String {
    if is_plain(name, NAMED) { name.to_owned() } else { unnamed("name", name) }
}

fn is_plain(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:,/[]".contains(c))
}

fn unnamed(what: &str, text: &str) -> String {
    format!("a {what} of {} characters", text.chars().count())
}
