//! The settings as flags. They come from the table, so no setting can lack one; every command takes them.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, value_parser};

use super::error::ConfigError;
use super::settings::{Fallback, SETTINGS, Setting};

const CONFIG: &str = "config";
const HEADING: &str = "Settings";

/// What the command line sets.
#[derive(Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub(super) config: Option<PathBuf>,
    /// Settings, none of them twice.
    pub(super) given: Vec<(&'static Setting, String)>,
}

/// One flag a setting, and `--config`, under a heading of their own.
pub fn arguments() -> Vec<Arg> {
    let config = Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help_heading(HEADING)
        .help("Settings file [default: latchkey.toml in the current folder, if there is one]");
    [config].into_iter().chain(SETTINGS.iter().map(|setting| flag(setting))).collect()
}

fn flag(setting: &'static Setting) -> Arg {
    let (Fallback::Fixed(fallback) | Fallback::Derived(fallback)) = setting.fallback;
    let arg = Arg::new(setting.key)
        .long(setting.flag.trim_start_matches('-'))
        .value_name("VALUE")
        // A negative number deserves the answer "from 0 to 60", not "unknown flag -1".
        .allow_negative_numbers(true)
        .value_parser(NonEmptyStringValueParser::new())
        .help_heading(HEADING)
        .help(format!("{} [{}, default: {fallback}]", setting.help, setting.variable));
    // With `=` alone, or a command behind the switch would be taken for its value.
    if setting.is_switch() { arg.num_args(0..=1).require_equals(true).default_missing_value("true") } else { arg }
}

impl Flags {
    /// Adds the flags that stand before one command's name, or behind it.
    ///
    /// # Errors
    /// When a flag was given before: nobody should have to know which of the two would win.
    pub fn add(&mut self, matches: &ArgMatches, command: &str) -> Result<(), ConfigError> {
        let twice = |flag: &str| ConfigError::CommandLine {
            problem: format!("{flag} is given twice"),
            command: command.to_owned(),
        };
        if let Ok(Some(file)) = matches.try_get_one::<PathBuf>(CONFIG)
            && self.config.replace(file.clone()).is_some()
        {
            return Err(twice("--config"));
        }
        for setting in SETTINGS {
            let Ok(Some(text)) = matches.try_get_one::<String>(setting.key) else { continue };
            if self.given.iter().any(|(known, _)| *known == setting) {
                return Err(twice(setting.flag));
            }
            self.given.push((setting, text.clone()));
        }
        Ok(())
    }
}
