//! The command line: `latchkey` serves, `latchkey user …` looks after accounts, and so on. A door like the others: it
//! reads words, calls a service, prints the answer.
//!
//! Answers go to standard output, a refusal as one line to standard error. Exit codes: 0 done; 1 the machine or the data
//! refuses; 2 the settings or the command line are wrong.

pub mod command_line;
mod health;
mod keys;
mod list;
mod misuse;
mod moving;
mod opening;
mod output;
mod password_input;
mod serve;
mod settings;
mod show;
#[cfg(test)]
mod tests;
mod user;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

use super::config::{Config, Loaded, Values};
use super::logging;
use super::rest::openapi;
use command_line::{Asked, Command};
use output::Output;

/// The command line or the settings are wrong.
const BAD_USAGE: u8 = 2;
/// The machine or the data refuses.
const REFUSED: u8 = 1;

/// Why a command ended early.
enum Failure {
    /// One line that says what is wrong and what to do.
    Said(u8, String),
    /// Nobody reads the output any more, as in `latchkey user list | head`: nobody needs to be told.
    ReaderGone,
}

impl Failure {
    fn usage(line: impl ToString) -> Self {
        Self::Said(BAD_USAGE, line.to_string())
    }

    fn refused(cause: impl ToString) -> Self {
        Self::Said(REFUSED, cause.to_string())
    }

    /// With what else is to be known or done.
    fn with(self, advice: &str) -> Self {
        match self {
            Self::Said(code, line) => Self::Said(code, format!("{line}; {advice}")),
            Self::ReaderGone => Self::ReaderGone,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::refused(format!("cannot write to standard output: {error}")),
        }
    }
}

/// Runs the command that `args` name.
pub fn main(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    current_dir: io::Result<PathBuf>,
) -> ExitCode {
    match run(args, environment, current_dir) {
        Ok(()) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(Failure::Said(code, line)) => {
            let _ = writeln!(io::stderr(), "latchkey: {line}");
            ExitCode::from(code)
        }
    }
}

fn run(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    current_dir: io::Result<PathBuf>,
) -> Result<(), Failure> {
    let mut output = Output::new();
    let (command, flags) = match command_line::parse(args).map_err(Failure::usage)? {
        Asked::Run(command, flags) => (command, flags),
        Asked::Print(text) => {
            output.line(&text)?;
            return Ok(output.end()?);
        }
    };
    let current_dir = current_dir
        .map_err(|error| Failure::refused(format!("cannot read the current folder: {error}; go to another one")))?;
    let loaded = Config::load(flags, environment, &current_dir);
    match command {
        Command::Openapi => {
            output.text(openapi::text())?;
            Ok(output.end()?)
        }
        Command::Config { json } => settings::print(loaded, json, output),
        Command::Serve => {
            let (config, filter) = checked(loaded, |_| None)?;
            logging::start(filter, io::stderr);
            runtime(Builder::new_multi_thread())?.block_on(serve::serve(config, output))
        }
        Command::Migrate => runtime(Builder::new_current_thread())?.block_on(serve::migrate(quietly(loaded)?, output)),
        Command::Health => health::ask(&quietly(loaded)?, output),
        Command::User(command) => {
            let runtime = runtime(Builder::new_current_thread())?;
            runtime.block_on(user::run(quietly(loaded)?, command, output))
        }
        Command::Keys(command) => {
            let runtime = runtime(Builder::new_current_thread())?;
            runtime.block_on(keys::run(quietly(loaded)?, command, output))
        }
        Command::Db(command) => {
            let runtime = runtime(Builder::new_current_thread())?;
            runtime.block_on(moving::db(quietly(loaded)?, command, &current_dir, output))
        }
        Command::Backup { file } => {
            let file = current_dir.join(file);
            runtime(Builder::new_current_thread())?.block_on(moving::back_up(quietly(loaded)?, &file, output))
        }
        Command::Restore { file } => {
            let file = current_dir.join(file);
            runtime(Builder::new_current_thread())?.block_on(moving::restore(quietly(loaded)?, &file, output))
        }
    }
}

/// Settings that can be used, with a log that keeps to warnings and to what is changed, unless somebody has asked for more.
fn quietly(loaded: Loaded) -> Result<Config, Failure> {
    let (config, filter) = checked(loaded, |values| values.is_log_default().then_some(logging::COMMANDS))?;
    logging::start(filter, io::stderr);
    Ok(config)
}

/// Settings that can be used, and what they log; `level` stands in for a filter that nobody has set.
fn checked(loaded: Loaded, level: impl Fn(&Values) -> Option<&'static str>) -> Result<(Config, EnvFilter), Failure> {
    let config = *loaded.config.map_err(Failure::usage)?;
    let filter = level(&loaded.values).unwrap_or(&config.logging.filter);
    let filter = logging::parse_filter(filter, config.logging.sql).map_err(Failure::usage)?;
    logging::hide_panic_messages();
    Ok((config, filter))
}

fn runtime(mut builder: Builder) -> Result<Runtime, Failure> {
    builder.enable_all().build().map_err(Failure::refused)
}
