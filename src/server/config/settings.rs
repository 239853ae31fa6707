//! The table. Add a setting here, then read it in `resolve.rs`; flags, variables, file keys and help follow.

/// One thing an operator may decide.
#[derive(Debug)]
pub struct Setting {
    /// Its key in `latchkey.toml`.
    pub key: &'static str,
    /// Its environment variable, also in `.env`.
    pub variable: &'static str,
    /// Its flag, with the dashes.
    pub flag: &'static str,
    /// What holds when nobody sets it.
    pub fallback: Fallback,
    /// One line for `--help`.
    pub help: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

/// What holds when nobody sets a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// This value.
    Fixed(&'static str),
    /// Something worked out from other settings or the machine; the text describes it.
    Derived(&'static str),
}

use Fallback::{Derived, Fixed};

const fn setting(
    key: &'static str,
    variable: &'static str,
    flag: &'static str,
    fallback: Fallback,
    help: &'static str,
) -> Setting {
    Setting { key, variable, flag, fallback, help, secret: false }
}

impl Setting {
    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Whether its flag may stand alone (`--log-sql`).
    pub fn is_switch(&self) -> bool {
        matches!(self.fallback, Fixed("true" | "false"))
    }
}

pub(super) static LISTEN: Setting =
    setting("listen", "LATCHKEY_LISTEN", "--listen", Fixed("127.0.0.1:3000"), "Address and port to listen on");
pub(super) static PUBLIC_URL: Setting = setting(
    "public_url",
    "LATCHKEY_PUBLIC_URL",
    "--public-url",
    Derived("http://<listen>"),
    "Where people reach the service, such as https://accounts.example.com",
);
pub(super) static TRUSTED_PROXIES: Setting = setting(
    "trusted_proxies",
    "LATCHKEY_TRUSTED_PROXIES",
    "--trusted-proxies",
    Derived("none"),
    "Proxies whose X-Forwarded-For is believed: each one's address, such as 127.0.0.1, or networks",
);
pub(super) static DATA: Setting =
    setting("data", "LATCHKEY_DATA", "--data", Fixed("./data"), "Folder for the database and generated secrets");
pub(super) static ENV: Setting =
    setting("env", "LATCHKEY_ENV", "--env", Fixed("development"), "development (loopback only) or production (strict)");
pub(super) static DATABASE_URL: Setting = setting(
    "database_url",
    "DATABASE_URL",
    "--database-url",
    Derived("latchkey.db in the data folder"),
    "Database: sqlite:///./latchkey.db (four slashes for an absolute path), postgres://… or mysql://…",
);
pub(super) static DATABASE_HOST: Setting = setting(
    "database_host",
    "LATCHKEY_DATABASE_HOST",
    "--database-host",
    Derived("that of DATABASE_URL"),
    "Database server's name or address, or the path of its socket, for a DATABASE_URL such as postgres://",
);
pub(super) static DATABASE_PORT: Setting = setting(
    "database_port",
    "LATCHKEY_DATABASE_PORT",
    "--database-port",
    Derived("5432 or 3306"),
    "Database server's port",
);
pub(super) static DATABASE_USER: Setting = setting(
    "database_user",
    "LATCHKEY_DATABASE_USER",
    "--database-user",
    Derived("that of DATABASE_URL"),
    "Who latchkey is at the database server",
);
pub(super) static DATABASE_PASSWORD: Setting = setting(
    "database_password",
    "LATCHKEY_DATABASE_PASSWORD",
    "--database-password",
    Derived("that of DATABASE_URL"),
    "The password there, any characters as they are; better in a variable or file",
)
.secret();
pub(super) static DATABASE_NAME: Setting = setting(
    "database_name",
    "LATCHKEY_DATABASE_NAME",
    "--database-name",
    Derived("that of DATABASE_URL"),
    "The database's name at the server",
);
pub(super) static DATABASE_TLS: Setting = setting(
    "database_tls",
    "LATCHKEY_DATABASE_TLS",
    "--database-tls",
    Derived("verify; off on this machine"),
    "The way to the database server: verify (encrypted, its certificate checked) or off",
);
pub(super) static DATABASE_CA: Setting = setting(
    "database_ca",
    "LATCHKEY_DATABASE_CA",
    "--database-ca",
    Derived("public ones"),
    "File (PEM) with the authority of the database server's certificate",
);
pub(super) static DATABASE_POOL: Setting = setting(
    "database_pool",
    "LATCHKEY_DATABASE_POOL",
    "--database-pool",
    Fixed("10"),
    "Connections to the database server that are opened at the start, 1 to 500",
);
pub(super) static DATABASE_OVERFLOW: Setting = setting(
    "database_overflow",
    "LATCHKEY_DATABASE_OVERFLOW",
    "--database-overflow",
    Fixed("10"),
    "Connections that are opened besides under load, 0 to 500",
);
pub(super) static DATABASE_PRE_PING: Setting = setting(
    "database_pre_ping",
    "LATCHKEY_DATABASE_PRE_PING",
    "--database-pre-ping",
    Fixed("true"),
    "Whether a connection to the server is tried before it is used",
);
pub(super) static DATABASE_TIMEOUT: Setting = setting(
    "database_timeout",
    "LATCHKEY_DATABASE_TIMEOUT",
    "--database-timeout",
    Fixed("5"),
    "Seconds that a statement may take at the database server, 1 to 60",
);
pub(super) static SECRET_KEY: Setting = setting(
    "secret_key",
    "SECRET_KEY",
    "--secret-key",
    Derived("generated in development"),
    "Root of every key, such as 64 random hexadecimal digits; better in a variable or file, flags show in the process list",
)
.secret();
pub(super) static SECRET_KEY_FALLBACKS: Setting = setting(
    "secret_key_fallbacks",
    "SECRET_KEY_FALLBACKS",
    "--secret-key-fallbacks",
    Derived("none"),
    "Other secrets that are believed while SECRET_KEY is being changed, separated by commas",
)
.secret();
pub(super) static ALGORITHM: Setting =
    setting("algorithm", "ALGORITHM", "--algorithm", Fixed("EdDSA"), "Signs access tokens: EdDSA, ES256, RS256, HS256");
pub(super) static ACCESS_MINUTES: Setting = setting(
    "access_token_expire_minutes",
    "ACCESS_TOKEN_EXPIRE_MINUTES",
    "--access-token-expire-minutes",
    Fixed("10"),
    "How long an access token lives, 1 to 60 minutes",
);
pub(super) static SIGN_UP: Setting =
    setting("sign_up", "LATCHKEY_SIGN_UP", "--sign-up", Fixed("open"), "Whether anyone may register: open or closed");
pub(super) static LANGUAGE: Setting =
    setting("language", "LATCHKEY_LANGUAGE", "--language", Fixed("en"), "For who asks for no other: en or ru");
pub(super) static PRODUCT_NAME: Setting = setting(
    "product_name",
    "LATCHKEY_PRODUCT_NAME",
    "--product-name",
    Fixed("Latchkey"),
    "What the site is called on its screens",
);
pub(super) static LOGO: Setting = setting(
    "logo",
    "LATCHKEY_LOGO",
    "--logo",
    Derived("a key"),
    "File with the site's mark, best a square: SVG, PNG, WebP or JPEG of up to 64 KiB",
);
pub(super) static ACCENT: Setting = setting(
    "accent",
    "LATCHKEY_ACCENT",
    "--accent",
    Derived("green"),
    "Colour of links and buttons, such as #1f5f58; made darker or lighter where it could not be read",
);
pub(super) static TERMS_URL: Setting = setting(
    "terms_url",
    "LATCHKEY_TERMS_URL",
    "--terms-url",
    Derived("none"),
    "Your terms, linked at the foot of every page: an address, or a path on this site",
);
pub(super) static PRIVACY_URL: Setting =
    setting("privacy_url", "LATCHKEY_PRIVACY_URL", "--privacy-url", Derived("none"), "Your privacy policy, likewise");
pub(super) static PASSWORD_TOKENS: Setting = setting(
    "password_tokens",
    "LATCHKEY_PASSWORD_TOKENS",
    "--password-tokens",
    Fixed("true"),
    "Whether POST /token gives tokens for a password",
);
pub(super) static CORS_ORIGINS: Setting = setting(
    "cors_origins",
    "LATCHKEY_CORS_ORIGINS",
    "--cors-origins",
    Derived("none"),
    "Other sites whose scripts may use the REST API, such as https://app.example.com",
);
pub(super) static ROLES: Setting = setting(
    "roles",
    "LATCHKEY_ROLES",
    "--roles",
    Derived("none"),
    "Roles that may be given besides admin, such as editor,viewer; everybody has the role user",
);
pub(super) static DOCS: Setting = setting(
    "docs",
    "LATCHKEY_DOCS",
    "--docs",
    Derived("true in development"),
    "Whether /docs, /redoc and /openapi.json are served",
);
pub(super) static REFRESH_GRACE: Setting = setting(
    "refresh_grace",
    "LATCHKEY_REFRESH_GRACE",
    "--refresh-grace",
    Fixed("10"),
    "Seconds in which a repeated refresh gets the same refresh token again, 0 to 60",
);
pub(super) static SESSION_IDLE_HOURS: Setting = setting(
    "session_idle_hours",
    "LATCHKEY_SESSION_IDLE_HOURS",
    "--session-idle-hours",
    Fixed("24"),
    "Hours after which a browser that was not used is signed out, 1 to 720",
);
pub(super) static SESSION_KEPT_DAYS: Setting = setting(
    "session_kept_days",
    "LATCHKEY_SESSION_KEPT_DAYS",
    "--session-kept-days",
    Fixed("14"),
    "The same in days for who wishes to stay signed in, 1 to 90",
);
pub(super) static SESSION_API_DAYS: Setting = setting(
    "session_api_days",
    "LATCHKEY_SESSION_API_DAYS",
    "--session-api-days",
    Fixed("7"),
    "The same in days for a client of the REST API, 1 to 90",
);
pub(super) static SESSION_MAX_DAYS: Setting = setting(
    "session_max_days",
    "LATCHKEY_SESSION_MAX_DAYS",
    "--session-max-days",
    Fixed("90"),
    "Days after which everybody signs in anew, however busy they were, 1 to 365",
);
pub(super) static PASSWORD_MIN_LENGTH: Setting = setting(
    "password_min_length",
    "LATCHKEY_PASSWORD_MIN_LENGTH",
    "--password-min-length",
    Fixed("8"),
    "Shortest new password, 8 to 64 characters; 15 is advised in production",
);
pub(super) static SIGN_IN_ATTEMPTS: Setting = setting(
    "sign_in_attempts",
    "LATCHKEY_SIGN_IN_ATTEMPTS",
    "--sign-in-attempts",
    Fixed("10"),
    "Wrong passwords in a row before an account is locked for a while, 3 to 50",
);
pub(super) static SOURCE_ATTEMPTS: Setting = setting(
    "source_attempts",
    "LATCHKEY_SOURCE_ATTEMPTS",
    "--source-attempts",
    Fixed("20"),
    "Wrong passwords, and registrations, from one address in ten minutes, 5 to 100000",
);
pub(super) static HASH_MEMORY_KIB: Setting = setting(
    "hash_memory_kib",
    "LATCHKEY_HASH_MEMORY_KIB",
    "--hash-memory-kib",
    Fixed("19456"),
    "Memory of one password hash, 19456 to 1048576 KiB",
);
pub(super) static HASH_ITERATIONS: Setting = setting(
    "hash_iterations",
    "LATCHKEY_HASH_ITERATIONS",
    "--hash-iterations",
    Fixed("2"),
    "Passes of one password hash, 2 to 16",
);
pub(super) static HASH_PERMITS: Setting = setting(
    "hash_permits",
    "LATCHKEY_HASH_PERMITS",
    "--hash-permits",
    Derived("the number of cores"),
    "Password hashes at the same time, 1 to 64",
);
pub(super) static LOG: Setting =
    setting("log", "LATCHKEY_LOG", "--log", Fixed("info"), "What to log: a level, or a filter such as latchkey=debug");
pub(super) static LOG_SQL: Setting =
    setting("log_sql", "LATCHKEY_LOG_SQL", "--log-sql", Fixed("false"), "Log SQL statements, without their values");

/// Every setting, in the order in which help and documentation list them.
pub static SETTINGS: [&Setting; 45] = [
    &LISTEN,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &DATA,
    &ENV,
    &DATABASE_URL,
    &DATABASE_HOST,
    &DATABASE_PORT,
    &DATABASE_USER,
    &DATABASE_PASSWORD,
    &DATABASE_NAME,
    &DATABASE_TLS,
    &DATABASE_CA,
    &DATABASE_POOL,
    &DATABASE_OVERFLOW,
    &DATABASE_PRE_PING,
    &DATABASE_TIMEOUT,
    &SECRET_KEY,
    &SECRET_KEY_FALLBACKS,
    &ALGORITHM,
    &ACCESS_MINUTES,
    &SIGN_UP,
    &LANGUAGE,
    &PRODUCT_NAME,
    &LOGO,
    &ACCENT,
    &TERMS_URL,
    &PRIVACY_URL,
    &PASSWORD_TOKENS,
    &CORS_ORIGINS,
    &DOCS,
    &ROLES,
    &REFRESH_GRACE,
    &SESSION_IDLE_HOURS,
    &SESSION_KEPT_DAYS,
    &SESSION_API_DAYS,
    &SESSION_MAX_DAYS,
    &PASSWORD_MIN_LENGTH,
    &SIGN_IN_ATTEMPTS,
    &SOURCE_ATTEMPTS,
    &HASH_MEMORY_KIB,
    &HASH_ITERATIONS,
    &HASH_PERMITS,
    &LOG,
    &LOG_SQL,
];
