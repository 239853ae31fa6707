//! `DATABASE_URL`, read as SQLAlchemy reads it, because the tutorial's readers bring theirs.

use std::path::{Path, PathBuf};

use super::database_server::{DatabaseServer, ServerKind, ServerParts};

/// Where accounts are kept.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// An SQLite file, absolute.
    Sqlite(PathBuf),
    /// A database server.
    Server(DatabaseServer),
}

impl DatabaseUrl {
    /// The file, if it is one.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Server(_) => None,
        }
    }
}

/// What a URL says; of a server's address some may stand in other settings.
#[derive(Debug)]
pub enum WrittenUrl {
    /// An SQLite file, absolute.
    Sqlite(PathBuf),
    /// Some of a database server's address.
    Server(ServerKind, ServerParts),
}

pub(super) const UNKNOWN: &str =
    "has an unknown kind of database; use sqlite, postgres or mysql, such as sqlite:///./latchkey.db";
const MEMORY: &str = "asks for a database in memory, which would lose every account at exit; name a file, such as sqlite:///./latchkey.db";
const OPTIONS: &str = "must not have options after ?; latchkey sets SQLite's options itself";
const NO_FILE: &str = "must name a file, such as sqlite:///./latchkey.db";

impl WrittenUrl {
    /// Reads the URL; relative paths start at `current_dir`. Three slashes are relative, four absolute.
    ///
    /// # Errors
    /// What is wrong, to be put behind the setting's name. Never quotes the URL: it may hold a password.
    pub fn parse(text: &str, current_dir: &Path) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once(':').ok_or(UNKNOWN)?;
        let scheme = scheme.to_ascii_lowercase();
        // `dialect+driver`: the driver is Python's business.
        let kind = match scheme.split('+').next().unwrap_or_default() {
            "sqlite" => return sqlite_path(rest, current_dir).map(Self::Sqlite),
            "postgresql" | "postgres" => ServerKind::Postgres,
            "mysql" | "mariadb" => ServerKind::MySql,
            _ => return Err(UNKNOWN),
        };
        Ok(Self::Server(kind, ServerParts::parse(rest, current_dir)?))
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

    use super::{MEMORY, OPTIONS, ServerKind, WrittenUrl};

    fn parse(text: &str) -> Result<WrittenUrl, &'static str> {
        WrittenUrl::parse(text, Path::new("/here"))
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
            assert!(matches!(parse(written), Ok(WrittenUrl::Sqlite(file)) if file == Path::new(path)), "{written}");
        }
    }

    #[test]
    fn a_database_in_memory_is_refused() {
        for written in
            ["sqlite:", "sqlite://", "sqlite:///", "sqlite::memory:", "sqlite://:memory:", "sqlite:///:memory:"]
        {
            assert_eq!(parse(written).unwrap_err(), MEMORY, "{written}");
        }
        assert_eq!(parse("sqlite:///x.db?mode=rwc").unwrap_err(), OPTIONS);
    }

    #[test]
    fn the_kind_of_a_server_is_told_by_its_scheme() {
        for (written, expected) in [
            ("postgresql://user:password@localhost/dbname", ServerKind::Postgres),
            ("postgres://h/d", ServerKind::Postgres),
            ("postgresql+psycopg2://h/d", ServerKind::Postgres),
            ("postgres://", ServerKind::Postgres),
            ("mysql://h/d", ServerKind::MySql),
            ("mysql+pymysql://user:password@localhost/dbname", ServerKind::MySql),
            ("mariadb://h/d", ServerKind::MySql),
            ("mariadb+mariadbconnector://h/d", ServerKind::MySql),
        ] {
            assert!(matches!(parse(written), Ok(WrittenUrl::Server(kind, _)) if kind == expected), "{written}");
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
