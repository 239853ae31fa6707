//! What development forgives and production does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret;

use super::super::{Algorithm, Mode, SecretSource, SignUp};
use super::{GOOD_SECRET, World};

#[test]
fn without_any_setting_a_development_server_comes_out() {
    let world = World::new();
    let config = world.config();
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.public_url.origin(), "http://127.0.0.1:3000");
    assert_eq!((config.mode, config.sign_up), (Mode::Development, SignUp::Open));
    assert_eq!(config.data, world.folder.path().join("data"));
    assert_eq!(config.database.sqlite_file().unwrap(), world.folder.path().join("data/latchkey.db"));
    assert!(matches!(config.secret, SecretSource::Generated));
    assert_eq!((config.tokens.algorithm, config.tokens.access_minutes), (Algorithm::EdDsa, 10));
    assert_eq!((config.hashing.memory_kib, config.hashing.iterations), (19_456, 2));
    assert!((1..=64).contains(&config.hashing.permits));
    assert_eq!((config.logging.filter.as_str(), config.logging.sql), ("info", false));
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn production_is_strict_where_development_warns() {
    World::production().config();
    let refused = [
        (World::new().variable("LATCHKEY_ENV", "production"), "SECRET_KEY is not set"),
        (World::production().flags(&["--secret-key", "hush"]), "--secret-key is shorter than 32 characters"),
        (World::production().flags(&["--secret-key", "ваш_секретный_ключ_здесь"]), "is an example"),
        (World::production().flags(&["--public-url", "http://a.example"]), "--public-url is plain http"),
    ];
    for (world, expected) in refused {
        let error = world.error();
        assert!(error.contains(expected) && !error.contains("hush"), "{error:?} should contain {expected:?}");
    }
    World::production().flags(&["--public-url", "http://localhost:8080"]).config();

    let config = World::new().variable("SECRET_KEY", "hush").variable("ACCESS_TOKEN_EXPIRE_MINUTES", "30").config();
    assert_eq!(config.warnings.len(), 2, "{:?}", config.warnings);
    assert!(!format!("{config:?}").contains("hush"));
    let world = World::production().flags(&["--password-min-length", "15", "--trusted-proxies", "127.0.0.1"]);
    assert_eq!(world.config().warnings, Vec::<String>::new());
    assert_eq!(World::production().config().warnings.len(), 2);
}

#[test]
fn cfg_1_secrets_that_are_believed_besides_are_judged_like_the_one_that_signs() {
    let other = GOOD_SECRET.replace('3', "4");
    let list = format!("{GOOD_SECRET}, {other}");
    let config = World::production().variable("SECRET_KEY_FALLBACKS", &list).config();
    let texts: Vec<_> = config.secret_fallbacks.iter().map(|secret| secret.expose_secret().to_owned()).collect();
    assert_eq!(texts, [GOOD_SECRET, &other, &list]);
    assert!(!format!("{config:?}").contains(&other));
    assert!(World::production().config().secret_fallbacks.is_empty());
    World::production()
        .flags(&["--secret-key-fallbacks", "hush"])
        .refuses("--secret-key-fallbacks has a secret that is");
    World::production().variable("SECRET_KEY_FALLBACKS", " ").refuses("is empty");
    World::production().variable("SECRET_KEY_FALLBACKS", "hush,hush").refuses("has a secret that is");
    let (_, values) = World::production().variable("SECRET_KEY_FALLBACKS", &list).load().unwrap();
    assert!(values.rows().any(|row| row.setting.key == "secret_key_fallbacks" && row.shown == "(set)"));
    let warnings = World::new().flags(&["--secret-key-fallbacks", "hush"]).config().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(!warnings.concat().contains("hush"));
}

#[test]
fn cfg_2_a_secret_with_commas_in_it_is_believed_while_it_is_changed() {
    for secret in [
        "correct horse battery staple, twice over",
        "Zm9vYmFyYmF6cXV4,Y29ycmVjdGhvcnNl,",
        &format!("{GOOD_SECRET},hush"),
    ] {
        World::production().variable("SECRET_KEY", secret).config();
        let config = World::production().variable("SECRET_KEY_FALLBACKS", secret).config();
        let believed: Vec<_> = config.secret_fallbacks.iter().map(ExposeSecret::expose_secret).collect();
        assert!(believed.contains(&secret), "{secret}");
        assert!(believed.iter().all(|text| text.len() >= 32), "no weak part is: {secret}");
        let said = config.warnings.concat();
        assert!(said.contains("SECRET_KEY_FALLBACKS has a part that is shorter than 32 characters"), "{said}");
        assert!(!said.contains("hush") && !said.contains("battery"), "{said}");
    }
}

#[test]
fn nobody_listens_beyond_this_machine_without_a_proxy_and_development_never() {
    for address in ["0.0.0.0:3000", "[::]:3000", "192.168.1.1:3000"] {
        let error = World::new().variable("LATCHKEY_LISTEN", address).error();
        assert!(error.contains(address) && error.contains("set LATCHKEY_ENV=production"), "{error}");
        let world = World::production().variable("LATCHKEY_LISTEN", address);
        let error = world.error();
        assert!(error.contains(address) && error.contains("name the proxy's address in LATCHKEY_TRUSTED"), "{error}");
        world.variable("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7").config();
    }
    for address in ["127.0.0.2:3000", "[::1]:3000", "[::ffff:127.0.0.1]:3000"] {
        World::new().variable("LATCHKEY_LISTEN", address).config();
        World::production().variable("LATCHKEY_LISTEN", address).config();
    }
    let error = World::production().variable("LATCHKEY_PUBLIC_URL", "").error();
    assert!(error.contains("LATCHKEY_PUBLIC_URL is empty"), "{error}");
}

#[test]
fn proxies_are_trusted_only_when_the_operator_names_them() {
    assert!(World::new().config().trusted_proxies.is_empty());
    let config = World::new().file("latchkey.toml", "trusted_proxies = '10.0.0.7, 192.0.2.0/24'").config();
    assert!(config.trusted_proxies.contains("192.0.2.9".parse().unwrap()));
    World::new().variable("LATCHKEY_TRUSTED_PROXIES", "proxy").refuses("LATCHKEY_TRUSTED_PROXIES must be addresses");
}

#[test]
fn the_settings_file_for_operators_lacks_nothing_but_a_secret() {
    let text = include_str!("../../../../deploy/latchkey.toml");
    World::new().file("latchkey.toml", text).refuses("SECRET_KEY is not set");
    let world = World::new().file("latchkey.toml", text).variable("SECRET_KEY", GOOD_SECRET);
    let config = world.config();
    assert_eq!((config.mode, config.warnings), (Mode::Production, Vec::new()));
    // As README says: a line at the end of the file.
    let world = World::new().file("latchkey.toml", &format!("{text}secret_key = '{GOOD_SECRET}'\n"));
    fs::set_permissions(world.folder.path().join("latchkey.toml"), Permissions::from_mode(0o640)).unwrap();
    world.config();
}

#[test]
fn development_warns_about_a_secret_in_a_file_that_everybody_can_read() {
    let world = |mode| {
        let world = World::new().file(".env", &format!("SECRET_KEY={GOOD_SECRET}")).file("latchkey.toml", "data = 'd'");
        let file = world.folder.path().join(".env");
        fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        world
    };
    let warnings = world(0o644).config().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("/.env; production would refuse it"), "{warnings:?}");
    assert_eq!(world(0o640).config().warnings, Vec::<String>::new());
    // Another secret may win: this one was given away all the same.
    assert_eq!(world(0o604).variable("SECRET_KEY", "z".repeat(9).as_str()).config().warnings.len(), 2);
}

#[test]
fn a_public_url_that_nobody_set_follows_the_address_that_was_bound() {
    let bound = "127.0.0.1:41234".parse().unwrap();
    let mut config = World::new().variable("LATCHKEY_LISTEN", "127.0.0.1:0").config();
    config.bound_to(bound);
    assert_eq!((config.listen, config.public_url.origin()), (bound, "http://127.0.0.1:41234"));
    let mut config = World::new().variable("LATCHKEY_PUBLIC_URL", "http://localhost:3000").config();
    config.bound_to(bound);
    assert_eq!(config.public_url.origin(), "http://localhost:3000");
}

#[test]
fn a_secret_is_shown_neither_by_debug_nor_by_the_listing() {
    let (config, values) = World::production().load().unwrap();
    let rows: Vec<_> = values.rows().collect();
    for text in [format!("{config:?}"), format!("{values:?}"), format!("{rows:?}")] {
        assert!(!text.contains(GOOD_SECRET));
    }
    assert!(rows.iter().any(|row| row.setting.key == "secret_key" && row.shown == "(set)"));
}
