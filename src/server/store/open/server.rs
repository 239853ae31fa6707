//! A database server: PostgreSQL, MySQL or MariaDB. Many processes may come to it at once, and several may start at the same
//! moment: who brings the schema up to date holds a lock of the server's, which ends with their connection.

mod checks;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::ExposeSecret as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::{Instant, sleep, timeout};

use super::schema::{MARKS, migrate};
use super::{OpenError, Schema, StoreSettings, Wish, judge, marks, parsed, schema};
use crate::server::config::{DatabaseServer, PoolSettings, ServerKind, one_line};
use crate::server::store::error::is_passing;
use crate::server::store::pool::Pool;
use crate::server::store::{Dialect, Store};
use checks::{check_authority, check_server, check_tables};

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
