//! Connections: taken from a pool for one question, or for a transaction that is kept as a whole or not at all.

mod gate;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::any::{AnyQueryResult, AnyRow};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Connection as _, Executor as _};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::query::Prepared;
use super::{Dialect, StoreError};
use gate::{Gate, TURN_TIMEOUT};

/// How long a request waits for a connection before it is told that the database is not available (AVL-4).
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(800);
/// How long a connection may take to answer that it lives.
const PING_TIMEOUT: Duration = Duration::from_millis(400);
/// And how long all others together, when one has just not answered.
const OTHERS_TIMEOUT: Duration = Duration::from_millis(200);
/// Between two tries of a request whose server gives connections to others.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pool: AnyPool,
    dialect: Dialect,
    patience: Option<Duration>,
    /// Whether a connection is tried before it is used.
    pre_ping: bool,
    gate: Option<Arc<Gate>>,
}

/// A connection for as long as this value lives. One that broke, or whose work was dropped in its middle because a client hung up,
/// does not go back to the pool: the next request could be given the answer to this one's question (SES-6), or wait for ever.
pub(super) struct Held {
    /// None while it is let go of.
    connection: Option<PoolConnection<Any>>,
    work: Arc<Work>,
    place: Option<OwnedSemaphorePermit>,
    /// How long the server is waited for when the connection goes back to the pool.
    patience: Option<Duration>,
}

/// Whether a connection to a server waits for an answer, or has broken.
#[derive(Debug, Default)]
struct Work {
    is_unsettled: AtomicBool,
}

impl Work {
    /// Waits for an answer; `patience` has an end for a server alone, and a file's statements end by themselves.
    async fn settle<T>(
        &self,
        patience: Option<Duration>,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let outcome = match patience {
            None => work.await.map_err(StoreError::from),
            Some(patience) => {
                self.is_unsettled.store(true, Ordering::Relaxed);
                // Gives up on a server that says nothing any more, so that requests do not pile up (AVL-5).
                match tokio::time::timeout(patience, work).await {
                    Ok(outcome) => outcome.map_err(StoreError::from),
                    Err(_) => Err(StoreError::silent()),
                }
            }
        };
        self.is_unsettled.store(outcome.as_ref().is_err_and(StoreError::is_broken), Ordering::Relaxed);
        outcome
    }
}

impl Held {
    /// Puts a statement to the connection, outside of any transaction.
    pub(super) async fn execute(
        &mut self,
        query: Prepared,
        patience: Option<Duration>,
    ) -> Result<AnyQueryResult, StoreError> {
        let Self { connection, work, .. } = self;
        work.settle(patience, connection.as_mut().ok_or_else(unavailable)?.execute(query)).await
    }

    /// Likewise.
    pub(super) async fn fetch_all(
        &mut self,
        query: Prepared,
        patience: Option<Duration>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let Self { connection, work, .. } = self;
        work.settle(patience, connection.as_mut().ok_or_else(unavailable)?.fetch_all(query)).await
    }
}

/// A connection that comes back is tried by the pool, which waits for the server's answer without an end, and takes leave of one that
/// it closes: in a dead network its place would be lost for ever, or for seconds (AVL-5).
impl Drop for Held {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.work.is_unsettled.load(Ordering::Relaxed) {
            // The pool may open another one in its place at once; of this one the socket is closed, no more.
            drop(connection.detach());
        } else if let Some(patience) = self.patience {
            let (back, place) = (connection.return_to_pool(), self.place.take());
            tokio::spawn(async move {
                let _ = tokio::time::timeout(patience, back).await;
                drop(place);
            });
        }
    }
}

impl Pool {
    /// Of a file, which is always there.
    pub(super) const fn of_file(pool: AnyPool) -> Self {
        Self { pool, dialect: Dialect::Sqlite, patience: None, pre_ping: false, gate: None }
    }

    /// Of a server, with so many connections at most. `patience`: how long a statement is waited for, whatever the server says
    /// that it may take. `pre_ping`: whether a connection is tried before it is used.
    pub(super) fn of_server(pool: AnyPool, dialect: Dialect, patience: Duration, pre_ping: bool) -> Self {
        let gate = Gate::with(pool.options().get_max_connections() as usize);
        Self { pool, dialect, patience: Some(patience), pre_ping, gate: Some(Arc::new(gate)) }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) const fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Whatever is wrong when no connection can be had passes: a request is not told of it as of a fault of ours.
    pub(super) async fn acquire(&self) -> Result<Held, StoreError> {
        let Some(gate) = &self.gate else {
            let connection = self.pool.acquire().await.map_err(StoreError::Unavailable)?;
            return Ok(Held { connection: Some(connection), work: Arc::default(), place: None, patience: None });
        };
        let deadline = Instant::now() + TURN_TIMEOUT;
        let _scout = gate.scout()?;
        let place = gate.pass().await?;
        loop {
            match self.connection_in_time().await {
                Ok(connection) => {
                    gate.has_given();
                    let patience = self.patience;
                    return Ok(Held {
                        connection: Some(connection),
                        work: Arc::default(),
                        place: Some(place),
                        patience,
                    });
                }
                // Others get theirs: it is only slow.
                Err(_) if gate.gave_lately() && Instant::now() < deadline => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(error) => {
                    if !gate.gave_lately() {
                        gate.is_found_gone();
                    }
                    return Err(StoreError::Unavailable(error));
                }
            }
        }
    }

    /// A connection that takes longer to make than a request waits for it is not made in vain: the next request finds it.
    async fn connection_in_time(&self) -> Result<PoolConnection<Any>, sqlx::Error> {
        let (give, take) = oneshot::channel();
        let (pool, is_tried) = (self.pool.clone(), self.pre_ping);
        tokio::spawn(async move {
            if let Err(Ok(mut unwanted)) = give.send(living_connection(pool, is_tried).await) {
                // As in `Held::drop`.
                let _ = tokio::time::timeout(PING_TIMEOUT, unwanted.return_to_pool()).await;
            }
        });
        match tokio::time::timeout(ACQUIRE_TIMEOUT, take).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(sqlx::Error::WorkerCrashed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Begins a transaction. On SQLite it takes the write lock at once; on the others each statement sees what was committed
    /// before it.
    pub(super) async fn begin<'c>(&self, held: &'c mut Held) -> Result<Transaction<'c>, StoreError> {
        let (dialect, patience, work) = (self.dialect, self.patience, Arc::clone(&held.work));
        let connection = held.connection.as_mut().ok_or_else(unavailable)?;
        let inner = if dialect == Dialect::Sqlite {
            work.settle(patience, connection.begin_with("begin immediate")).await?
        } else {
            work.settle(patience, connection.begin()).await?
        };
        Ok(Transaction { inner, dialect, patience, work })
    }

    /// Begins to read, and only to read, at one moment: that of the first question on SQLite, of the beginning on a server.
    pub(super) async fn begin_snapshot<'c>(&self, held: &'c mut Held) -> Result<Transaction<'c>, StoreError> {
        let (dialect, patience, work) = (self.dialect, self.patience, Arc::clone(&held.work));
        let connection = held.connection.as_mut().ok_or_else(unavailable)?;
        let begin = match dialect {
            Dialect::Sqlite => "begin",
            Dialect::Postgres => "begin transaction isolation level repeatable read read only",
            Dialect::MySql => {
                let level = "set transaction isolation level repeatable read";
                work.settle(patience, connection.execute(level)).await?;
                "start transaction with consistent snapshot, read only"
            }
        };
        let inner = work.settle(patience, connection.begin_with(begin)).await?;
        Ok(Transaction { inner, dialect, patience, work })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A connection that was tried, if it is to be. The pool's own test has no end of its own: one dead connection would take all of a
/// request's time.
async fn living_connection(pool: AnyPool, is_tried: bool) -> Result<PoolConnection<Any>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !is_tried || answers(&mut connection, PING_TIMEOUT).await {
        return Ok(connection);
    }
    drop(connection.detach());
    // What waits beside it has likely died with it.
    let others = std::iter::from_fn(|| pool.try_acquire()).map(|mut other| async move {
        if answers(&mut other, OTHERS_TIMEOUT).await {
            return Some(other);
        }
        drop(other.detach());
        None
    });
    let living = join_all(others).await.into_iter().flatten().next();
    match living {
        Some(connection) => Ok(connection),
        None => pool.acquire().await,
    }
}

async fn answers(connection: &mut PoolConnection<Any>, in_time: Duration) -> bool {
    tokio::time::timeout(in_time, connection.ping()).await.is_ok_and(|answer| answer.is_ok())
}

fn unavailable() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolTimedOut)
}

/// Undone unless it is committed.
pub(super) struct Transaction<'c> {
    inner: sqlx::Transaction<'c, Any>,
    dialect: Dialect,
    patience: Option<Duration>,
    work: Arc<Work>,
}

impl Transaction<'_> {
    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) async fn execute(&mut self, query: Prepared) -> Result<AnyQueryResult, StoreError> {
        self.work.settle(self.patience, self.inner.execute(query)).await
    }

    pub(super) async fn fetch_all(&mut self, query: Prepared) -> Result<Vec<AnyRow>, StoreError> {
        self.work.settle(self.patience, self.inner.fetch_all(query)).await
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.work.settle(self.patience, self.inner.commit()).await
    }
}
