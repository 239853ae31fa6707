//! The command line as a stranger meets it: help that helps, and refusals that say what was meant.

use super::command_line::{Asked, Command, UserCommand, parse};
use crate::server::config::SETTINGS;

/// Words as a shell would split them.
fn asked(line: &str) -> Result<Asked, String> {
    let words = ["latchkey"].into_iter().chain(line.split_whitespace());
    parse(words.map(Into::into)).map_err(|error| error.to_string())
}

fn printed(line: &str) -> String {
    match asked(line) {
        Ok(Asked::Print(text)) => text,
        other => panic!("{line}: {other:?}"),
    }
}

const SERVING: [&str; 5] = ["", "serve", "migrate", "health", "config"];
const BESIDE: [&str; 22] = [
    "user",
    "user add",
    "user list",
    "user show",
    "user disable",
    "user enable",
    "user grant",
    "user revoke",
    "user password",
    "user sign-out",
    "user delete",
    "user import",
    "keys",
    "keys list",
    "keys show",
    "keys rotate",
    "keys retire",
    "keys revoke",
    "db",
    "db copy",
    "backup",
    "restore",
];

#[test]
fn every_command_s_help_says_what_it_does_and_gives_an_example() {
    for command in SERVING.into_iter().chain(BESIDE) {
        let help = printed(&format!("{command} --help"));
        assert!(help.contains(format!("Usage: latchkey {command}").trim_end()), "{command}: {help}");
        let first = help.lines().next().unwrap();
        assert!(first.len() > 10 && first.starts_with(char::is_uppercase), "{command}: {first}");
        // Of a group of commands the list is the example.
        let is_group = ["", "user", "keys", "db"].contains(&command);
        let takes_name = ["<NAME>", "[NAME]", "<KID>", "[KID]"].iter().any(|name| help.contains(name));
        assert_eq!(help.contains("begins with - stands behind --"), takes_name, "{help}");
        let example = format!("latchkey {command} ");
        assert!(
            is_group || help.split("Example:").nth(1).is_some_and(|rest| rest.contains(example.trim_end())),
            "{help}"
        );
    }
    assert_eq!(printed("help user add"), printed("user add --help"));
    assert!(printed("--version").starts_with("latchkey ") && printed("-V") == printed("--version"));
}

#[test]
fn the_server_s_commands_list_every_setting_and_the_others_point_to_them() {
    for command in SERVING {
        let help = printed(&format!("{command} --help"));
        let listed = help.split("\nSettings:\n").nth(1).unwrap();
        for setting in SETTINGS {
            assert!(listed.contains(setting.flag) && listed.contains(setting.variable), "{command}: {}", setting.key);
        }
        assert!(listed.contains("--config <FILE>"));
    }
    for command in BESIDE {
        let help = printed(&format!("{command} --help"));
        assert!(!help.contains("LATCHKEY_") && !help.contains("--listen"), "{command}: {help}");
        assert_eq!(
            help.lines().last(),
            Some("Settings, such as --data FOLDER, are those of latchkey serve --help."),
            "{command}"
        );
    }
}

#[test]
fn without_a_command_it_serves() {
    for line in ["", "serve", "--listen 127.0.0.1:1", "--log-sql serve", "--log-sql=false serve", "--log-sql true"] {
        assert!(matches!(asked(line), Ok(Asked::Run(Command::Serve, _))), "{line}");
    }
}

#[test]
fn settings_stand_before_or_behind_a_command() {
    let lines = ["--data d user show n", "user --data d show n", "user show --data d n", "user show n --data=d"];
    for line in lines {
        let Ok(Asked::Run(Command::User(UserCommand::Show { name, json: false }), flags)) = asked(line) else {
            panic!("{line}")
        };
        assert_eq!(name, "n");
        assert_eq!(format!("{flags:?}").matches("LATCHKEY_DATA").count(), 1, "{flags:?}");
    }
    for line in ["--data d user --data d show n", "user show n --data d --data d", "--config c user show n --config c"]
    {
        assert!(asked(line).unwrap_err().contains("is given twice"), "{line}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_answered_with_what_was_meant() {
    for (line, answer) in [
        ("usr", "unknown command usr; did you mean user?"),
        ("user lst", "unknown command lst; did you mean user list?"),
        ("user signout", "unknown command signout; did you mean user sign-out?"),
        ("list", "unknown command list; did you mean user list?"),
        ("user serve", "unknown command serve; did you mean latchkey serve?"),
        ("user frobnicate", "unknown command frobnicate; see latchkey user --help"),
        ("user", "latchkey user needs a command: add, list, show,"),
        ("key list", "unknown command key; did you mean keys?"),
        ("keys lst", "unknown command lst; did you mean keys list?"),
        ("keys", "latchkey keys needs a command: list, show, rotate, retire, revoke"),
        ("keys retire", "KID is missing; see latchkey keys retire --help"),
        ("keys revoke a hush", "there is an argument too many; see latchkey keys revoke --help"),
        ("keys show a --secrt", "unknown flag --secrt; did you mean --secret?"),
        ("user show", "NAME is missing; see latchkey user show --help"),
        ("user add", "USERNAME and EMAIL is missing"),
        ("user show a hush", "there is an argument too many; see latchkey user show --help"),
        ("serve hush", "there is an argument too many; see latchkey serve --help"),
        ("hush-hush-hush", "there is an argument that belongs to no flag; see latchkey --help"),
        ("user sign-out", "NAME or --all is missing"),
        ("user sign-out hush --all", "NAME and --all exclude each other"),
        ("user list --active --disabled", "exclude each other"),
        ("user list --json --json", "--json is given twice"),
        ("user list --jsn", "unknown flag --jsn; did you mean --json?"),
        ("user add a b --rol=hush", "unknown flag --rol; did you mean --role?"),
        ("user add a b --role Hush", "--role must be 1 to 32 characters a-z, 0-9, - and _, a letter first"),
        ("user grant a Hush", "ROLE must be 1 to 32 characters"),
        ("user add a b --first-name", "--first-name needs a value"),
        ("user show a --lisen hush", "unknown flag --lisen; did you mean --listen?"),
        ("migrate --secret_key=hush", "unknown flag --secret_key; did you mean --secret-key?"),
    ] {
        let error = asked(line).unwrap_err();
        assert!(error.contains(answer) && !error.to_lowercase().contains("hush"), "{line} was answered with {error:?}");
        assert!(!error.contains('\n'), "{error:?}");
    }
}
