//! What is refused, and in which words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::World;

fn file(name: &str, text: &str) -> World {
    World::new().file(name, text)
}

fn variable(name: &str, value: &str) -> World {
    World::new().variable(name, value)
}

fn flags(flags: &[&str]) -> World {
    World::new().flags(flags)
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    variable("LATCHKEY_LISTN", "x").refuses("unknown variable LATCHKEY_LISTN; did you mean LATCHKEY_LISTEN?");
    variable("LATCHKEY_SECRET_KEY", "hush").refuses("LATCHKEY_SECRET_KEY; did you mean SECRET_KEY?");
    variable("LATCHKEY_COLOUR", "x").refuses("LATCHKEY_COLOUR; latchkey --help lists all settings");
    variable("LATCHKEY_A\nB", "x").refuses("LATCHKEY_A\u{fffd}B");
    file(".env", "LATCHKEY_DATE=x").refuses("in .env: LATCHKEY_DATE; did you mean LATCHKEY_DATA?");
    file("latchkey.toml", "sing_up = 'open'").refuses("latchkey.toml: sing_up; did you mean sign_up?");
    file("latchkey.toml", "[tokens]\nalgorithm = 'EdDSA'").refuses("latchkey.toml: tokens");
    flags(&["--secret_key=hush"]).refuses("unknown flag --secret_key; did you mean --secret-key?");
}

#[test]
fn what_may_be_a_secret_that_went_astray_is_not_repeated() {
    let secret = "hush0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab";
    for name in
        ["LATCHKEY_LISTEN", "LATCHKEY_ENV", "LATCHKEY_TRUSTED_PROXIES", "LATCHKEY_REFRESH_GRACE", "LATCHKEY_ROLES"]
    {
        variable(name, secret).refuses("a text of 64 characters");
    }
    variable("LATCHKEY_SIGN_UP", "hush hush").refuses("not a text of 9 characters");
    file("latchkey.toml", &format!("{secret} = 'secret_key'")).refuses("latchkey.toml: a name of 64 characters");
    flags(&[&format!("--{secret}")]).refuses("unknown flag a name of 66 characters");
}

#[test]
fn an_error_names_the_setting_as_its_author_wrote_it() {
    file("latchkey.toml", "sign_up = 'yes'").refuses("latchkey.toml must be one of open, closed");
    file(".env", "LATCHKEY_SIGN_UP=yes").refuses("LATCHKEY_SIGN_UP in .env must be one of");
    variable("LATCHKEY_SIGN_UP", "yes").refuses("LATCHKEY_SIGN_UP must be one of open, closed, not \"yes\"");
    flags(&["--sign-up", "yes"]).refuses("--sign-up must be one of");
    variable("ALGORITHM", "eddsa").refuses("did you mean EdDSA?");
    variable("LATCHKEY_DATA", " ").refuses("LATCHKEY_DATA is empty");
    variable("LATCHKEY_ROLES", "editor,Writer").refuses("LATCHKEY_ROLES must be names of 1 to 32 characters a-z, 0-9,");
    flags(&["--roles", "editor,"]).refuses("--roles must be names of");
}

#[test]
fn a_malformed_file_is_refused_by_line_and_not_quoted() {
    file("latchkey.toml", "log = 'info'\nsecret_key = 'hush").refuses("malformed at line 2");
    file(".env", "A=1\n\nSECRET_KEY=hush hush").refuses(".env is malformed at line 3");
    file(".env", "A=1\n2=3\nSECRET_KEY=hush").refuses(".env is malformed at line 2");
    file(".env", "SECRET_KEY='hush\n\n").refuses(".env is malformed at line 1");
    file("latchkey.toml", "[data]\nx = 'hush'").refuses("must be a string, a whole number, true or false");
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    flags(&["--listen"]).refuses("--listen needs a value");
    flags(&["--listen="]).refuses("--listen needs a value");
    flags(&["--env=production", "--env=production"]).refuses("--env is given twice");
    flags(&["--env=production", "serve", "--env=production"])
        .refuses("--env is given twice; see latchkey serve --help");
    flags(&["--config", "a", "user", "--config", "a", "list"]).refuses("--config is given twice");
    flags(&["--secret-key", "half", "hush-hush-hush"]).refuses("an argument that belongs to no flag");
    flags(&["--refresh-grace", "-1"]).refuses("--refresh-grace must be a whole number from 0 to 60");
}

#[test]
fn a_value_that_is_not_unicode_is_refused_by_name_and_foreign_ones_are_none_of_our_business() {
    let mut world = World::new();
    world.environment.push(("LS_COLORS".into(), OsString::from_vec(vec![0xff])));
    world.config();
    world.environment.push(("LATCHKEY_DATA".into(), OsString::from_vec(vec![0xff])));
    assert!(world.error().starts_with("LATCHKEY_DATA is not valid UTF-8"));
}

#[test]
fn what_kubernetes_sets_for_a_service_called_latchkey_is_left_alone() {
    World::new()
        .variable("LATCHKEY_SERVICE_HOST", "10.0.0.1")
        .variable("LATCHKEY_SERVICE_PORT_HTTP", "3000")
        .variable("LATCHKEY_PORT", "tcp://10.0.0.1:3000")
        .variable("LATCHKEY_PORT_3000_TCP_ADDR", "10.0.0.1")
        .config();
    assert!(World::new().variable("LATCHKEY_PORT", "3000").error().contains("LATCHKEY_PORT"));
}

#[test]
fn a_browser_in_use_is_not_idle_because_its_access_token_lives_long() {
    let world = |minutes: &str, hours: &str| {
        World::new().variable("ACCESS_TOKEN_EXPIRE_MINUTES", minutes).variable("LATCHKEY_SESSION_IDLE_HOURS", hours)
    };
    for (minutes, hours) in [("60", "2"), ("30", "1"), ("1", "1")] {
        world(minutes, hours).config();
    }
    for (minutes, hours) in [("60", "1"), ("31", "1")] {
        let error = world(minutes, hours).error();
        assert!(error.starts_with("LATCHKEY_SESSION_IDLE_HOURS is 1") && error.contains("to 30 or less"), "{error}");
    }
}

#[test]
fn numbers_keep_to_their_ranges() {
    for (variable, least, most) in [
        ("ACCESS_TOKEN_EXPIRE_MINUTES", 1, 60),
        ("LATCHKEY_REFRESH_GRACE", 0, 60),
        ("LATCHKEY_SESSION_IDLE_HOURS", 1, 720),
        ("LATCHKEY_SESSION_KEPT_DAYS", 1, 90),
        ("LATCHKEY_SESSION_API_DAYS", 1, 90),
        ("LATCHKEY_SESSION_MAX_DAYS", 1, 365),
        ("LATCHKEY_PASSWORD_MIN_LENGTH", 8, 64),
        ("LATCHKEY_HASH_MEMORY_KIB", 19_456, 1_048_576),
        ("LATCHKEY_HASH_ITERATIONS", 2, 16),
        ("LATCHKEY_HASH_PERMITS", 1, 64),
    ] {
        for good in [least, most] {
            World::new().variable(variable, &good.to_string()).config();
        }
        for bad in
            [(least - 1).to_string(), (most + 1).to_string(), "1e3".to_owned(), "99999999999999999999".to_owned()]
        {
            let error = World::new().variable(variable, &bad).error();
            assert!(error.starts_with(variable) && error.contains(&format!("from {least} to {most}")), "{error}");
        }
    }
}

#[test]
fn what_the_screens_are_made_of_must_fit_on_them() {
    for name in ["  ", "a\u{202e}b", &"x".repeat(41)] {
        assert!(!variable("LATCHKEY_PRODUCT_NAME", name).error().is_empty(), "{name:?}");
    }
    variable("LATCHKEY_PRODUCT_NAME", &"x".repeat(41)).refuses("must be 1 to 40 visible characters on one line");
    variable("LATCHKEY_ACCENT", "green").refuses("LATCHKEY_ACCENT must be a colour such as #1f5f58, not \"green\"");
    for address in
        ["javascript:alert(1)", "//evil.example", "example.com", "https://", "https://example.com/\"x", "ftp://x/"]
    {
        variable("LATCHKEY_TERMS_URL", address)
            .refuses("must be an address such as https://example.com/terms, or a path");
        variable("LATCHKEY_PRIVACY_URL", address).refuses("LATCHKEY_PRIVACY_URL must be an address such as");
    }
    for address in ["/terms", "https://example.com", "https://example.com/terms?v=1#a", "http://localhost:8080/privacy"]
    {
        let config = variable("LATCHKEY_TERMS_URL", address).config();
        assert_eq!(config.brand.terms.as_deref(), Some(address));
    }
    let config = variable("LATCHKEY_PRODUCT_NAME", " Синяя дверь ").config();
    assert_eq!((config.brand.name.as_str(), config.brand.logo), ("Синяя дверь", None));
}
