//! Settings: one table ([`SETTINGS`]) from which the file's keys, the variables, the flags and the help derive.
//!
//! Defaults < `latchkey.toml` < `.env` < environment < flags; with `--config`, neither file of the current folder is read.
//! [`Config::load`] reads nothing but its arguments and
//! the two files, so that a test can give it any world. A setting that is wrong ends the start: an accounts service
//! that guesses what its operator meant is worse than one that does not run.

mod branding;
mod database_server;
mod database_url;
mod environment;
mod error;
mod file;
mod flags;
mod layers;
mod named_database;
mod nearest;
mod public_url;
mod resolve;
mod resolve_database;
mod roles;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod trusted_proxies;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::domain::Language;

pub use branding::BrandSettings;
pub use database_server::{DatabaseServer, DatabaseTls, ServerKind};
pub use database_url::DatabaseUrl;
pub use error::ConfigError;
pub(crate) use error::{named, one_line, quoted};
pub use flags::{Flags, arguments};
pub use layers::{Origin, Row, Values};
pub(crate) use nearest::nearest_word;
pub use public_url::PublicUrl;
pub use roles::DefinedRoles;
pub use secret::SecretSource;
pub use settings::{Fallback, SETTINGS, Setting};
pub use trusted_proxies::TrustedProxies;

/// Everything that an operator decides, checked; a `Config` that exists may be served.
#[derive(Debug)]
pub struct Config {
    /// The address to bind (`LATCHKEY_LISTEN`); loopback in development. Port 0 asks the system for one.
    pub listen: SocketAddr,
    /// Where people reach the service (`LATCHKEY_PUBLIC_URL`).
    pub public_url: PublicUrl,
    /// The proxies that are believed about where requests come from (`LATCHKEY_TRUSTED_PROXIES`).
    pub trusted_proxies: TrustedProxies,
    /// The data folder, absolute (`LATCHKEY_DATA`); it need not exist yet.
    pub data: PathBuf,
    /// How strict to be (`LATCHKEY_ENV`).
    pub mode: Mode,
    /// Where accounts are kept (`DATABASE_URL`).
    pub database: DatabaseUrl,
    /// How connections to a database server are used.
    pub pool: PoolSettings,
    /// The root of every key (`SECRET_KEY`).
    pub secret: SecretSource,
    /// Other roots that are believed while `SECRET_KEY` is being changed (`SECRET_KEY_FALLBACKS`).
    pub secret_fallbacks: Vec<SecretString>,
    /// Access and refresh tokens.
    pub tokens: TokenSettings,
    /// How long sessions last.
    pub sessions: SessionSettings,
    /// Who may register (`LATCHKEY_SIGN_UP`).
    pub sign_up: SignUp,
    /// The language for who asks for no other that there is (`LATCHKEY_LANGUAGE`).
    pub language: Language,
    /// How the screens are the operator's own.
    pub brand: BrandSettings,
    /// Whether `POST /token` gives tokens for a password (`LATCHKEY_PASSWORD_TOKENS`).
    pub password_tokens: bool,
    /// The sites whose scripts may use the REST API, as a browser's `Origin` header has them (`LATCHKEY_CORS_ORIGINS`).
    pub cors_origins: Vec<String>,
    /// Whether the API's description is served (`LATCHKEY_DOCS`); in production only if somebody says so (CFG-3).
    pub docs: bool,
    /// Which roles may be given (`LATCHKEY_ROLES`, and `admin`).
    pub roles: DefinedRoles,
    /// What a password must be.
    pub passwords: PasswordSettings,
    /// How many guesses are looked at.
    pub limits: LimitSettings,
    /// What a password hash costs.
    pub hashing: HashingSettings,
    /// What is logged.
    pub logging: Logging,
    /// Advice to print at the start, a line each; never holds a secret.
    pub warnings: Vec<String>,
}

/// Development is forgiving and therefore only binds loopback; production is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Secrets are generated, weak ones only warned about; loopback only.
    Development,
    /// Weak secrets, secrets in files that others may read, and plain http on a public address are refused.
    Production,
}

/// Whether strangers may make themselves an account; holds for every door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// Anyone may.
    Open,
    /// Nobody may.
    Closed,
}

/// How access tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSA with SHA-256 (PKCS #1 v1.5): for verifiers that know nothing newer.
    Rs256,
    /// HMAC with SHA-256: verifiers hold the signing key.
    Hs256,
}

impl Algorithm {
    /// The name in `ALGORITHM`, in the database and in token headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

/// Access and refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSettings {
    /// `ALGORITHM`.
    pub algorithm: Algorithm,
    /// `ACCESS_TOKEN_EXPIRE_MINUTES`, 1 to 60.
    pub access_minutes: u32,
    /// `LATCHKEY_REFRESH_GRACE`, 0 to 60 seconds: how long the previous refresh token still gets the same successor.
    pub refresh_grace_seconds: u32,
}

/// How connections to a database server are used; SQLite needs none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// `LATCHKEY_DATABASE_POOL`, 1 to 500: so many are opened at the start.
    pub size: u32,
    /// `LATCHKEY_DATABASE_OVERFLOW`, 0 to 500: so many more under load.
    pub overflow: u32,
    /// `LATCHKEY_DATABASE_PRE_PING`: each is tried before it is used.
    pub pre_ping: bool,
    /// `LATCHKEY_DATABASE_TIMEOUT`, 1 to 60: how long a statement may take.
    pub statement_seconds: u32,
}

/// How long sessions last, in seconds. "Idle" is counted from the last time that a session was carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSettings {
    /// `LATCHKEY_SESSION_IDLE_HOURS`, 1 to 720: a browser's.
    pub browser_idle_seconds: i64,
    /// `LATCHKEY_SESSION_KEPT_DAYS`, 1 to 90: that of a browser whose owner wishes to stay signed in.
    pub kept_idle_seconds: i64,
    /// `LATCHKEY_SESSION_API_DAYS`, 1 to 90: an API client's, whose refresh token nobody else's window holds.
    pub api_idle_seconds: i64,
    /// `LATCHKEY_SESSION_MAX_DAYS`, 1 to 365: the end of any session, however busy it was.
    pub max_seconds: i64,
}

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordSettings {
    /// `LATCHKEY_PASSWORD_MIN_LENGTH`, 8 to 64 characters.
    pub min_length: usize,
}

/// How many guesses are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// `LATCHKEY_SIGN_IN_ATTEMPTS`, 3 to 50 failures in a row before an account is locked for a while.
    pub sign_in_attempts: u32,
    /// `LATCHKEY_SOURCE_ATTEMPTS`, 5 to 100000 failures, and as many registrations, from one source in ten minutes.
    pub source_attempts: u32,
}

/// What a password hash costs (Argon2id, one lane). The floors are OWASP's minimum and cannot be lowered by a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingSettings {
    /// `LATCHKEY_HASH_MEMORY_KIB`, 19456 to 1048576.
    pub memory_kib: u32,
    /// `LATCHKEY_HASH_ITERATIONS`, 2 to 16.
    pub iterations: u32,
    /// `LATCHKEY_HASH_PERMITS`, 1 to 64 hashes at once; the processor's cores unless set.
    pub permits: usize,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// `LATCHKEY_LOG`: a tracing filter, not yet parsed.
    pub filter: String,
    /// `LATCHKEY_LOG_SQL`: statements too, without their values.
    pub sql: bool,
}

/// The settings as they were found: as text with origins, for `latchkey config`, and checked.
#[derive(Debug)]
pub struct Loaded {
    /// All that could be read, also when some of it cannot be used.
    pub values: Values,
    /// The checked settings, or the first thing found wrong, as one line that names it and says what to do; no secret is
    /// in it.
    pub config: Result<Box<Config>, ConfigError>,
}

impl Config {
    /// Reads flags, environment, and the files in `current_dir`, which must be absolute. Does not touch the data folder.
    pub fn load(
        flags: Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        current_dir: &Path,
    ) -> Loaded {
        let mut values = Values::defaults();
        let file = file::read(flags.config.as_deref(), current_dir, &mut values);
        // Who names a file means that one: what lies in the folder where a command is typed must not win over it.
        let dot_env = match flags.config {
            Some(_) => Ok(()),
            None => environment::read_dot_env(current_dir, &mut values),
        };
        let environment = environment::read(environment, &mut values);
        for (setting, text) in flags.given {
            values.set(setting, text, Origin::Flag);
        }
        let read = file.and(dot_env).and(environment).and_then(|()| values.refuse_empty());
        let config = read.and_then(|()| resolve::resolve(&values, current_dir)).map(Box::new);
        Loaded { values, config }
    }

    /// Tells the settings which address was really bound. With `LATCHKEY_LISTEN` ending in `:0` the port is only
    /// known then, and a public URL that was not set follows it.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.listen = address;
        self.public_url.follow(address);
    }
}
