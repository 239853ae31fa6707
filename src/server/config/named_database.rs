//! A database that is named on the command line, as `DATABASE_URL` names the one of the settings.

use std::path::Path;

use super::DatabaseUrl;
use super::database_url::WrittenUrl;

impl DatabaseUrl {
    /// Reads what is written as `DATABASE_URL` is; relative paths start at `current_dir`.
    ///
    /// # Errors
    /// What is wrong, to be put behind the argument's name. Never quotes the URL: it may hold a password.
    pub fn named(text: &str, current_dir: &Path) -> Result<Self, String> {
        match WrittenUrl::parse(text, current_dir)? {
            WrittenUrl::Sqlite(file) => Ok(Self::Sqlite(file)),
            WrittenUrl::Server(kind, parts) => {
                let server = parts.complete(kind).map_err(|missing| format!("names no {}; add it", missing.0))?;
                Ok(Self::Server(server))
            }
        }
    }
}
