//! What `latchkey db`, `backup` and `restore` take.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

use super::examples;

/// A command of `latchkey db`.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Copy all accounts, sessions and keys from one database to another, of any kind
    ///
    /// FROM and TO are written as DATABASE_URL is; - is the database of the settings. TO must be empty or new; when a copy was
    /// cut off, the same command goes on with it. Stop the server first: what it changes meanwhile is not copied. At the end
    /// both are compared, table by table.
    ///
    /// A password in an argument can be seen by whoever lists the processes: let - stand for the database that has one, whose
    /// password is a setting of its own.
    #[command(after_help = examples(
        "latchkey db copy sqlite:////var/lib/latchkey/latchkey.db -\n  latchkey db copy - postgres://latchkey@localhost/latchkey"
    ))]
    Copy {
        /// The database to read, such as sqlite:///./latchkey.db; - is that of the settings
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        from: String,
        /// The database to fill, such as postgres://user@host/name; - is that of the settings
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        to: String,
    },
}
