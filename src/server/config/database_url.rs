//! `DATABASE_URL`, read as SQLAlchemy reads it, because the tutorial's readers bring theirs.

use std::path::{Path, PathBuf};

/// Where accounts are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An SQLite file, absolute.
    Sqlite(PathBuf),
}

const LATER: &str = "names a database server; PostgreSQL and MySQL come in a later version; use sqlite, such as sqlite:///./latchkey.db";
const UNKNOWN: &str = "has an unknown kind of database; use sqlite, such as sqlite:///./latchkey.db";
const MEMORY: &str = "asks for a database in memory, which would lose every account at exit; name a file, such as sqlite:///./latchkey.db";
const OPTIONS: &str = "must not have options after ?; latchkey sets SQLite's options itself";
const NO_FILE: &str = "must name a file, such as sqlite:///./latchkey.db";

impl DatabaseUrl {
    /// Reads the URL; relative paths start at `current_dir`. Three slashes are relative, four absolute.
    ///
    /// # Errors
    /// What is wrong, to be put behind the setting's name. Never quotes the URL: it may hold a password.
    pub fn parse(text: &str, current_dir: &Path) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once(':').ok_or(UNKNOWN)?;
        let scheme = scheme.to_ascii_lowercase();
        // `dialect+driver`: the driver is Python's business.
        match scheme.split('+').next().unwrap_or_default() {
            "sqlite" => sqlite_path(rest, current_dir).map(Self::Sqlite),
            "postgresql" | "postgres" | "mysql" | "mariadb" => Err(LATER),
            _ => Err(UNKNOWN),
        }
    }
}

fn sqlite_path(rest: &str, current_dir: &Path) -> Result<PathBuf, &'static str> {
    // `//` opens the (empty) host, the next `/` closes it; what follows is the path.
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix('/').unwrap_or(rest),
        None => rest,
    };
    if path.is_empty() || path.contains(":memory:") || path.contains("mode=memory") {
        return Err(MEMORY);
    }
    if path.contains('?') {
        return Err(OPTIONS);
    }
    let is_folder = path.ends_with('/') || path.ends_with("/.") || Path::new(path).file_name().is_none();
    if is_folder || path.contains('\0') {
        return Err(NO_FILE);
    }
    Ok(absolute(current_dir, Path::new(path)))
}

/// `path` as seen from `current_dir`, without `.` parts. `..` stays: a symbolic link may give it another meaning.
pub(super) fn absolute(current_dir: &Path, path: &Path) -> PathBuf {
    current_dir.join(path).components().collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{DatabaseUrl, LATER, MEMORY, OPTIONS};

    fn parse(text: &str) -> Result<DatabaseUrl, &'static str> {
        DatabaseUrl::parse(text, Path::new("/here"))
    }

    #[test]
    fn sqlite_urls_mean_what_the_tutorial_means() {
        for (written, path) in [
            ("sqlite:///./test.db", "/here/test.db"),
            ("sqlite:///test.db", "/here/test.db"),
            ("sqlite:///a/b.db", "/here/a/b.db"),
            ("sqlite:///../b.db", "/here/../b.db"),
            ("sqlite:////var/lib/x.db", "/var/lib/x.db"),
            ("sqlite:test.db", "/here/test.db"),
            ("sqlite://test.db", "/here/test.db"),
            ("sqlite:/var/x.db", "/var/x.db"),
            ("sqlite+aiosqlite:///./test.db", "/here/test.db"),
            ("SQLite:///test.db", "/here/test.db"),
        ] {
            assert_eq!(parse(written), Ok(DatabaseUrl::Sqlite(path.into())), "{written}");
        }
    }

    #[test]
    fn a_database_in_memory_is_refused() {
        for written in
            ["sqlite:", "sqlite://", "sqlite:///", "sqlite::memory:", "sqlite://:memory:", "sqlite:///:memory:"]
        {
            assert_eq!(parse(written), Err(MEMORY), "{written}");
        }
        assert_eq!(parse("sqlite:///x.db?mode=rwc"), Err(OPTIONS));
    }

    #[test]
    fn database_servers_are_recognised_and_announced() {
        for written in [
            "postgresql://user:password@localhost/dbname",
            "postgres://h/d",
            "mysql://h/d",
            "mysql+pymysql://user:password@localhost/dbname",
            "postgresql+psycopg2://h/d",
            "mariadb://h/d",
            "mariadb+mariadbconnector://h/d",
        ] {
            assert_eq!(parse(written), Err(LATER), "{written}");
        }
    }

    #[test]
    fn other_urls_and_folders_are_refused() {
        for written in
            ["", "test.db", "./test.db", "oracle://h/d", "file:x.db", "sqlite:///./", "sqlite:///a/..", "sqlite:////"]
        {
            assert!(parse(written).is_err(), "{written} was accepted");
        }
    }
}
