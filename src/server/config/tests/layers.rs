//! Which layer wins, and what the layers are called.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;

use super::super::{Config, DatabaseTls, DatabaseUrl, Flags, Origin, SETTINGS, Setting, SignUp};
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
        "language" => "ru",
        "log_sql" | "password_tokens" | "docs" | "database_pre_ping" => "true",
        "database_tls" => "verify",
        "cors_origins" => "https://app.example.com,http://localhost:5173",
        "accent" => "1f5f58",
        "terms_url" | "privacy_url" => "https://example.com/terms",
        "roles" => "editor,viewer",
        "hash_memory_kib" => "20000",
        "secret_key" => GOOD_SECRET,
        _ => "9",
    };
    for setting in SETTINGS {
        let value = value(setting.key);
        let origin = |world: World| world.load().unwrap().1.origin(setting);
        let world = || if is_part(setting) { server_without(setting) } else { World::new() };
        assert!(matches!(
            origin(world().file("latchkey.toml", &format!("{} = '{value}'", setting.key))),
            Origin::File(_)
        ));
        assert_eq!(origin(world().file(".env", &format!("{}={value}", setting.variable))), Origin::DotEnv);
        assert_eq!(origin(world().variable(setting.variable, value)), Origin::Environment);
        assert_eq!(origin(world().flags(&[setting.flag, value])), Origin::Flag);
    }
}

/// Whether it is a part of a database server's address.
fn is_part(setting: &Setting) -> bool {
    let is_of_database = setting.key.starts_with("database_") && setting.key != "database_url";
    is_of_database && !["pool", "overflow", "pre_ping", "timeout"].iter().any(|end| setting.key.ends_with(end))
}

/// A server whose address lacks what `setting` gives.
fn server_without(setting: &Setting) -> World {
    let (user, host, name) = match setting.key {
        "database_user" => ("", "h", "/n"),
        "database_host" => ("u@", "", "/n"),
        "database_name" => ("u@", "h", ""),
        _ => ("u@", "h", "/n"),
    };
    World::new().variable("DATABASE_URL", &format!("postgres://{user}{host}{name}"))
}

#[test]
fn the_parts_of_a_server_s_address_are_taken_as_they_are_and_stand_in_one_place() {
    let world = || {
        World::new()
            .variable("DATABASE_URL", "mysql://")
            .variable("LATCHKEY_DATABASE_HOST", "db.example.com")
            .variable("LATCHKEY_DATABASE_USER", "latch@key")
            .variable("LATCHKEY_DATABASE_NAME", "accounts")
            .variable("LATCHKEY_DATABASE_PASSWORD", "hush: /?#%@é")
    };
    let config = world().config();
    let DatabaseUrl::Server(server) = &config.database else { panic!("{:?}", config.database) };
    assert_eq!(server.to_string(), "mysql://db.example.com:3306/accounts");
    assert_eq!(server.tls, DatabaseTls::Verify(None));
    assert_eq!(server.password.as_ref().unwrap().expose_secret(), "hush: /?#%@é");
    assert!(config.warnings.is_empty() && !format!("{config:?}").contains("hush"));
    let off = world().variable("LATCHKEY_DATABASE_TLS", "off").config();
    assert!(off.warnings.iter().any(|warning| warning.contains("is spoken to without TLS")), "{:?}", off.warnings);
    world().variable("LATCHKEY_DATABASE_TLS", "prefer").refuses("must be one of verify, off");
    world().variable("LATCHKEY_DATABASE_PORT", "0").refuses("from 1 to 65535");
    world()
        .variable("LATCHKEY_DATABASE_TLS", "off")
        .variable("LATCHKEY_DATABASE_CA", "ca.pem")
        .refuses("is of no use while TLS is off");
    World::new()
        .variable("DATABASE_URL", "mysql://u:hush@h/n")
        .variable("LATCHKEY_DATABASE_PASSWORD", "hush")
        .refuses("LATCHKEY_DATABASE_PASSWORD is in DATABASE_URL, too");
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
