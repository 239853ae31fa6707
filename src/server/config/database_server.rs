//! The address of a database server: from `DATABASE_URL`, or in parts of their own, where no character needs to be escaped.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

use super::database_url::absolute;

/// Which protocol a database server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// PostgreSQL, and what speaks like it.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl ServerKind {
    const fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::MySql => 3306,
        }
    }
}

/// How the way to a database server is kept safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseTls {
    /// It is not: the server is on this machine, or the operator has said so.
    Off,
    /// Encrypted, and the server proves by its certificate that it is the one of that name. Its authority is one that browsers
    /// know, or stands in this file (PEM).
    Verify(Option<PathBuf>),
}

/// A database server and who comes to it.
#[derive(Debug, Clone)]
pub struct DatabaseServer {
    /// What it speaks.
    pub kind: ServerKind,
    /// Its name or address, or the path of its socket (PostgreSQL: of the socket's folder).
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who comes.
    pub user: String,
    /// Their password.
    pub password: Option<SecretString>,
    /// The database.
    pub name: String,
    /// How safely.
    pub tls: DatabaseTls,
}

/// For messages: without user and password.
impl fmt::Display for DatabaseServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, host, port, name, .. } = self;
        write!(formatter, "{}://{}:{port}/{name}", kind.scheme(), in_brackets(host))
    }
}

/// Those parts of a server's address that are written in one place.
#[derive(Debug, Default)]
pub struct ServerParts {
    /// See [`DatabaseServer`], as all of these.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Who comes.
    pub user: Option<String>,
    /// Their password.
    pub password: Option<SecretString>,
    /// The database.
    pub name: Option<String>,
    /// Whether the server's certificate is asked for.
    pub verify: Option<bool>,
    /// A file with the authorities that are believed.
    pub ca: Option<PathBuf>,
}

const SHAPE: &str = "must look like postgres://user:password@host:5432/database; what is no letter or digit in a name or password is written as %XX, or the parts in settings of their own, such as LATCHKEY_DATABASE_PASSWORD";
const PORT: &str = "has a port that is no number from 1 to 65535";
const OPTIONS: &str = "may have only these options after ?: sslmode, sslrootcert, host (PostgreSQL) or ssl-mode, ssl-ca, unix_socket, charset (MySQL)";
const SSL_MODE: &str = "must have sslmode=verify-full or sslmode=disable (MySQL: ssl-mode=VERIFY_IDENTITY or DISABLED): anything between lets somebody on the way pose as the database";
const CHARSET: &str = "must have charset=utf8mb4 or none";

impl ServerParts {
    /// Reads what follows `scheme:`.
    pub(super) fn parse(rest: &str, current_dir: &Path) -> Result<Self, &'static str> {
        let rest = rest.strip_prefix("//").ok_or(SHAPE)?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = credentials.split_once(':').map_or((credentials, None), |(user, key)| (user, Some(key)));
        // A stray part of a password with such a character in it would be looked for as a database of that name.
        if name.contains(['/', '@']) || rest.contains('#') {
            return Err(SHAPE);
        }
        let (host, port) = host_and_port(address)?;
        let mut parts = Self {
            host: text(host)?,
            port,
            user: text(user)?,
            password: password.map(decoded).transpose()?.map(|password| SecretString::from(&*password)),
            name: text(name)?,
            ..Self::default()
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').ok_or(OPTIONS)?;
            parts.take_option(&decoded(name)?, &decoded(value)?, current_dir)?;
        }
        Ok(parts)
    }

    fn take_option(&mut self, name: &str, value: &str, current_dir: &Path) -> Result<(), &'static str> {
        match name {
            "sslmode" | "ssl-mode" | "ssl_mode" => {
                self.verify = Some(match value.to_ascii_lowercase().replace('_', "-").as_str() {
                    "verify-full" | "verify-identity" => true,
                    "disable" | "disabled" => false,
                    _ => return Err(SSL_MODE),
                });
            }
            "sslrootcert" | "ssl-ca" | "ssl_ca" => self.ca = Some(absolute(current_dir, Path::new(value))),
            "host" | "unix_socket" | "socket" if value.starts_with('/') && self.host.is_none() => {
                self.host = Some(value.to_owned());
            }
            "charset" if value.eq_ignore_ascii_case("utf8mb4") => {}
            "charset" => return Err(CHARSET),
            _ => return Err(OPTIONS),
        }
        Ok(())
    }

    /// The address, if all that is needed is there.
    pub(super) fn complete(self, kind: ServerKind) -> Result<DatabaseServer, Missing> {
        let host = self.host.ok_or(Missing("host", "LATCHKEY_DATABASE_HOST"))?;
        let user = self.user.ok_or(Missing("user", "LATCHKEY_DATABASE_USER"))?;
        let name = self.name.ok_or(Missing("database", "LATCHKEY_DATABASE_NAME"))?;
        let verify = self.verify.unwrap_or_else(|| self.ca.is_some() || !is_on_this_machine(&host));
        let tls = if verify { DatabaseTls::Verify(self.ca) } else { DatabaseTls::Off };
        let port = self.port.unwrap_or_else(|| kind.default_port());
        Ok(DatabaseServer { kind, host, port, user, password: self.password, name, tls })
    }
}

/// A part of the address that stands nowhere: what it is, and the setting for it.
#[derive(Debug)]
pub(super) struct Missing(pub(super) &'static str, pub(super) &'static str);

impl DatabaseServer {
    /// The same, as sqlx reads it. It holds the password.
    pub(crate) fn url(&self) -> SecretString {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let password = self.password.as_ref().map(|password| format!(":{}", escaped(password.expose_secret())));
        let mut options = match (self.kind, &self.tls) {
            (ServerKind::Postgres, DatabaseTls::Off) => "sslmode=disable".to_owned(),
            (ServerKind::Postgres, DatabaseTls::Verify(_)) => "sslmode=verify-full".to_owned(),
            (ServerKind::MySql, DatabaseTls::Off) => "ssl-mode=DISABLED".to_owned(),
            (ServerKind::MySql, DatabaseTls::Verify(_)) => "ssl-mode=VERIFY_IDENTITY".to_owned(),
        };
        if let DatabaseTls::Verify(Some(ca)) = &self.tls {
            options += &format!("&ssl-ca={}", escaped(&ca.to_string_lossy()));
        }
        let host = if is_socket(&self.host) {
            let option = if self.kind == ServerKind::Postgres { "host" } else { "socket" };
            options += &format!("&{option}={}", escaped(&self.host));
            Cow::Borrowed("localhost")
        } else {
            in_brackets(&self.host)
        };
        let (scheme, user, port, name) = (self.kind.scheme(), escaped(&self.user), self.port, escaped(&self.name));
        let password = password.unwrap_or_default();
        SecretString::from(format!("{scheme}://{user}{password}@{host}:{port}/{name}?{options}"))
    }

    /// Whether what is sent to it leaves this machine as it is.
    pub(super) fn is_readable_on_the_way(&self) -> bool {
        self.tls == DatabaseTls::Off && !is_on_this_machine(&self.host)
    }
}

fn host_and_port(address: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(SHAPE)?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or(SHAPE)?) })
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(|port| port.parse().ok().filter(|port| *port != 0).ok_or(PORT)).transpose()?;
    Ok((host, port))
}

fn decoded(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let is_broken = text.match_indices('%').any(|(at, _)| {
        let digits = text.get(at + 1..at + 3);
        !digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    });
    if is_broken { Err(SHAPE) } else { percent_decode_str(text).decode_utf8().map_err(|_| SHAPE) }
}

/// None for an empty part.
fn text(part: &str) -> Result<Option<String>, &'static str> {
    Ok(Some(decoded(part)?.into_owned()).filter(|text| !text.is_empty()))
}

fn in_brackets(host: &str) -> Cow<'_, str> {
    if host.contains(':') { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) }
}

fn is_socket(host: &str) -> bool {
    host.starts_with('/')
}

fn is_on_this_machine(host: &str) -> bool {
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    is_loopback || is_socket(host) || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(kind: ServerKind, rest: &str) -> DatabaseServer {
        ServerParts::parse(rest, Path::new("/here")).unwrap().complete(kind).unwrap()
    }

    fn url(kind: ServerKind, rest: &str) -> String {
        server(kind, rest).url().expose_secret().to_owned()
    }

    #[test]
    fn an_address_comes_through_with_all_of_its_characters() {
        let server = server(ServerKind::Postgres, "//us%40er:p%2Fa%3As%25%20%C3%A9@[::1]:5433/da%20ta");
        assert_eq!((server.host.as_str(), server.port), ("::1", 5433));
        assert_eq!((server.user.as_str(), server.name.as_str()), ("us@er", "da ta"));
        assert_eq!(server.password.as_ref().unwrap().expose_secret(), "p/a:s% é");
        assert_eq!(
            server.url().expose_secret(),
            "postgres://us%40er:p%2Fa%3As%25%20%C3%A9@[::1]:5433/da%20ta?sslmode=disable"
        );
        assert_eq!(server.to_string(), "postgres://[::1]:5433/da ta");
        assert!(!format!("{server:?}").contains("p/a"), "{server:?}");
    }

    #[test]
    fn the_server_is_verified_unless_it_is_on_this_machine_or_somebody_says_otherwise() {
        use ServerKind::{MySql, Postgres};
        for (kind, rest, end) in [
            (Postgres, "//u@db.example.com/d", "db.example.com:5432/d?sslmode=verify-full"),
            (MySql, "//u@db.example.com/d", "db.example.com:3306/d?ssl-mode=VERIFY_IDENTITY"),
            (MySql, "//u@10.0.0.7/d?charset=utf8mb4", "10.0.0.7:3306/d?ssl-mode=VERIFY_IDENTITY"),
            (Postgres, "//u@db.example.com/d?sslmode=disable", "/d?sslmode=disable"),
            (Postgres, "//u@127.0.0.1/d", "/d?sslmode=disable"),
            (Postgres, "//u@localhost/d", "/d?sslmode=disable"),
            (MySql, "//u@127.8.0.1/d?ssl-mode=VERIFY_IDENTITY", "/d?ssl-mode=VERIFY_IDENTITY"),
            (Postgres, "//u@127.0.0.1/d?sslrootcert=ca.pem", "/d?sslmode=verify-full&ssl-ca=%2Fhere%2Fca%2Epem"),
            (Postgres, "//u@/d?host=/run/postgresql", "/d?sslmode=disable&host=%2Frun%2Fpostgresql"),
            (MySql, "//u@/d?unix_socket=/run/my.sock", "/d?ssl-mode=DISABLED&socket=%2Frun%2Fmy%2Esock"),
        ] {
            let url = url(kind, rest);
            assert!(url.ends_with(end), "{rest}: {url}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for rest in [
            "u@h/d",
            "//u:p/w@h/d",
            "//u:p#w@h/d",
            "//u:p%w@h/d",
            "//u@h:0/d",
            "//u@h:port/d",
            "//u@[::1/d",
            "//u@h/a/b",
            "//u@h/d?sslmode=require",
            "//u@h/d?sslmode=prefer",
            "//u@h/d?charset=latin1",
            "//u@h/d?pool_size=5",
            "//u@h/d?host=elsewhere",
            "//u@h/d?host=/run",
        ] {
            assert!(ServerParts::parse(rest, Path::new("/here")).is_err(), "{rest}");
        }
        for rest in ["//", "//u@", "//u@h", "//u@h/", "//h/d"] {
            let parts = ServerParts::parse(rest, Path::new("/here")).unwrap();
            assert!(parts.complete(ServerKind::MySql).is_err(), "{rest}");
        }
    }
}
