//! Accounts added, listed, changed and deleted by command.

use std::process::Output;

use serde_json::Value;

use super::{LAST_ADMIN, PASSWORD, add_with_password, folder, names, refused, say, show};
use crate::support::binary::{USAGE, WORLD, complaints, finish, latchkey, start};

#[test]
fn reg_6_the_first_administrator_is_made_by_a_command_on_an_empty_folder() {
    let folder = folder();
    let said = say(&folder, "user add anna Anna@Example.com --role admin --first-name Anna");
    assert!(said.contains("anna <Anna@Example.com> is added with the role admin"), "{said}");
    assert!(said.contains("/set-password?token="), "a link to set the password comes along: {said}");
    let anna = show(&folder, "ANNA@example.com");
    assert_eq!((&anna["username"], &anna["first_name"]), (&"anna".into(), &"Anna".into()));
    assert_eq!((&anna["roles"], &anna["has_password"]), (&serde_json::json!(["admin", "user"]), &false.into()));
    assert_eq!((&anna["is_active"], &anna["email_verified"]), (&true.into(), &false.into()));
    assert_eq!((&anna["sessions"], &anna["last_login"]), (&serde_json::json!([]), &Value::Null));
    assert!(anna["created_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn an_account_without_a_password_lets_nobody_in_and_is_no_fault() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    let server = start(folder.path(), &[]);
    for password in ["!", "", "password"] {
        assert_ne!(server.post("/login", &[("username", "anna"), ("password", password)]).0, 303, "{password:?}");
    }
    assert!(!server.terminate().contains("ERROR"), "it is logged as a fault");
}

#[test]
fn reg_6_a_command_adds_accounts_with_sign_up_closed_and_their_password_works() {
    let folder = folder();
    let server = start(folder.path(), &[("LATCHKEY_SIGN_UP", "closed")]);
    let mut command = latchkey(folder.path());
    command.env("LATCHKEY_SIGN_UP", "closed").args(["user", "add", "anna", "anna@example.com", "--password-stdin"]);
    for ending in ["", "\n", "\r\n"] {
        let Output { status, stdout, stderr } = finish(&mut command, &format!("{PASSWORD}{ending}"));
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        assert_eq!(String::from_utf8(stdout).unwrap(), "anna <anna@example.com> is added\n");
        assert_eq!(server.post("/login", &[("username", "anna"), ("password", PASSWORD)]).0, 303);
        say(&folder, "user delete anna --yes");
    }
}

#[test]
fn an_account_that_cannot_be_added_is_refused_by_the_rules_of_registration() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    for (line, code, words) in [
        ("user add ANNA other@example.com", WORLD, "USERNAME is another account's already"),
        ("user add anna Anna@Example.com", WORLD, "EMAIL is another account's already; USERNAME is another"),
        ("user add a.b bob@example.com", USAGE, "USERNAME may have letters, digits, - and _ only"),
        ("user add bob@example.com -- --all", USAGE, "EMAIL must be one"),
        ("user add -- --all all@example.com", USAGE, "USERNAME may not begin with -"),
        ("user add bob bob", USAGE, "EMAIL must be one e-mail address"),
    ] {
        let said = refused(&folder, line, code);
        assert!(said.contains(words), "{line} was answered with {said:?}");
    }
    let production = [
        "--env=production",
        "--public-url=https://a.example",
        "--secret-key=3f6c1d0be2a94758a0c4e19b7d52f86e91c07a5d64b8e2f3175da96c08be43f2",
    ];
    for (password, settings, words) in [
        ("hush", &[][..], "the password must have at least 8 characters"),
        ("", &[], "the password is empty"),
        ("hush-canary\nhush-canary\n", &[], "one line"),
        (&"hush".repeat(65), &[], "at most 256 characters"),
        (&"hush".repeat(650), &[], "at most 256 characters"),
        ("password123\n", &production, "guessers try first"),
    ] {
        let other = tempfile::tempdir().unwrap();
        let mut command = latchkey(other.path());
        command.args(["user", "add", "bob", "bob@example.com", "--password-stdin"]).args(settings);
        let Output { status, stderr, .. } = finish(&mut command, if password.is_empty() { "\n" } else { password });
        let line = complaints(&stderr);
        assert_eq!((status.code(), line.lines().count()), (Some(USAGE), 1), "{line}");
        assert!(line.contains(words) && !line.contains("hush"), "{line}");
    }
    assert_eq!(names(&folder, ""), ["anna"]);
}

#[test]
fn accounts_are_listed_filtered_and_searched() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com --role admin");
    say(&folder, "user add boris second@example.com");
    say(&folder, "user add an_na third@example.com");
    say(&folder, "user disable boris");
    for (filter, expected) in [
        ("", &["an_na", "anna", "boris"][..]),
        ("--role admin", &["anna"]),
        ("--role user", &["an_na", "anna", "boris"]),
        ("--role editor", &[]),
        ("--disabled", &["boris"]),
        ("--active", &["an_na", "anna"]),
        ("--search AN", &["an_na", "anna"]),
        ("--search an_", &["an_na"]),
        ("--search second@", &["boris"]),
        ("--search %", &[]),
        ("--search AN --role admin --active", &["anna"]),
    ] {
        assert_eq!(names(&folder, filter), expected, "{filter}");
    }
    let table = say(&folder, "user list");
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines[0], "USERNAME  E-MAIL              ROLES        STATE     LAST SIGN-IN");
    assert_eq!(lines[2], "anna      anna@example.com    admin, user  active    never");
    assert_eq!(lines[3], "boris     second@example.com  user         disabled  never");
}

#[test]
fn asking_for_what_is_so_already_is_fine_and_an_unknown_name_is_not() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com --role admin");
    say(&folder, "user add boris boris@example.com");
    for (line, words) in [
        ("user grant boris admin", "has the role admin now"),
        ("user grant boris admin", "had the role admin already"),
        ("user revoke boris admin", "no longer"),
        ("user revoke boris admin", "did not have the role admin"),
        ("user enable boris", "was active already"),
        ("user disable boris@example.com", "is disabled and signed out everywhere"),
        ("user disable boris", "was disabled already"),
        ("user enable boris", "may sign in again"),
        ("user delete boris --yes", "boris <boris@example.com> is deleted"),
    ] {
        let said = say(&folder, line);
        assert!(said.contains(words), "{line} said {said:?}");
    }
    for line in [
        "user show boris",
        "user show not.a-name",
        "user show not@an-address",
        "user disable boris",
        "user enable boris",
        "user grant boris admin",
        "user revoke boris admin",
        "user sign-out boris",
        "user delete boris",
        "user delete boris --yes",
    ] {
        let said = refused(&folder, line, WORLD);
        assert!(said.contains("there is no account with that username or e-mail address"), "{line} said {said:?}");
    }
}

#[test]
fn a_role_of_the_operator_is_given_and_taken_like_admin() {
    let folder = folder();
    let with = |line: &str| say(&folder, &format!("{line} --roles editor,viewer"));
    assert!(with("user add anna anna@example.com --role editor").contains("is added with the role editor"));
    assert!(with("user grant anna viewer").contains("has the role viewer now"));
    assert_eq!(show(&folder, "anna")["roles"], serde_json::json!(["editor", "user", "viewer"]));
    // The server is no longer told of it: it can still be seen and taken away, not given.
    assert_eq!(names(&folder, "--role editor"), ["anna"]);
    for line in ["user grant anna editor", "user add boris boris@example.com --role editor"] {
        let said = refused(&folder, line, USAGE);
        assert!(said.contains("the role must be one of: admin; LATCHKEY_ROLES defines more"), "{line} said {said:?}");
    }
    assert!(say(&folder, "user revoke anna editor").contains("has the role editor no longer"));
    assert!(say(&folder, "user revoke anna editor").contains("did not have the role editor"));
    for line in ["user grant anna user", "user revoke anna user", "user add boris boris@example.com --role user"] {
        let said = refused(&folder, line, USAGE);
        assert!(
            said.contains("the role user is everybody's; it can be neither given nor taken"),
            "{line} said {said:?}"
        );
    }
    assert_eq!(names(&folder, ""), ["anna"]);
}

#[test]
fn nothing_is_deleted_without_a_clear_yes() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    let said = refused(&folder, "user delete anna", USAGE);
    assert!(said.contains("anna <anna@example.com>") && said.contains("--yes"), "{said}");
    assert_eq!(names(&folder, ""), ["anna"]);
}

#[test]
fn an_account_added_by_command_signs_in_under_its_own_password() {
    let folder = folder();
    add_with_password(&folder, "anna");
    assert_eq!(show(&folder, "anna")["has_password"], true);
    let server = start(folder.path(), &[]);
    assert_eq!(server.post("/login", &[("username", "anna"), ("password", PASSWORD)]).0, 303);
}

#[test]
fn auz_4_the_last_active_administrator_stays() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com --role admin");
    say(&folder, "user add boris boris@example.com --role admin");
    say(&folder, "user disable boris");
    for line in ["user disable anna", "user revoke anna admin", "user delete anna --yes"] {
        assert!(refused(&folder, line, WORLD).contains(LAST_ADMIN), "{line}");
    }
    // A disabled one is not the last active one.
    say(&folder, "user revoke boris admin");
    say(&folder, "user delete boris --yes");
    assert_eq!(names(&folder, "--role admin --active"), ["anna"]);
}

#[test]
fn log_5_an_account_that_is_guessed_at_is_shown_and_unlocked_by_command_also_that_of_the_last_administrator() {
    let folder = folder();
    add_with_password(&folder, "anna");
    say(&folder, "user grant anna admin");
    let shown = show(&folder, "anna");
    assert_eq!((&shown["failed_tries"], &shown["locked"]), (&0.into(), &false.into()));
    assert!(say(&folder, "user unlock anna").contains("anna <anna@example.com> has no failed sign-ins"));
    let server = start(folder.path(), &[("LATCHKEY_SIGN_IN_ATTEMPTS", "3")]);
    let sign_in = |password| server.post("/login", &[("username", "anna"), ("password", password)]).0;
    for status in [401, 401, 401, 429] {
        assert_eq!(sign_in("canary-commands-wrong"), status);
    }
    let shown = show(&folder, "anna");
    assert_eq!((&shown["failed_tries"], &shown["locked"]), (&3.into(), &true.into()));
    assert!(shown["locked_until"].as_str().unwrap().ends_with('Z'), "{shown}");
    let said = say(&folder, "user show anna");
    assert!(said.contains("failed tries") && said.contains("until 2"), "{said}");
    assert_eq!(sign_in(PASSWORD), 429);
    assert!(say(&folder, "user unlock ANNA@example.com").contains("anna <anna@example.com> may try again"));
    assert_eq!(sign_in(PASSWORD), 303);
}
