//! A database server: PostgreSQL, MySQL or MariaDB. Many processes may come to it at once, and several may start at the same
//! moment: who brings the schema up to date holds a lock of the server's, which ends with their connection.

use std::fmt::Display;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::{Instant, sleep, timeout};

use super::schema::{MARKS, migrate, tables};
use super::{OpenError, Schema, StoreSettings, Wish, judge, marks, parsed, schema};
use crate::server::config::{DatabaseServer, DatabaseTls, PoolSettings, ServerKind, one_line};
use crate::server::store::error::is_passing;
use crate::server::store::pool::Pool;
use crate::server::store::{Dialect, Store};

/// How long a connection of the pool may take to be made; a request does not wait so long for it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one try to reach the server takes at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long whoever brings the schema up to date is waited for: it may have a large table to go through.
const SET_UP_PATIENCE: Duration = Duration::from_secs(600);
/// Between two tries of either.
const PAUSE: Duration = Duration::from_millis(200);
/// A connection that was not used for so long, or twice as long at most, is closed, before something on the way forgets it without a
/// word.
const IDLE: Duration = Duration::from_secs(100);
/// And any one of this age: servers move, and names with them.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

pub(super) async fn open(
    server: &DatabaseServer,
    settings: &StoreSettings,
    wish: Wish,
) -> Result<(Store, Schema), OpenError> {
    let dialect = match server.kind {
        ServerKind::Postgres => Dialect::Postgres,
        ServerKind::MySql => Dialect::MySql,
    };
    let unreachable = |cause: &sqlx::Error| unreachable(settings, cause);
    check_authority(server, settings)?;
    let options = settings.logged(parsed(server.url().expose_secret()).map_err(|cause| unreachable(&cause))?);
    let mut connection = connect(&options, settings).await?;
    if dialect == Dialect::MySql {
        // Tables of another engine would have neither transactions nor foreign keys.
        let session = "set session default_storage_engine = InnoDB, session autocommit = 1";
        connection.execute(session).await.map_err(|cause| unreachable(&cause))?;
    }
    check_server(&mut connection, dialect, settings).await?;
    let mut found = look(&mut connection, dialect, settings).await?;
    judge(settings, &found, wish)?;
    if schema(&found).applied > 0 || wish == Wish::Fill {
        take_lock(&mut connection, dialect, settings).await?;
        // Whoever had the lock before may have done it all.
        found = look(&mut connection, dialect, settings).await?;
        judge(settings, &found, wish)?;
        if wish == Wish::Fill {
            marks::begin(&mut connection, dialect, &found, settings).await?;
        }
        migrate(&mut connection, dialect, settings, wish).await?;
    }
    check_tables(&mut connection, dialect, settings).await?;
    // What each connection of the pool is told. A server that does not know it says so here, and not to a pool that tries again.
    for statement in session(dialect, settings.pool.statement_seconds) {
        connection.execute(AssertSqlSafe(statement)).await.map_err(|cause| unreachable(&cause))?;
    }
    connection.close().await.map_err(|cause| unreachable(&cause))?;
    let PoolSettings { size, overflow, statement_seconds, pre_ping } = settings.pool;
    let pool = pool(dialect, &settings.pool).connect_lazy_with(options);
    if !settings.patience.is_zero() {
        warm(&pool, size).await;
    }
    let patience = Duration::from_secs(u64::from(statement_seconds) + 1);
    let pool = Pool::of_server(pool, dialect, patience, pre_ping);
    let capacity = (size + overflow) as usize;
    Ok((Store { readers: pool.clone(), writer: pool, files: Arc::default(), capacity }, schema(&found)))
}

/// Opens the connections that a server keeps before it takes requests: after a restart under load they would all wait for a
/// connection of their own at the same moment, and some in vain (AVL-6). What cannot be had now is opened when it is needed.
async fn warm(pool: &AnyPool, size: u32) {
    join_all((0..size).map(|_| pool.acquire())).await;
}

const CERTIFICATE: &str =
    "check its certificate, name the authority's file in LATCHKEY_DATABASE_CA, or set LATCHKEY_DATABASE_TLS";

fn unreachable(settings: &StoreSettings, cause: &sqlx::Error) -> OpenError {
    let advice = match cause {
        sqlx::Error::Tls(_) => CERTIFICATE,
        // What rustls finds wrong comes by the socket.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => CERTIFICATE,
        sqlx::Error::Database(_) => "check user, password and database in DATABASE_URL or LATCHKEY_DATABASE_*",
        _ => "check that the server runs and that DATABASE_URL names it",
    };
    OpenError::Unreachable { database: settings.shown(), cause: one_line(cause.to_string()), advice }
}

/// A file without a certificate would be taken, and the public authorities alone be believed.
fn check_authority(server: &DatabaseServer, settings: &StoreSettings) -> Result<(), OpenError> {
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

/// A connection for the start, which may take its time. A server that is starting itself is waited for.
async fn connect(options: &AnyConnectOptions, settings: &StoreSettings) -> Result<AnyConnection, OpenError> {
    let deadline = Instant::now() + settings.patience;
    let mut is_told = false;
    loop {
        let cause = match timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(cause)) => cause,
            Err(_) => sqlx::Error::Io(ErrorKind::TimedOut.into()),
        };
        if !is_passing(&cause) || Instant::now() >= deadline {
            return Err(unreachable(settings, &cause));
        }
        if !is_told {
            tracing::warn!("the database {} does not answer yet; waiting for it", settings.shown());
            is_told = true;
        }
        sleep(PAUSE).await;
    }
}

/// Takes the lock of whoever makes or changes the schema; it is held as long as the connection.
async fn take_lock(
    connection: &mut AnyConnection,
    dialect: Dialect,
    settings: &StoreSettings,
) -> Result<(), OpenError> {
    let query = match dialect {
        // The number is any; PostgreSQL keeps it apart for each database.
        Dialect::Postgres => "select case when pg_try_advisory_lock(7310285412) then 1 else 0 end",
        _ => "select cast(get_lock(concat('latchkey.', md5(database())), 0) as signed)",
    };
    let deadline = Instant::now() + SET_UP_PATIENCE;
    loop {
        let is_ours = number(connection, query, settings).await? == 1;
        if is_ours {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(OpenError::SettingUp { database: settings.shown(), seconds: SET_UP_PATIENCE.as_secs() });
        }
        sleep(PAUSE).await;
    }
}

/// The migrations that the database has had, the oldest first; none when it is empty. One with tables but without our
/// migrations table is somebody else's.
async fn look(
    connection: &mut AnyConnection,
    dialect: Dialect,
    settings: &StoreSettings,
) -> Result<Vec<i64>, OpenError> {
    let names = match dialect {
        Dialect::Postgres => {
            "select cast(table_name as text) from information_schema.tables where table_schema = current_schema() \
             order by table_name"
        }
        _ => "select table_name from information_schema.tables where table_schema = database() order by table_name",
    };
    let names = texts(connection, names, settings).await?;
    if !names.iter().any(|name| name == MARKS) {
        return match names.into_iter().next() {
            Some(table) => Err(OpenError::Foreign { database: settings.shown(), table }),
            None => Ok(Vec::new()),
        };
    }
    let versions = "select version from _sqlx_migrations where success = true order by version";
    let rows = sqlx::query_scalar(versions).fetch_all(connection).await;
    rows.map_err(|cause| unreachable(settings, &cause))
}

/// Refuses a server that would change text, or may keep half of a migration.
async fn check_server(
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
async fn check_tables(
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

async fn texts(
    connection: &mut AnyConnection,
    query: impl Into<String>,
    settings: &StoreSettings,
) -> Result<Vec<String>, OpenError> {
    let rows = sqlx::query_scalar(AssertSqlSafe(query.into())).fetch_all(connection).await;
    rows.map_err(|cause| unreachable(settings, &cause))
}

async fn number(
    connection: &mut AnyConnection,
    query: &'static str,
    settings: &StoreSettings,
) -> Result<i64, OpenError> {
    let row = sqlx::query_scalar(query).fetch_one(connection).await;
    row.map_err(|cause| unreachable(settings, &cause))
}

fn pool(dialect: Dialect, settings: &PoolSettings) -> AnyPoolOptions {
    let session = session(dialect, settings.statement_seconds);
    AnyPoolOptions::new()
        .max_connections(settings.size + settings.overflow)
        // None that the pool would see to by itself: it would wait for minutes in a network that is dead, and keep the place of a
        // request meanwhile (AVL-5).
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                for statement in session {
                    connection.execute(AssertSqlSafe(statement)).await?;
                }
                Ok(())
            })
        })
}

/// What every connection is told first. Each statement of a transaction sees what was committed before it: whoever waited for
/// a row's lock then sees what the other one left. No statement, and no wait for a lock, takes for ever; and a transaction whose
/// process has stopped in its middle lets others go on.
fn session(dialect: Dialect, seconds: u32) -> Vec<String> {
    let (statement, lock) = (seconds * 1000, seconds * 800);
    match dialect {
        Dialect::Postgres => vec![format!(
            "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'; \
             set statement_timeout = {statement}; set lock_timeout = {lock}; \
             set idle_in_transaction_session_timeout = {statement}; \
             set session characteristics as transaction isolation level read committed"
        )],
        _ => vec![
            "set session transaction isolation level read committed".to_owned(),
            // What only one of the two knows stands in a comment that the other one passes over.
            format!(
                "set session autocommit = 1, session innodb_lock_wait_timeout = {}, session wait_timeout = {}, \
                 session sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION' \
                 /*M!, session max_statement_time = {seconds}, session idle_transaction_timeout = {seconds} */ /*!80000 , session max_execution_time = {statement} */",
                seconds.max(2) - 1,
                2 * IDLE.as_secs() + 60
            ),
        ],
    }
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
