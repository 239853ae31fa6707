//! The accept loop: bounded in connections and in patience, and polite at the end.
//!
//! `axum::serve` installs no timer, so that a client may send its headers for ever; this loop does (AVL-2).
//!
//! The end must cost nobody a request (AVL-6), also where several processes stand behind a proxy and are restarted one after the
//! other. The proxy finds the port closed, knows that its request was not taken, and sends it elsewhere. Two moments are left in
//! which it could believe that a request was taken, and would not dare to send a POST again:
//!
//! - The system has let a connection in, and we have not. Those are taken before the port is closed ([`take_waiting`]).
//! - It sends a request into a connection that it has kept, while we close it. So the kept connections of a trusted proxy stay
//!   open after the signal: each is good for one more request, whose answer says that it is the last one (`Connection: close`),
//!   and the proxy lets go of the others by itself. Everybody else's idle connections are closed at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
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
use super::config::TrustedProxies;

/// Connections served at once; more wait to be accepted.
const MAX_CONNECTIONS: u32 = 4096;
/// A client that needs longer for its request's head is not a browser. An idle connection is closed after this time, too.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes nothing for this long has gone, or wants to keep its place for ever.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head of a request (API-2).
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How long requests under way may take after the signal to stop (AVL-6).
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then lets the requests under way finish, unless it resolves once more.
pub async fn serve(listener: TcpListener, router: Router, proxies: TrustedProxies, mut stop: impl AsyncFnMut()) {
    let house = House::new(router, proxies);
    house.accept(&listener, stop()).await;
    house.is_closing.store(true, Ordering::SeqCst);
    house.take_waiting(listener);
    tracing::info!("stopping; once more to stop at once");
    let is_done = tokio::select! {
        biased;
        drained = tokio::time::timeout(DRAIN, house.drain()) => drained.is_ok(),
        () = stop() => false,
    };
    if !is_done {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// Who is served, and how the connections are told of the end.
struct House {
    router: Router,
    proxies: TrustedProxies,
    places: Arc<Semaphore>,
    is_closing: Arc<AtomicBool>,
    /// Connections of the trusted proxies.
    proxied: GracefulShutdown,
    /// All the others.
    direct: GracefulShutdown,
}

impl House {
    fn new(router: Router, proxies: TrustedProxies) -> Self {
        Self {
            router,
            proxies,
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS as usize)),
            is_closing: Arc::default(),
            proxied: GracefulShutdown::new(),
            direct: GracefulShutdown::new(),
        }
    }

    /// Takes connections until `stop` resolves.
    async fn accept(&self, listener: &TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            // A place first, so that who cannot be served waits in the system's queue; the signal is heard all the while.
            let next = async {
                let place = Arc::clone(&self.places).acquire_owned().await;
                (place, listener.accept().await)
            };
            tokio::select! {
                (Ok(place), accepted) = next => match accepted {
                    Ok((stream, peer)) => self.spawn(stream, peer, place),
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

    /// Takes those whom the system has let in already, as many as there is room for, and closes the port.
    fn take_waiting(&self, listener: TcpListener) {
        // Asked directly, because tokio may not have heard of them yet. It does not wait.
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
            && let Ok((stream, peer)) = listener.accept()
        {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.spawn(stream, peer, place);
            }
        }
    }

    /// Waits until every connection has ended.
    async fn drain(self) {
        let Self { places, proxied, direct, .. } = self;
        // By then idle ones have been closed by either side; what is left has a request under way.
        let let_go = tokio::time::timeout(HEADER_TIMEOUT, async move {
            let _ = places.acquire_many(MAX_CONNECTIONS).await;
        });
        let proxied = async {
            let _ = let_go.await;
            proxied.shutdown().await;
        };
        tokio::join!(direct.shutdown(), proxied);
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let (router, is_closing) = (self.router.clone(), Arc::clone(&self.is_closing));
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let (answer, is_closing) = (router.clone().oneshot(request), Arc::clone(&is_closing));
            async move {
                answer.await.map(|response| if is_closing.load(Ordering::SeqCst) { last(response) } else { response })
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
        let is_proxied = self.proxies.contains(peer.ip().to_canonical());
        let connection = if is_proxied { &self.proxied } else { &self.direct }.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
}

/// The last answer of its connection.
fn last(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
