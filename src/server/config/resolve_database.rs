//! The settings of the database: `DATABASE_URL`, and a server's address in parts.

use std::path::Path;

use secrecy::SecretString;

use super::database_server::ServerParts;
use super::database_url::{WrittenUrl, absolute};
use super::resolve::{Resolver, choice};
use super::settings::{self, Setting};
use super::{ConfigError, DatabaseServer, DatabaseUrl, PoolSettings, ServerKind};

/// The settings that only a server has.
const PARTS: [&Setting; 7] = [
    &settings::DATABASE_HOST,
    &settings::DATABASE_PORT,
    &settings::DATABASE_USER,
    &settings::DATABASE_PASSWORD,
    &settings::DATABASE_NAME,
    &settings::DATABASE_TLS,
    &settings::DATABASE_CA,
];

impl Resolver<'_> {
    pub(super) fn database(&mut self, data: &Path) -> Result<DatabaseUrl, ConfigError> {
        let setting = &settings::DATABASE_URL;
        let written = match self.values.get(setting) {
            Some(text) => {
                WrittenUrl::parse(text, self.current_dir).map_err(|problem| self.values.invalid(setting, problem))?
            }
            None => WrittenUrl::Sqlite(data.join("latchkey.db")),
        };
        match written {
            WrittenUrl::Sqlite(file) => match PARTS.iter().find(|part| self.values.get(part).is_some()) {
                Some(part) => {
                    let problem =
                        "is for a database server, and DATABASE_URL names none; set it to postgres:// or mysql://";
                    Err(self.values.invalid(part, problem))
                }
                None => Ok(DatabaseUrl::Sqlite(file)),
            },
            WrittenUrl::Server(kind, parts) => self.server(kind, parts).map(DatabaseUrl::Server),
        }
    }

    fn server(&mut self, kind: ServerKind, url: ServerParts) -> Result<DatabaseServer, ConfigError> {
        let port = match self.values.get(&settings::DATABASE_PORT) {
            Some(_) => Some(self.number(&settings::DATABASE_PORT, 1..=65_535)?),
            None => None,
        };
        let verify = match self.values.get(&settings::DATABASE_TLS) {
            Some(_) => Some(choice(self.values, &settings::DATABASE_TLS, &[("verify", true), ("off", false)])?),
            None => None,
        };
        let text = |setting| self.values.get(setting).map(str::to_owned);
        let parts = ServerParts {
            host: self.once(&settings::DATABASE_HOST, url.host, text(&settings::DATABASE_HOST))?,
            port: self.once(&settings::DATABASE_PORT, url.port, port)?,
            user: self.once(&settings::DATABASE_USER, url.user, text(&settings::DATABASE_USER))?,
            password: self.once(
                &settings::DATABASE_PASSWORD,
                url.password,
                self.values.get(&settings::DATABASE_PASSWORD).map(SecretString::from),
            )?,
            name: self.once(&settings::DATABASE_NAME, url.name, text(&settings::DATABASE_NAME))?,
            verify: self.once(&settings::DATABASE_TLS, url.verify, verify)?,
            ca: self.once(
                &settings::DATABASE_CA,
                url.ca,
                self.values.get(&settings::DATABASE_CA).map(|path| absolute(self.current_dir, Path::new(path))),
            )?,
        };
        let has_useless_ca = parts.ca.is_some() && parts.verify == Some(false);
        if has_useless_ca {
            let problem = "is of no use while TLS is off; remove one of the two settings";
            return Err(self.values.invalid(&settings::DATABASE_CA, problem));
        }
        if let Some(host) = &parts.host
            && !host.starts_with('/')
            && host.contains(|c: char| c.is_whitespace() || "@/?#%".contains(c))
        {
            let own = self.values.get(&settings::DATABASE_HOST);
            let setting = own.map_or(&settings::DATABASE_URL, |_| &settings::DATABASE_HOST);
            let problem = "must have a host's name or address, or the path of a socket, and nothing else there";
            return Err(self.values.invalid(setting, problem));
        }
        let server = parts.complete(kind).map_err(|missing| {
            let problem = format!("names no {}; add it, or set {}", missing.0, missing.1);
            self.values.invalid(&settings::DATABASE_URL, problem)
        })?;
        self.warn_of_flag(&settings::DATABASE_PASSWORD);
        if server.is_readable_on_the_way() {
            self.warnings.push(format!(
                "{server} is spoken to without TLS; who can read or change that network has every account"
            ));
        }
        Ok(server)
    }

    /// The part from the URL or from its own setting; which of two would win is nothing that anybody should have to know.
    fn once<T>(&self, setting: &Setting, url: Option<T>, own: Option<T>) -> Result<Option<T>, ConfigError> {
        match (url, own) {
            (Some(_), Some(_)) => {
                Err(self.values.invalid(setting, "is in DATABASE_URL, too; remove it from one of the two"))
            }
            (url, own) => Ok(url.or(own)),
        }
    }

    pub(super) fn pool(&self) -> Result<PoolSettings, ConfigError> {
        Ok(PoolSettings {
            size: self.number(&settings::DATABASE_POOL, 1..=500)?,
            overflow: self.number(&settings::DATABASE_OVERFLOW, 0..=500)?,
            pre_ping: choice(self.values, &settings::DATABASE_PRE_PING, &[("true", true), ("false", false)])?,
            statement_seconds: self.number(&settings::DATABASE_TIMEOUT, 1..=60)?,
        })
    }
}
