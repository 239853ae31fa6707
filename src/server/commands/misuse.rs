//! A command line that makes no sense, in one line. Put together here because clap quotes values, and a value may be a
//! secret.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::Role;
use crate::server::config::{ConfigError, SETTINGS, named, nearest_word, one_line};

/// What `error` says, without values.
pub(super) fn refusal(error: &clap::Error, root: &Command, args: &[OsString]) -> ConfigError {
    let command = path(root, args);
    let culprit = context(error, ContextKind::InvalidArg);
    let flag = one_line(culprit.split(['=', ' ']).next().unwrap_or_default());
    let argument = flag.trim_matches(['<', '>', '[', ']']);
    let problem = match error.kind() {
        ErrorKind::UnknownArgument if flag.starts_with('-') => return unknown_flag(flag, root, args),
        ErrorKind::InvalidSubcommand => {
            return unknown_command(&context(error, ContextKind::InvalidSubcommand), root, &command);
        }
        ErrorKind::UnknownArgument => "there is an argument too many".to_owned(),
        ErrorKind::ArgumentConflict => match context(error, ContextKind::PriorArg) {
            prior if prior.is_empty() || prior == culprit => format!("{flag} is given twice"),
            prior => format!("{argument} and {} exclude each other", prior.trim_matches(['<', '>', '[', ']'])),
        },
        ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::Strings(missing)) => {
                format!("{} is missing", missing.join(" and ").replace(['<', '>'], "").replace('|', " or "))
            }
            _ => "an argument is missing".to_owned(),
        },
        ErrorKind::ValueValidation if argument.trim_start_matches('-').eq_ignore_ascii_case("role") => {
            format!("{argument} must be 1 to {} characters a-z, 0-9, - and _, a letter first", Role::MAX)
        }
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("{command} needs a command: {}", names(level(root, args)).join(", "))
        }
        _ if flag.starts_with('-') => format!("{flag} needs a value"),
        _ => format!("{argument} is empty"),
    };
    ConfigError::CommandLine { problem, command }
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn unknown_flag(flag: String, root: &Command, args: &[OsString]) -> ConfigError {
    let own = level(root, args).get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set());
    let own = own.filter_map(|arg| arg.get_long()).map(|long| (format!("--{long}"), format!("--{long}")));
    let settings = SETTINGS.iter().flat_map(|setting| {
        [setting.flag.to_owned(), setting.variable.to_lowercase()].map(|word| (word, setting.flag.to_owned()))
    });
    let words = own.chain(settings).map(|(word, meaning)| (plain(&word), meaning));
    ConfigError::Unknown { kind: "flag".to_owned(), suggestion: nearest_word(&plain(&flag), words), name: named(&flag) }
}

/// Spelling conventions do not count: `--secret_key` is `--secret-key`.
fn plain(flag: &str) -> String {
    let flag = flag.trim_start_matches('-').to_lowercase().replace('_', "-");
    flag.strip_prefix("latchkey-").map(str::to_owned).unwrap_or(flag)
}

fn unknown_command(word: &str, root: &Command, command: &str) -> ConfigError {
    let upper = names(root).into_iter().map(|name| (name.clone(), name));
    // Where a group such as `user` has been named, its own commands come first; a known word in the wrong place is told in full.
    let mut groups: Vec<_> = root.get_subcommands().filter(|group| group.has_subcommands()).collect();
    groups.sort_by_key(|group| !command.ends_with(&format!(" {}", group.get_name())));
    let below = |group: &Command| {
        let group_name = group.get_name().to_owned();
        names(group).into_iter().map(move |name| (name.clone(), format!("{group_name} {name}")))
    };
    let lower = groups.into_iter().flat_map(below);
    let words: Vec<_> = if command == "latchkey" { upper.chain(lower).collect() } else { lower.chain(upper).collect() };
    let suggestion = nearest_word(word, words).map(|name| if name == word { format!("latchkey {name}") } else { name });
    // A word such as `usr` may be shown; anything else could be half of a secret that lacked its quotes.
    let is_word = word.len() <= 12 && word.chars().all(|c| c.is_ascii_lowercase());
    let problem = match suggestion {
        Some(_) => return ConfigError::Unknown { kind: "command".to_owned(), name: word.to_owned(), suggestion },
        None if is_word => format!("unknown command {word}"),
        None => "there is an argument that belongs to no flag".to_owned(),
    };
    ConfigError::CommandLine { problem, command: command.to_owned() }
}

fn names(command: &Command) -> Vec<String> {
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    names.filter(|name| name != "help").collect()
}

/// The command that was meant, such as `latchkey user add`: for "see … --help".
pub(super) fn path(root: &Command, args: &[OsString]) -> String {
    let below = levels(root, args).into_iter().map(|command| format!(" {}", command.get_name()));
    format!("latchkey{}", below.collect::<String>())
}

fn level<'a>(root: &'a Command, args: &[OsString]) -> &'a Command {
    levels(root, args).last().copied().unwrap_or(root)
}

/// The words of the command line that name a command, one below the other. A value that looks like one misleads the
/// help that is pointed to, nothing else.
fn levels<'a>(root: &'a Command, args: &[OsString]) -> Vec<&'a Command> {
    let mut found: Vec<&Command> = Vec::new();
    for arg in args.iter().skip(1) {
        let here = found.last().copied().unwrap_or(root);
        if let Some(below) = arg.to_str().and_then(|word| here.find_subcommand(word)) {
            found.push(below);
        }
    }
    found.retain(|command| command.get_name() != "help");
    found
}
