//! Which commands there are and what they take. The texts below are the help; settings stand before or behind any of
//! the names.

mod keys;
mod moving;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{ArgGroup, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::misuse;
use crate::domain::Role;
use crate::server::config::{ConfigError, Flags, SETTINGS, arguments};

pub use keys::KeysCommand;
pub use moving::DbCommand;

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// To do this, with these settings.
    Run(Command, Flags),
    /// `--help` or `--version`: print this on stdout and exit with 0.
    Print(String),
}

/// Accounts for other applications: screens and signed sessions.
///
/// Without a command it serves. Commands work beside a running server, on the same data folder and settings.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, after_help = AFTER)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER: &str = "Settings: defaults < latchkey.toml < .env < environment < flags.\n\
    Exit codes: 0 done, 1 the machine or the data refuses, 2 the settings or the command line are wrong.";

const USER_AFTER: &str = "Settings, such as --data FOLDER, are those of latchkey serve --help.";

/// A command of `latchkey`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the screens until told to stop (the default)
    ///
    /// Makes the data folder, the database and the keys if need be, brings the database's schema up to date, and serves
    /// until Ctrl-C or SIGTERM. Requests under way get 30 seconds to finish.
    #[command(after_help = "Example: latchkey serve --listen 127.0.0.1:8080\n\n\
        Settings: defaults < latchkey.toml < .env < environment < flags.")]
    Serve,
    /// Bring the database's schema up to date and say what was done
    ///
    /// The server does this at its start, too; here it can be done beforehand. The server must be stopped.
    #[command(after_help = "Example: latchkey migrate --data /var/lib/latchkey")]
    Migrate,
    /// Ask the server whether it can work: exit code 0 when it can
    ///
    /// It asks the server that listens at LATCHKEY_LISTEN on this machine for /readyz, and waits 5 seconds at most. For the health
    /// check of a container that has no other program in it, and for scripts that restart one server after the other.
    #[command(after_help = "Example: latchkey health --config /etc/latchkey/latchkey.toml")]
    Health,
    /// Print what the REST API takes and gives (OpenAPI 3.1)
    ///
    /// The server gives the same at /openapi.json; import it into Postman or a generator of clients. Reads no settings.
    #[command(after_help = "Example: latchkey openapi > openapi.json")]
    Openapi,
    /// Show every setting, its value and where it came from; secrets stay hidden
    ///
    /// Reads the same files, variables and flags as the server and touches nothing. When something is wrong with them, it
    /// lists what it found, says what is wrong and ends with exit code 2.
    #[command(after_help = "Example: latchkey config --config /etc/latchkey/latchkey.toml")]
    Config {
        /// Print one JSON object, keyed by setting
        #[arg(long)]
        json: bool,
    },
    /// Look after accounts: add, find, disable, grant roles, sign out, delete
    ///
    /// Whoever can read the database and its secret may do all of this; no password is asked for. The server may be
    /// running: what is changed here holds from its next request on.
    #[command(subcommand, after_help = USER_AFTER)]
    User(UserCommand),
    /// Look after the keys that sign access tokens: list, show, rotate, retire, revoke
    ///
    /// The server may be running: what is changed here holds on every process within 5 seconds.
    #[command(subcommand, after_help = USER_AFTER)]
    Keys(KeysCommand),
    /// Take a database to another place
    #[command(subcommand, after_help = USER_AFTER)]
    Db(DbCommand),
    /// Write all accounts, sessions and keys into one file, beside a running server
    ///
    /// FILE is new; it is complete when it has its name. Whatever the kind of the database, the backup is one SQLite file, of
    /// what was there at one moment. Password hashes are in it, and keys that only SECRET_KEY opens: keep that too, elsewhere.
    #[command(after_help = examples("latchkey backup /var/backups/latchkey-2026-11-28.db"))]
    Backup {
        /// The file to make; one that is there is never written over
        file: PathBuf,
    },
    /// Fill the database of the settings from a backup
    ///
    /// The database must be empty or absent, and may be of another kind than the one that was backed up. The backup is looked
    /// through before anything is written, stays as it is, and is compared with the result. The server must be stopped.
    #[command(after_help = examples("latchkey restore /var/backups/latchkey-2026-11-28.db"))]
    Restore {
        /// A file that latchkey backup made
        file: PathBuf,
    },
}

/// A command of `latchkey user`. NAME is a username or an e-mail address.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account
    ///
    /// Works with sign-up closed, too. Without --password-stdin the account has no password: nobody can sign in to it until
    /// its owner sets one with the link that is printed.
    #[command(after_help = examples("latchkey user add anna anna@example.com --role admin"))]
    Add {
        /// 1 to 64 letters, digits, - and _, no - in front
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        username: String,
        /// E-mail address, such as anna@example.com
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        email: String,
        /// First name, at most 100 characters
        #[arg(long, value_name = "TEXT")]
        first_name: Option<String>,
        /// Last name, at most 100 characters
        #[arg(long, value_name = "TEXT")]
        last_name: Option<String>,
        /// Give it this role: admin, or one that the settings define
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        /// Read the password from standard input, one line; the rules are those of registration
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts by username: as a table, or with --json as JSON Lines
    #[command(after_help = examples("latchkey user list --role admin\n  latchkey user list --disabled --json"))]
    List {
        /// Only accounts with this role
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        /// Only accounts that are disabled
        #[arg(long, conflicts_with = "active")]
        disabled: bool,
        /// Only accounts that may sign in
        #[arg(long)]
        active: bool,
        /// Only accounts whose username or e-mail address begins like this
        #[arg(long, value_name = "PREFIX", value_parser = NonEmptyStringValueParser::new())]
        search: Option<String>,
        /// Print one JSON object a line, times in RFC 3339 (UTC)
        #[arg(long)]
        json: bool,
    },
    /// Show all facts of an account and its live sessions
    #[command(after_help = examples("latchkey user show anna@example.com"))]
    Show {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
        /// Print one JSON object, times in RFC 3339 (UTC)
        #[arg(long)]
        json: bool,
    },
    /// Keep an account from signing in, and sign it out everywhere at once
    ///
    /// Nothing is deleted; `latchkey user enable` undoes it. The last active administrator cannot be disabled.
    #[command(after_help = examples("latchkey user disable anna"))]
    Disable {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
    },
    /// Let a disabled account sign in again
    #[command(after_help = examples("latchkey user enable anna"))]
    Enable {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
    },
    /// Give an account a role
    ///
    /// Who becomes an administrator is signed out everywhere: a session of before must not be one's.
    #[command(after_help = examples("latchkey user grant anna admin"))]
    Grant {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
        /// The role: admin, or one that the settings define
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Take a role from an account, and sign it out everywhere at once
    ///
    /// The last active administrator keeps the role.
    #[command(after_help = examples("latchkey user revoke anna admin"))]
    Revoke {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
        /// The role; also one that the settings define no longer
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Forget an account's failed sign-ins, so that its owner gets in again
    ///
    /// Too many wrong passwords in a row lock an account for a while; `latchkey user show` says whether it is. Its password
    /// stays, and so do its sessions. An address that is throttled stays so, at most ten minutes.
    #[command(after_help = examples("latchkey user unlock anna"))]
    Unlock {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
    },
    /// Make a link with which an account's owner sets a new password
    ///
    /// The link works once and for 30 minutes. Give it to the owner and to nobody else: whoever opens it first sets the
    /// password. The old password works until then.
    #[command(after_help = examples("latchkey user password anna"))]
    Password {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
    },
    /// End all sessions of one account, or of everybody
    #[command(
        after_help = examples("latchkey user sign-out anna\n  latchkey user sign-out --all"),
        group(ArgGroup::new("whom").args(["name", "all"]).required(true))
    )]
    SignOut {
        /// Username or e-mail address; one that begins with - stands behind --
        name: Option<String>,
        /// Everybody's sessions, administrators' too
        #[arg(long)]
        all: bool,
    },
    /// Delete an account with its sessions and roles, for good
    ///
    /// There is no way back but a backup. The last active administrator cannot be deleted.
    #[command(after_help = examples("latchkey user delete anna --yes"))]
    Delete {
        /// Username or e-mail address; one that begins with - stands behind --
        name: String,
        /// Really delete it; without this the command only says what would go
        #[arg(long)]
        yes: bool,
    },
    /// Bring accounts along from another system: all of FILE, or nothing
    ///
    /// FILE is JSON Lines, CSV with a header line, or an SQLite database; which one is seen from its content. Passwords come
    /// as bcrypt or Argon2 hashes and are replaced at each owner's next sign-in.
    #[command(after_help = examples("latchkey user import users.csv --dry-run\n  latchkey user import users.csv"))]
    Import {
        /// The file to read; it is not changed
        file: PathBuf,
        /// Check everything and report, but write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

fn examples(lines: &str) -> String {
    format!("Example:\n  {lines}\n\n{USER_AFTER}")
}

fn role(name: &str) -> Result<Role, &'static str> {
    Role::parse(name).ok_or("no name of a role")
}

/// Reads the command line; the first argument is the program's name.
///
/// # Errors
/// One line that says what is wrong and never quotes a value, because a value may be a secret.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Asked, ConfigError> {
    let args = joined_switches(args);
    let mut command = command();
    let matches = match command.try_get_matches_from_mut(&args) {
        Ok(matches) => matches,
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Ok(Asked::Print(error.render().to_string().trim_end().to_owned()));
            }
            _ => return Err(misuse::refusal(&error, &command, &args)),
        },
    };
    let flags = flags(&matches, &misuse::path(&command, &args))?;
    match CommandLine::from_arg_matches(&matches) {
        Ok(asked) => Ok(Asked::Run(asked.command.unwrap_or(Command::Serve), flags)),
        Err(error) => Err(misuse::refusal(&error, &command, &args)),
    }
}

fn command() -> clap::Command {
    let everywhere = |command: clap::Command| command.args(arguments());
    let unlisted = |command: clap::Command| command.args(arguments().into_iter().map(|arg| arg.hide(true)));
    let group = |command: clap::Command| unlisted(command.mut_subcommands(unlisted));
    everywhere(CommandLine::command()).mut_subcommands(|command| match command.get_name() {
        "user" | "keys" | "db" => group(command),
        "backup" | "restore" => unlisted(command),
        _ => everywhere(command),
    })
}

/// The flags of all levels: before the command's name, between its words, behind it.
fn flags(matches: &ArgMatches, command: &str) -> Result<Flags, ConfigError> {
    let mut flags = Flags::default();
    let mut level = Some(matches);
    while let Some(matches) = level {
        flags.add(matches, command)?;
        level = matches.subcommand().map(|(_, below)| below);
    }
    Ok(flags)
}

/// `--log-sql true` as `--log-sql=true`, so that in `--log-sql user list` no command is taken for the value.
fn joined_switches(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for arg in args {
        let is_value = arg == "true" || arg == "false";
        match joined.last_mut() {
            Some(last) if is_value && SETTINGS.iter().any(|known| known.is_switch() && *last == *known.flag) => {
                last.push("=");
                last.push(&arg);
            }
            _ => joined.push(arg),
        }
    }
    joined
}
