//! The values as text, each with the place that it came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::error::{ConfigError, one_line};
use super::file::Access;
use super::settings::{self, Fallback, SETTINGS, Setting};

/// Where a value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This settings file.
    File(PathBuf),
    /// `.env` in the current folder.
    DotEnv,
    /// An environment variable.
    Environment,
    /// The command line.
    Flag,
}

/// Every value that is set or has a fixed default. All are held as secrets: a password may stand in any of them.
#[derive(Debug)]
pub struct Values {
    set: BTreeMap<&'static str, (SecretString, Origin)>,
    /// Files that hold a secret and that every user of the machine may open, even when a stronger layer wins.
    exposed: Vec<PathBuf>,
}

/// A line of `latchkey config`.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value, or what stands for it; "(set)" for a secret.
    pub shown: String,
    /// Where it came from.
    pub origin: Origin,
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Setting {}

impl Values {
    pub(super) fn defaults() -> Self {
        let fixed = SETTINGS.iter().filter_map(|setting| match setting.fallback {
            Fallback::Fixed(text) => Some((setting.key, (SecretString::from(text), Origin::Default))),
            Fallback::Derived(_) => None,
        });
        Self { set: fixed.collect(), exposed: Vec::new() }
    }

    /// Later calls win, so layers are applied from the weakest to the strongest.
    pub(super) fn set(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.set.insert(setting.key, (SecretString::from(text), origin));
    }

    /// Notes that the file at `path` sets `setting`; it matters when that is a secret.
    pub(super) fn note_access(&mut self, setting: &Setting, path: &Path, access: Access) {
        if setting.secret && access == Access::Everybody {
            self.exposed.push(path.to_owned());
        }
    }

    /// What to do about each file that gives a secret away.
    pub(super) fn exposures(&self) -> impl Iterator<Item = ConfigError> + '_ {
        self.exposed.iter().map(|path| ConfigError::Exposed { path: path.clone() })
    }

    /// The value, or none for a derived default.
    pub(super) fn get(&self, setting: &Setting) -> Option<&str> {
        self.set.get(setting.key).map(|(text, _)| text.expose_secret())
    }

    /// Where the value of `setting` came from.
    pub fn origin(&self, setting: &Setting) -> Origin {
        self.set.get(setting.key).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    /// Whether nobody has set what is logged.
    pub fn is_log_default(&self) -> bool {
        self.origin(&settings::LOG) == Origin::Default
    }

    /// All settings in the table's order, fit for a screen.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        SETTINGS.iter().map(|setting| {
            let shown = match (self.get(setting), setting.fallback) {
                (Some(_), _) if setting.secret => "(set)".to_owned(),
                (Some(text), _) => one_line(without_password(text)),
                (None, Fallback::Fixed(text) | Fallback::Derived(text)) => text.to_owned(),
            };
            Row { setting, shown, origin: self.origin(setting) }
        })
    }

    /// An empty value is usually a variable that was forgotten in a deployment, never a wish.
    pub(super) fn refuse_empty(&self) -> Result<(), ConfigError> {
        let is_empty = |setting: &&&'static Setting| self.get(setting).is_some_and(|text| text.trim().is_empty());
        match SETTINGS.iter().find(is_empty) {
            Some(setting) => Err(self.invalid(setting, "is empty; give it a value or remove it")),
            None => Ok(()),
        }
    }

    /// An error about `setting` under the name by which it was set.
    pub(super) fn invalid(&self, setting: &Setting, problem: impl Into<String>) -> ConfigError {
        let name = match self.origin(setting) {
            Origin::Default | Origin::Environment => setting.variable.to_owned(),
            Origin::DotEnv => format!("{} in .env", setting.variable),
            Origin::File(path) => format!("{} in {}", setting.key, one_line(path)),
            Origin::Flag => setting.flag.to_owned(),
        };
        ConfigError::Invalid { name, problem: problem.into() }
    }
}

/// A URL without the password that it may carry. Cut at the last `@`, because a password may hold one, or a `/`.
fn without_password(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let mark = if scheme.is_empty() { "" } else { "://" };
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) if !scheme.is_empty() || user.contains(':') => format!("***@{host}"),
        _ => rest.to_owned(),
    };
    match rest.split_once('?') {
        Some((address, _)) if !scheme.is_empty() => format!("{scheme}{mark}{address}?***"),
        _ => format!("{scheme}{mark}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn cfg_3_a_password_in_a_url_is_not_shown() {
        for (text, shown) in [
            ("postgresql://user:hush@host/db", "postgresql://***@host/db"),
            ("postgresql://user:hu@sh/x@host/db", "postgresql://***@host/db"),
            ("mysql+pymysql://host/db?password=hush", "mysql+pymysql://host/db?***"),
            ("me:hush@host", "***@host"),
            ("sqlite:///./latchkey.db", "sqlite:///./latchkey.db"),
            ("/srv/a@b", "/srv/a@b"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
