//! Which layer wins, and what the layers are called.

use std::collections::BTreeSet;

use super::super::{Config, Flags, Origin, SETTINGS, SignUp};
use super::{GOOD_SECRET, World};

#[test]
fn a_stronger_layer_beats_a_weaker_one_and_every_value_knows_its_origin() {
    let mut world = World::new();
    let listen = |world: &World| {
        let (config, values) = world.load().unwrap();
        let row = values.rows().find(|row| row.setting.key == "listen").unwrap();
        assert_eq!(row.shown, config.listen.to_string());
        (config.listen.port(), row.origin)
    };
    assert_eq!(listen(&world), (3000, Origin::Default));
    world = world.file("latchkey.toml", "listen = '127.0.0.1:1'\nlog_sql = true\nrefresh_grace = 5\n");
    assert_eq!(listen(&world), (1, Origin::File(world.folder.path().join("latchkey.toml"))));
    assert_eq!((world.config().logging.sql, world.config().tokens.refresh_grace_seconds), (true, 5));
    world = world.file(".env", "LATCHKEY_LISTEN=127.0.0.1:2\nOTHER_PROGRAM=x\n");
    assert_eq!(listen(&world), (2, Origin::DotEnv));
    world = world.variable("LATCHKEY_LISTEN", "127.0.0.1:3").variable("HOME", "/root");
    assert_eq!(listen(&world), (3, Origin::Environment));
    world = world.flags(&["--listen", "127.0.0.1:4"]);
    assert_eq!(listen(&world), (4, Origin::Flag));
}

#[test]
fn every_setting_can_be_given_in_every_layer() {
    let value = |key| match key {
        "listen" => "127.0.0.1:3000",
        "public_url" => "http://localhost",
        "trusted_proxies" => "127.0.0.1,10.0.0.0/8",
        "env" => "development",
        "database_url" => "sqlite:///x.db",
        "algorithm" => "ES256",
        "sign_up" => "closed",
        "log_sql" | "password_tokens" | "docs" => "true",
        "cors_origins" => "https://app.example.com,http://localhost:5173",
        "roles" => "editor,viewer",
        "hash_memory_kib" => "20000",
        "secret_key" => GOOD_SECRET,
        _ => "9",
    };
    for setting in SETTINGS {
        let value = value(setting.key);
        let origin = |world: World| world.load().unwrap().1.origin(setting);
        assert!(matches!(
            origin(World::new().file("latchkey.toml", &format!("{} = '{value}'", setting.key))),
            Origin::File(_)
        ));
        assert_eq!(origin(World::new().file(".env", &format!("{}={value}", setting.variable))), Origin::DotEnv);
        assert_eq!(origin(World::new().variable(setting.variable, value)), Origin::Environment);
        assert_eq!(origin(World::new().flags(&[setting.flag, value])), Origin::Flag);
    }
}

#[test]
fn a_named_settings_file_replaces_the_usual_one_and_must_exist() {
    let world = World::new().file("latchkey.toml", "sign_up = 'open'").file("other.toml", "sign_up = 'closed'");
    assert_eq!(world.flags(&["--config", "other.toml"]).config().sign_up, SignUp::Closed);
    let error = World::new().flags(&["--config", "other.toml"]).error();
    assert!(error.contains("other.toml") && error.contains("No such file"), "{error}");
}

#[test]
fn what_is_wrong_in_one_layer_hides_nothing_of_the_others() {
    let world = World::new()
        .file("latchkey.toml", "colour = 'red'\nsign_up = 'closed'")
        .file(".env", "LATCHKEY_COLOUR=red\nLATCHKEY_REFRESH_GRACE=5")
        .variable("LATCHKEY_COLOUR", "red")
        .variable("LATCHKEY_DATA", "elsewhere");
    let loaded = Config::load(Flags::default(), world.environment.clone(), world.folder.path());
    let shown = |key| loaded.values.rows().find(|row| row.setting.key == key).unwrap().shown;
    assert_eq!([shown("sign_up"), shown("refresh_grace"), shown("data")], ["closed", "5", "elsewhere"]);
    let error = loaded.config.unwrap_err().to_string();
    assert!(error.contains("latchkey.toml: colour"), "the first fault is told: {error}");
}

#[test]
fn no_two_settings_share_a_name() {
    let names: BTreeSet<_> =
        SETTINGS.iter().flat_map(|setting| [setting.key, setting.variable, setting.flag]).collect();
    assert_eq!(names.len(), 3 * SETTINGS.len());
    for setting in SETTINGS {
        assert_eq!(setting.flag, format!("--{}", setting.key.replace('_', "-")));
    }
}
