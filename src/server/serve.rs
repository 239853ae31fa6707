//! The accept loop: bounded in connections and in patience, and polite at the end.
//!
//! `axum::serve` installs no timer, so that a client may send its headers for ever; this loop does (AVL-2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use super::caller::Peer;

/// Connections served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;
/// A client that needs longer for its request's head is not a browser.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes nothing for this long has gone, or wants to keep its place for ever.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head of a request (API-2).
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How long requests under way may take after the signal to stop (AVL-6).
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then lets the requests under way finish, unless it resolves once more.
pub async fn serve(listener: TcpListener, router: Router, mut stop: impl AsyncFnMut()) {
    let graceful = GracefulShutdown::new();
    accept(&listener, &router, &graceful, stop()).await;
    drop(listener);
    tracing::info!("stopping; once more to stop at once");
    let is_done = tokio::select! {
        biased;
        drained = tokio::time::timeout(DRAIN, graceful.shutdown()) => drained.is_ok(),
        () = stop() => false,
    };
    if !is_done {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// Takes connections until `stop` resolves.
async fn accept(listener: &TcpListener, router: &Router, graceful: &GracefulShutdown, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        // A place first, so that who cannot be served waits in the system's queue; the signal is heard all the while.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (Ok(place), accepted) = next => match accepted {
                Ok((stream, peer)) => spawn(stream, peer, router, graceful, place),
                // The client went away, or we are out of file descriptors: either passes.
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => break,
        }
    }
}

fn spawn(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    graceful: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
    // Answers are small and complete: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let router = router.clone();
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}
