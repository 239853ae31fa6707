//! What a database server must be like before anything is kept there.

use std::fmt::Display;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sqlx::AnyConnection;

use super::{CERTIFICATE, texts};
use crate::server::config::{DatabaseServer, DatabaseTls, one_line};
use crate::server::store::Dialect;
use crate::server::store::open::schema::{MARKS, tables};
use crate::server::store::open::{OpenError, StoreSettings};

/// A file without a certificate would be taken, and the public authorities alone be believed.
pub(super) fn check_authority(server: &DatabaseServer, settings: &StoreSettings) -> Result<(), OpenError> {
    let DatabaseTls::Verify(Some(file)) = &server.tls else { return Ok(()) };
    let refusal = |problem: &dyn Display| OpenError::Unreachable {
        database: settings.shown(),
        cause: one_line(format!("{}: {problem}", file.display())),
        advice: CERTIFICATE,
    };
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| refusal(&error))?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(|error| refusal(&error))?;
    if certificates.is_empty() { Err(refusal(&"it holds no certificate (PEM)")) } else { Ok(()) }
}

/// Refuses a server that would change text, or may keep half of a migration.
pub(super) async fn check_server(
    connection: &mut AnyConnection,
    dialect: Dialect,
    settings: &StoreSettings,
) -> Result<(), OpenError> {
    let query = match dialect {
        Dialect::Postgres => {
            "select cast(pg_encoding_to_char(encoding) as text) from pg_database where datname = current_database()"
        }
        _ => "select version()",
    };
    let answer = texts(connection, query, settings).await?.into_iter().next().unwrap_or_default();
    match dialect {
        Dialect::Postgres if answer != "UTF8" => Err(OpenError::Unfit {
            database: settings.shown(),
            problem: format!("keeps text as {answer}, which has no room for most names; make one with encoding UTF8"),
        }),
        Dialect::MySql if !is_new_enough(&answer) => Err(OpenError::OldServer(one_line(answer))),
        _ => Ok(()),
    }
}

/// Such as `10.11.6-MariaDB-0+deb12u1` and `8.0.36`.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= if version.contains("MariaDB") { (10, 6) } else { (8, 0) }
}

/// Refuses a database of ours in which somebody has changed how text is compared, for two accounts could become one (REG-1), or
/// what keeps a table, for an engine without transactions keeps half of what was undone.
pub(super) async fn check_tables(
    connection: &mut AnyConnection,
    dialect: Dialect,
    settings: &StoreSettings,
) -> Result<(), OpenError> {
    let tables: Vec<String> = tables().map(|table| format!("'{table}'")).collect();
    let (columns, wanted) = match dialect {
        Dialect::Postgres => (
            "select cast(table_name || '.' || column_name as text) from information_schema.columns \
             where table_schema = current_schema() and data_type = 'character varying' \
             and coalesce(cast(collation_name as text), '') <> 'C'",
            "\"C\"",
        ),
        _ => (
            "select concat(table_name, '.', column_name) from information_schema.columns \
             where table_schema = database() and coalesce(collation_name, 'utf8mb4_bin') <> 'utf8mb4_bin'",
            "utf8mb4_bin",
        ),
    };
    let query = format!("{columns} and table_name in ({})", tables.join(", "));
    if let Some(column) = texts(connection, query, settings).await?.into_iter().next() {
        let problem = format!("does not compare {column} byte by byte; give that column the collation {wanted} again");
        return Err(OpenError::Unfit { database: settings.shown(), problem });
    }
    if dialect == Dialect::MySql {
        let query = format!(
            "select table_name from information_schema.tables where table_schema = database() \
             and coalesce(engine, '') <> 'InnoDB' and table_name in ('{MARKS}', {})",
            tables.join(", ")
        );
        if let Some(table) = texts(connection, query, settings).await?.into_iter().next() {
            let problem = format!("keeps {table} without transactions; run: alter table {table} engine = InnoDB");
            return Err(OpenError::Unfit { database: settings.shown(), problem });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn servers_that_may_keep_half_of_a_migration_are_told_by_their_version() {
        for (version, expected) in [
            ("10.11.6-MariaDB-0+deb12u1", true),
            ("10.6.0-MariaDB", true),
            ("10.5.29-MariaDB", false),
            ("11.4.2-MariaDB", true),
            ("8.0.36", true),
            ("8.4.0-commercial", true),
            ("5.7.44-log", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
