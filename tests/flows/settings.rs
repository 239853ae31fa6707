//! A server that cannot do what its operator asked says so in one line and does not start.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::process::{Command, Stdio};

use crate::support::binary::{CANARY, USAGE, WORLD, latchkey, refusal, run, start};

/// What the operator gives (`NAME=value`, or arguments), and words of the refusal, which also names the culprit.
type Case = (&'static str, &'static str);

/// Production with everything in order, before the case's own setting.
const PRODUCTION: [&str; 3] = [
    "LATCHKEY_ENV=production",
    "SECRET_KEY=3f6c1d0be2a94758a0c4e19b7d52f86e90b1c7a4d6e8f2035b9ad41c7e60f3d8",
    "LATCHKEY_PUBLIC_URL=https://accounts.example.com",
];

#[rustfmt::skip]
const BAD_SETTINGS: &[Case] = &[
    ("LATCHKEY_LISTN=127.0.0.1:0", "did you mean LATCHKEY_LISTEN?"),
    ("LATCHKEY_SECRET_KEY=hush-canary", "did you mean SECRET_KEY?"),
    ("--lisen 127.0.0.1:0", "did you mean --listen?"),
    ("--secret_key=hush-canary", "did you mean --secret-key?"),
    ("--listen", "needs a value"),
    ("--listen 127.0.0.1:0 --listen 127.0.0.1:0", "is given twice"),
    ("LATCHKEY_LISTEN=localhost", "127.0.0.1:3000"),
    ("LATCHKEY_LISTEN=", "is empty"),
    ("LATCHKEY_LISTEN=0.0.0.0:0", "set LATCHKEY_ENV=production"),
    ("LATCHKEY_LISTEN=[::]:0", "set LATCHKEY_ENV=production"),
    ("LATCHKEY_ENV=prod", "development, production"),
    ("LATCHKEY_PUBLIC_URL=https://a.example/app", "without path"),
    ("LATCHKEY_TRUSTED_PROXIES=localhost", "such as 127.0.0.1"),
    ("LATCHKEY_TRUSTED_PROXIES=0.0.0.0/0", "believe everybody"),
    ("LATCHKEY_TRUSTED_PROXIES=::ffff:0:0/96", "believe everybody"),
    ("LATCHKEY_PUBLIC_URL=https://accounts.example.com", "LATCHKEY_ENV=production"),
    ("LATCHKEY_PUBLIC_URL=https://me:hush-canary@a.example", "user name"),
    ("ALGORITHM=none", "EdDSA, ES256, RS256, HS256"),
    ("ALGORITHM=PS256", "EdDSA, ES256, RS256, HS256"),
    ("ALGORITHM=hs256", "did you mean HS256?"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES=0", "from 1 to 60"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES=61", "from 1 to 60"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES=ten", "from 1 to 60"),
    ("LATCHKEY_REFRESH_GRACE=61", "from 0 to 60"),
    ("LATCHKEY_PASSWORD_MIN_LENGTH=7", "from 8 to 64"),
    ("LATCHKEY_SIGN_IN_ATTEMPTS=2", "from 3 to 50"),
    ("LATCHKEY_SIGN_IN_ATTEMPTS=51", "from 3 to 50"),
    ("LATCHKEY_SOURCE_ATTEMPTS=4", "from 5 to 100000"),
    ("LATCHKEY_SOURCE_ATTEMPTS=100001", "from 5 to 100000"),
    ("LATCHKEY_HASH_MEMORY_KIB=19455", "from 19456 to 1048576"),
    ("LATCHKEY_HASH_ITERATIONS=1", "from 2 to 16"),
    ("LATCHKEY_HASH_PERMITS=0", "from 1 to 64"),
    ("LATCHKEY_SIGN_UP=no", "open, closed"),
    ("LATCHKEY_LOG_SQL=yes", "true, false"),
    ("LATCHKEY_LOG=latchkey=loud", ""),
    ("DATABASE_URL=oracle://user:hush-canary@localhost/dbname", "use sqlite, postgres or mysql"),
    ("DATABASE_URL=postgresql://user:hush-canary@localhost/", "names no database; add it, or set LATCHKEY_DATABASE_NAME"),
    ("DATABASE_URL=mysql://localhost/dbname", "names no user; add it, or set LATCHKEY_DATABASE_USER"),
    ("DATABASE_URL=postgres://user:hush-canary@db.example.com/dbname?sslmode=require", "sslmode=verify-full or sslmode=disable"),
    ("DATABASE_URL=postgres://user:hush/canary@db.example.com/dbname", "LATCHKEY_DATABASE_PASSWORD"),
    ("LATCHKEY_DATABASE_HOST=db.example.com", "DATABASE_URL names none"),
    ("DATABASE_URL=postgres://anna@hush%40canary/dbname", "must have a host's name or address"),
    ("LATCHKEY_DATABASE_POOL=0", "from 1 to 500"),
    ("LATCHKEY_DATABASE_OVERFLOW=501", "from 0 to 500"),
    ("LATCHKEY_DATABASE_TIMEOUT=61", "from 1 to 60"),
    ("LATCHKEY_DATABASE_PRE_PING=yes", "true, false"),
    ("DATABASE_URL=sqlite::memory:", "in memory"),
];

#[rustfmt::skip]
const REFUSED_IN_PRODUCTION: &[Case] = &[
    ("SECRET_KEY=hush-canary", "shorter than 32"),
    ("SECRET_KEY=3f6c1d0be2a94758a0c4e19b7d52f86e", "fewer than 256 bits"),
    ("SECRET_KEY=ваш_секретный_ключ_здесь", "example"),
    ("SECRET_KEY=09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "example"),
    ("SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "example"),
    ("SECRET_KEY_FALLBACKS=hush-canary", "has a secret that is shorter than 32"),
    ("SECRET_KEY_FALLBACKS=hush-canary,hush", "has a secret that is shorter than 32"),
    ("SECRET_KEY_FALLBACKS=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "example"),
    ("SECRET_KEY_FALLBACKS=your-secret-key,your-super-secret-jwt-token-with-at-least-32-characters-long", "example"),
    ("LATCHKEY_PUBLIC_URL=http://accounts.example.com", "https"),
    ("LATCHKEY_LISTEN=0.0.0.0:0", "would speak plain http to everybody; listen on 127.0.0.1 behind a TLS proxy"),
    ("--listen [::]:0", "LATCHKEY_TRUSTED_PROXIES"),
];

fn give(command: &mut Command, setting: &str) {
    match setting.split_once('=') {
        Some((name, value)) if !name.starts_with('-') => command.env(name, value),
        _ => command.args(setting.split(' ')),
    };
}

fn refuse(before: &[&str], (setting, words): Case) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = latchkey(folder.path());
    before.iter().for_each(|setting| give(&mut command, setting));
    give(&mut command, setting);
    let line = refusal(&mut command, USAGE);
    let culprit = setting.split(['=', ' ']).next().unwrap();
    assert!(line.contains(culprit) && line.contains(words), "{setting} was answered with {line:?}");
    let secrets = setting.strip_prefix("SECRET_KEY=").or_else(|| setting.strip_prefix("SECRET_KEY_FALLBACKS="));
    for secret in secrets.into_iter().flat_map(|text| text.split(',')).filter(|secret| !secret.is_empty()) {
        assert!(!line.contains(secret), "the secret is in {line:?}");
    }
    assert!(!folder.path().join("data").exists(), "{setting} was refused after the data folder was made");
}

#[test]
fn bad_settings_end_in_one_line_that_names_the_culprit() {
    BAD_SETTINGS.iter().for_each(|case| refuse(&[], *case));
}

#[test]
fn production_refuses_weak_secrets_and_plain_http() {
    REFUSED_IN_PRODUCTION.iter().for_each(|case| refuse(&PRODUCTION, *case));
}

#[test]
fn production_does_not_start_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let line = refusal(latchkey(folder.path()).env("LATCHKEY_ENV", "production"), USAGE);
    assert!(line.contains("SECRET_KEY is not set"), "{line:?}");
}

#[test]
fn production_on_a_public_address_needs_to_know_its_public_url() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = latchkey(folder.path());
    PRODUCTION.iter().take(2).for_each(|setting| give(&mut command, setting));
    command.env("LATCHKEY_TRUSTED_PROXIES", "10.0.0.7");
    let line = refusal(command.env("LATCHKEY_LISTEN", "0.0.0.0:0"), USAGE);
    assert!(line.contains("LATCHKEY_PUBLIC_URL is not set"), "{line:?}");
}

#[test]
fn arguments_that_belong_to_no_flag_are_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = latchkey(folder.path());
    let line = refusal(command.args(["--secret-key", "two", CANARY]), USAGE);
    assert!(line.contains("belongs to no flag"), "{line:?}");
}

#[test]
fn a_logo_that_is_none_is_refused_by_the_server_and_keeps_no_command_from_its_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("logo.png"), "no picture").unwrap();
    for (logo, words) in [("logo.png", "is no SVG, PNG, WebP or JPEG"), ("none.svg", "cannot read")] {
        let line = refusal(latchkey(folder.path()).env("LATCHKEY_LOGO", logo), USAGE);
        assert!(line.contains("LATCHKEY_LOGO: ") && line.contains(logo) && line.contains(words), "{line:?}");
    }
    assert!(!folder.path().join("data").exists(), "nothing is made for settings that cannot be served");
    run(folder.path(), &["migrate"]);
    run(folder.path(), &["user", "list", "--logo", "none.svg"]);
}

#[test]
fn a_named_settings_file_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["absent.toml", folder.path().to_str().unwrap()] {
        let line = refusal(latchkey(folder.path()).args(["--config", name]), USAGE);
        assert!(line.contains("cannot read") && line.contains(name), "{line:?}");
    }
}

#[test]
fn bad_settings_files_are_named_with_the_line_and_never_quoted() {
    let cases: [(&str, &[u8], &[&str]); 7] = [
        ("latchkey.toml", b"lisen = '127.0.0.1:0'", &["latchkey.toml", "lisen", "did you mean listen?"]),
        ("latchkey.toml", b"sign_up = 'open'\nsecret_key = 'hush-canary", &["latchkey.toml", "line 2"]),
        ("latchkey.toml", b"[tokens]\nalgorithm = 'EdDSA'", &["latchkey.toml", "tokens"]),
        ("latchkey.toml", b"data = ['hush-canary']", &["data in ", "latchkey.toml", "must be a string"]),
        ("latchkey.toml", b"data = '\xff'", &["latchkey.toml", "UTF-8"]),
        (".env", b"LATCHKEY_DATE=hush-canary", &[".env", "LATCHKEY_DATE", "did you mean LATCHKEY_DATA?"]),
        (".env", b"# ours\nSECRET_KEY=hush-canary and more", &[".env", "line 2"]),
    ];
    for (name, content, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        let line = refusal(&mut latchkey(folder.path()), USAGE);
        for word in words {
            assert!(line.contains(word), "{line:?} should contain {word:?}");
        }
    }
}

#[test]
fn cfg_1_production_refuses_a_secret_in_a_file_that_everybody_can_read() {
    let (secret, others) = PRODUCTION.split_at(2);
    let value = secret.last().and_then(|secret| secret.strip_prefix("SECRET_KEY=")).unwrap();
    for (name, text) in [
        ("latchkey.toml", format!("secret_key = '{value}'")),
        ("conf/named.toml", format!("secret_key = '{value}'")),
        (".env", format!("SECRET_KEY={value}")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let mut command = latchkey(folder.path());
        secret.iter().take(1).chain(others).for_each(|setting| give(&mut command, setting));
        if name.starts_with("conf") {
            command.args(["--config", name]);
        }
        for mode in [0o644, 0o604, 0o645, 0o641] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let line = refusal(&mut command, USAGE);
            assert!(line.trim_end().ends_with(&format!("run: chmod o-rwx {}", file.display())), "{line:?}");
            assert!(!line.contains(value), "the secret is in {line:?}");
        }
        // The group may read: the file is root's, and the service's user is in its group. A later refusal shows it.
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let line = refusal(command.env("LATCHKEY_SIGN_UP", "no"), USAGE);
        assert!(line.contains("LATCHKEY_SIGN_UP"), "{line:?}");
    }
}

/// Whoever may write in the folder where a command is typed would choose the database and the address of every link.
#[test]
fn a_settings_file_of_a_stranger_in_the_current_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let is_root = rustix::process::geteuid().is_root();
    for (name, text) in [(".env", "LATCHKEY_SIGN_UP=no"), ("latchkey.toml", "sign_up = 'no'")] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let say = || refusal(latchkey(folder.path()).arg("serve"), USAGE);
        for mode in [0o622, 0o602] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            if is_root {
                chown(&file, None, Some(998)).unwrap();
            }
            if is_root || mode == 0o602 {
                let words =
                    format!("(mode {mode:04o}), so its settings are not taken; run: chmod go-w {}", file.display());
                assert!(say().contains(&words), "{}", say());
            }
        }
        // Of our own group, as `umask 002` makes it: read, and refused for what it says.
        chown(&file, None, Some(rustix::process::getegid().as_raw())).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o660)).unwrap();
        assert!(say().contains("must be one of open, closed"), "{}", say());
        if is_root {
            chown(&file, Some(998), None).unwrap();
            assert!(say().contains("belongs to user 998") && say().contains("--config"), "{}", say());
            // A stranger's link to a file of ours is the stranger's choice, too.
            chown(&file, Some(0), None).unwrap();
            fs::rename(&file, folder.path().join("ours")).unwrap();
            symlink("ours", &file).unwrap();
            lchown(&file, Some(998), None).unwrap();
            assert!(say().contains("belongs to user 998"), "{}", say());
        }
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn with_a_named_settings_file_the_current_folder_has_no_say() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), "LATCHKEY_PUBLIC_URL=http://localhost:6666").unwrap();
    fs::write(folder.path().join("latchkey.toml"), "sign_up = 'no'").unwrap();
    fs::write(folder.path().join("named.toml"), "public_url = 'http://localhost:7777'").unwrap();
    let link = run(folder.path(), &["user", "add", "anna", "anna@example.com", "--config", "named.toml"]);
    assert!(link.contains("http://localhost:7777/set-password"), "{link}");
}

#[test]
fn a_folder_that_may_not_be_looked_into_has_no_settings_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let as_nobody = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_latchkey")]);
        command.env_clear().env("LATCHKEY_SIGN_UP", "no").current_dir(folder.path()).stdin(Stdio::null());
        command
    };
    // Only root can become somebody else, and the binary may lie where nobody else can reach it.
    if !as_nobody().arg("--version").output().is_ok_and(|output| output.status.success()) {
        return;
    }
    let line = refusal(&mut as_nobody(), USAGE);
    assert!(line.contains("LATCHKEY_SIGN_UP"), "{line:?}");
    // A file that is there and closed is not passed over.
    fs::write(folder.path().join(".env"), "SECRET_KEY=hush-canary").unwrap();
    fs::set_permissions(folder.path().join(".env"), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let line = refusal(&mut as_nobody(), USAGE);
    assert!(line.contains("cannot read") && line.contains(".env"), "{line:?}");
}

#[test]
fn an_unusable_data_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    File::create(&file).unwrap();
    let read_only = folder.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, Permissions::from_mode(0o500)).unwrap();
    let mut places = vec![file.clone(), file.join("below"), "/proc/latchkey".into(), "/sys/latchkey".into()];
    // Root writes where it likes, so there the permission proves nothing.
    if File::create(read_only.join("probe")).is_err() {
        places.push(read_only);
    }
    for place in places {
        let line = refusal(latchkey(folder.path()).env("LATCHKEY_DATA", &place), WORLD);
        assert!(line.contains(place.to_str().unwrap()) && line.contains("LATCHKEY_DATA"), "{line:?}");
    }
}

#[test]
fn a_busy_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refusal(latchkey(folder.path()).env("LATCHKEY_LISTEN", &address), WORLD);
    assert!(line.contains(&address), "{line:?}");
}

#[test]
fn a_second_process_on_the_same_data_folder_is_told_who_the_first_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), &[]);
    for command in ["serve", "migrate"] {
        let line = refusal(latchkey(folder.path()).arg(command), WORLD);
        assert!(line.contains("in use") && line.contains(&format!("process {}", first.id())), "{line:?}");
        // The schema is that of this database: another folder is no help.
        assert_eq!(line.trim_end().ends_with("stop that one first"), command == "migrate", "{line:?}");
    }
}

#[test]
fn help_and_version_answer_on_stdout_without_touching_anything() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, word) in [("--help", "LATCHKEY_LISTEN"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let output = latchkey(folder.path()).arg(flag).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(word));
        assert!(output.stderr.is_empty());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
