//! The command line. Flags come from the table, so no setting can lack one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, value_parser};

use super::error::{ConfigError, one_line};
use super::nearest::nearest;
use super::settings::{Fallback, SETTINGS, Setting};

/// What was asked for.
pub(super) enum Parsed {
    /// Settings given as flags.
    Flags(Flags),
    /// Help or version.
    Print(String),
}

/// What the command line sets.
pub(super) struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Settings in the table's order.
    pub given: Vec<(&'static Setting, String)>,
}

/// Reads the command line; the first argument is the program's name.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, ConfigError> {
    match command().try_get_matches_from(args) {
        Ok(matches) => Ok(Parsed::Flags(taken(matches))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Print(error.render().to_string())),
            _ => Err(refusal(&error)),
        },
    }
}

fn command() -> Command {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Settings file [default: latchkey.toml in the current folder, if there is one]");
    Command::new("latchkey")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Accounts for other applications: screens and signed sessions. Without flags it serves.")
        .after_help("Settings: defaults < latchkey.toml < .env < environment < flags.")
        .arg(config)
        .args(SETTINGS.iter().map(|setting| flag(setting)))
}

fn flag(setting: &'static Setting) -> Arg {
    let (Fallback::Fixed(fallback) | Fallback::Derived(fallback)) = setting.fallback;
    let arg = Arg::new(setting.key)
        .long(setting.flag.trim_start_matches('-'))
        .value_name("VALUE")
        // A negative number deserves the answer "from 0 to 60", not "unknown flag -1".
        .allow_negative_numbers(true)
        .value_parser(NonEmptyStringValueParser::new())
        .help(format!("{} [{}, default: {fallback}]", setting.help, setting.variable));
    if setting.is_switch() { arg.num_args(0..=1).default_missing_value("true") } else { arg }
}

fn taken(mut matches: ArgMatches) -> Flags {
    let config = matches.remove_one("config");
    let given = SETTINGS.iter().filter_map(|setting| Some((*setting, matches.remove_one(setting.key)?))).collect();
    Flags { config, given }
}

/// clap's answer as one line. It is put together here because clap quotes values, and a value may be the secret.
fn refusal(error: &clap::Error) -> ConfigError {
    let culprit = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.as_str(),
        Some(ContextValue::Strings(texts)) => texts.first().map_or("", String::as_str),
        _ => "",
    };
    let flag = one_line(culprit.split(['=', ' ']).next().unwrap_or_default());
    ConfigError::CommandLine(match error.kind() {
        ErrorKind::UnknownArgument if flag.starts_with('-') => {
            return ConfigError::Unknown {
                kind: "flag".to_owned(),
                suggestion: nearest(&flag).map(|setting| setting.flag.to_owned()),
                name: flag,
            };
        }
        // A word such as `serve` may be shown; anything else could be half of a secret that lacked its quotes.
        ErrorKind::UnknownArgument if culprit.len() <= 12 && culprit.chars().all(|c| c.is_ascii_lowercase()) => {
            format!("unknown command {culprit}; latchkey alone serves")
        }
        ErrorKind::UnknownArgument => "there is an argument that belongs to no flag".to_owned(),
        ErrorKind::ArgumentConflict => format!("{flag} is given twice"),
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8".to_owned(),
        _ => format!("{flag} needs a value"),
    })
}
