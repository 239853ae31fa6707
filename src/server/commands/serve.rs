//! `latchkey serve` and `latchkey migrate`: the two that need the data folder and the database for themselves.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::Failure;
use super::opening::{START_PATIENCE, folder, no_state, secret, set_up, store_settings};
use super::output::Output;
use crate::server::branding::Branding;
use crate::server::clock::Clock;
use crate::server::config::{Config, TrustedProxies};
use crate::server::data_folder::{DataFolder, Serving};
use crate::server::state::AppState;
use crate::server::store::Store;
use crate::server::{router, serve};

/// Serves until it is told to stop.
pub(super) async fn serve(config: Config, mut output: Output) -> Result<(), Failure> {
    // First of all: a container's first process is spared the signals that it does not listen for.
    let mut signals = Signals::listen().map_err(Failure::refused)?;
    // A file that has reached the limit of its size is an error like a full disk, and not the end.
    let _too_large = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map_err(Failure::refused)?;
    let Prepared { listener, router, proxies, store, url, serving } = tokio::select! {
        prepared = prepare(config) => prepared?,
        () = signals.next() => {
            tracing::info!("stopped before it served");
            return Ok(());
        }
    };
    // Who starts a server and does not listen to it gets a server all the same.
    let _ = output.line(&format!("Latchkey {} is at {url}", env!("CARGO_PKG_VERSION")));
    let _ = output.end();
    serve::serve(listener, router, proxies, async || signals.next().await).await;
    store.close().await;
    drop(serving);
    Ok(())
}

/// All that a server serves with.
struct Prepared {
    listener: TcpListener,
    router: Router,
    proxies: TrustedProxies,
    store: Store,
    url: String,
    serving: Option<Serving>,
}

async fn prepare(mut config: Config) -> Result<Prepared, Failure> {
    // A mistake in the settings, too: nothing is made before it is told.
    Branding::new(&config.brand).map_err(Failure::usage)?;
    let folder = folder(&config)?;
    let serving = folder.as_ref().map(DataFolder::serve).transpose().map_err(Failure::refused)?;
    let listener = bind(&mut config).await?;
    let setting_up = set_up(folder.as_ref()).await?;
    let secret = secret(&config, folder.as_ref())?;
    let store = Store::open(&store_settings(&config, START_PATIENCE)).await.map_err(Failure::refused)?;
    let (warnings, hashing) = (std::mem::take(&mut config.warnings), config.hashing);
    let (url, proxies) = (config.public_url.origin().to_owned(), config.trusted_proxies.clone());
    let state = AppState::new(config, &secret, store.clone(), Clock::System, hashing).await.map_err(no_state)?;
    state.keys.start().await.map_err(no_state)?;
    drop(setting_up);
    let router = router::build(state).map_err(Failure::refused)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(Prepared { listener, router, proxies, store, url, serving })
}

/// Brings the schema up to date and says so.
pub(super) async fn migrate(config: Config, mut output: Output) -> Result<(), Failure> {
    let folder = folder(&config)?;
    let serving = folder.as_ref().map(DataFolder::serve).transpose();
    let serving = serving.map_err(|error| Failure::refused(error.alone()))?;
    let setting_up = set_up(folder.as_ref()).await?;
    let (store, schema) = Store::migrate(&store_settings(&config, Duration::ZERO)).await.map_err(Failure::refused)?;
    store.close().await;
    drop((setting_up, serving));
    let applied = match schema.applied {
        0 => "nothing was to be done".to_owned(),
        1 => "1 migration applied".to_owned(),
        count => format!("{count} migrations applied"),
    };
    output.line(&format!("the database is at schema {}; {applied}", schema.version))?;
    Ok(output.end()?)
}

async fn bind(config: &mut Config) -> Result<TcpListener, Failure> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::refused(format!(
            "cannot listen on {listen}: {error}; stop what listens there or choose another address with LATCHKEY_LISTEN"
        ))
    })?;
    config.bound_to(listener.local_addr().map_err(Failure::refused)?);
    Ok(listener)
}

/// A stop may arrive twice: from a terminal and from the shell in it, or from who passes signals on. Within this time the
/// second is the same wish.
const SAME_WISH: Duration = Duration::from_secs(1);

/// What ends a server: SIGTERM, Ctrl-C, and the end of its terminal. None gets lost once this is made.
struct Signals {
    kinds: Vec<Signal>,
    last: Option<Instant>,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let mut kinds = vec![SignalKind::terminate(), SignalKind::interrupt()];
        if !outlives_its_terminal() {
            kinds.push(SignalKind::hangup());
        }
        Ok(Self { kinds: kinds.into_iter().map(signal).collect::<Result<_, _>>()?, last: None })
    }

    /// Resolves when somebody wishes that it ends.
    async fn next(&mut self) {
        loop {
            poll_fn(|context| {
                // Each is asked, so that none stays behind to count as the next wish.
                let come =
                    self.kinds.iter_mut().filter_map(|signal| signal.poll_recv(context).is_ready().then_some(()));
                if come.count() > 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            let now = Instant::now();
            if self.last.is_none_or(|last| now.duration_since(last) >= SAME_WISH) {
                self.last = Some(now);
                return;
            }
        }
    }
}

/// Whether we were started to ignore SIGHUP, as `nohup` does: listening for it would undo that. Where the system does not
/// say so, we were not.
fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is number 1, and so the mask's first bit.
    ignored.is_some_and(|mask| mask & 1 != 0)
}
