//! Why a database cannot be used.

/// Why the database cannot be used. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none, and this is not the place to make one.
    #[error("there is no database at {database}; is --config or --data missing?")]
    Missing {
        /// The file.
        database: String,
    },
    /// The server has one, with nothing of ours in it.
    #[error("the database {database} is empty; check DATABASE_URL, or start the server, which fills it")]
    Empty {
        /// The server's address.
        database: String,
    },
    /// The file cannot be opened or made, or the server does not answer.
    #[error("cannot open the database {database}: {cause}; {advice}")]
    Unreachable {
        /// The file or the server's address.
        database: String,
        /// What the database said.
        cause: String,
        /// What to do.
        advice: &'static str,
    },
    /// Made by a later version.
    #[error(
        "the database {database} was written by a newer latchkey (schema {version}; this one knows {latest}); start that version or a later one"
    )]
    Newer {
        /// The file or the server's address.
        database: String,
        /// The unknown migration.
        version: i64,
        /// Ours.
        latest: i64,
    },
    /// Made by an earlier version, and not to be changed by the way.
    #[error(
        "the database {database} has an older schema ({version}; this latchkey has {latest}); run: latchkey migrate (with the same --config and --data)"
    )]
    Older {
        /// The file or the server's address.
        database: String,
        /// Its last migration.
        version: i64,
        /// Ours.
        latest: i64,
    },
    /// To be filled, and something is in it.
    #[error(
        "the database {database} is not empty, and nothing is copied over accounts; choose an empty one or a new one"
    )]
    NotEmpty {
        /// The file or the server's address.
        database: String,
    },
    /// Half of a copy.
    #[error(
        "the database {database} holds a copy that was not finished; run the same latchkey db copy or latchkey restore again, which goes on where it was"
    )]
    Unfinished {
        /// The file or the server's address.
        database: String,
    },
    /// A backup, to be kept as it is.
    #[error("{database} is a backup, to be kept as it is; make a database of it with: latchkey restore FILE")]
    Backup {
        /// The file.
        database: String,
    },
    /// No backup.
    #[error("{database} was not made by latchkey backup; other databases are copied by latchkey db copy")]
    NoBackup {
        /// The file.
        database: String,
    },
    /// A backup of an earlier version.
    #[error(
        "the backup {database} has an older schema ({version}; this latchkey has {latest}); restore it with the latchkey that made it, then run: latchkey migrate"
    )]
    OlderBackup {
        /// The file.
        database: String,
        /// Its last migration.
        version: i64,
        /// Ours.
        latest: i64,
    },
    /// Somebody else's database.
    #[error(
        "the database {database} belongs to another program (it has a table {table:?} and no mark of latchkey); choose another one with DATABASE_URL"
    )]
    Foreign {
        /// The file or the server's address.
        database: String,
        /// One of its tables.
        table: String,
    },
    /// The linked SQLite may lose data.
    #[error("SQLite {0} can lose committed writes; build latchkey with SQLite 3.51.3 or later")]
    OldSqlite(String),
    /// A server that may keep half of a migration.
    #[error("the database server is {0}; latchkey needs MariaDB 10.6, MySQL 8.0 or later")]
    OldServer(String),
    /// Text would be changed, two accounts taken for one, or half of a change kept.
    #[error("the database {database} {problem}")]
    Unfit {
        /// The server's address.
        database: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Another process has been bringing the schema up to date for too long.
    #[error(
        "another latchkey has been setting up the database {database} for {seconds} seconds; try again when it is done"
    )]
    SettingUp {
        /// The server's address.
        database: String,
        /// So long.
        seconds: u64,
    },
    /// A migration failed.
    #[error("cannot bring the database {database} up to date: {cause}")]
    Migration {
        /// The file or the server's address.
        database: String,
        /// What went wrong.
        cause: String,
    },
}
