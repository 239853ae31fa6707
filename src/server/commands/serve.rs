//! `latchkey serve` and `latchkey migrate`: the two that need the data folder and the database for themselves.

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use super::opening::{folder, secret, set_up, store_settings};
use super::output::Output;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::state::AppState;
use crate::server::store::Store;
use crate::server::{router, serve};

/// Serves until it is told to stop.
pub(super) async fn serve(mut config: Config, mut output: Output) -> Result<(), Failure> {
    let folder = folder(&config)?;
    let serving = folder.serve().map_err(Failure::refused)?;
    let listener = bind(&mut config).await?;
    let setting_up = set_up(&folder).await?;
    let secret = secret(&config, &folder)?;
    let store = Store::open(&store_settings(&config)).await.map_err(Failure::refused)?;
    let (warnings, hashing) = (std::mem::take(&mut config.warnings), config.hashing);
    let url = config.public_url.origin().to_owned();
    let state =
        AppState::new(config, &secret, store.clone(), Clock::System, hashing).await.map_err(Failure::refused)?;
    drop(setting_up);
    let router = router::build(state).map_err(Failure::refused)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    // Who starts a server and does not listen to it gets a server all the same.
    let _ = output.line(&format!("Latchkey {} is at {url}", env!("CARGO_PKG_VERSION")));
    let _ = output.end();
    serve::serve(listener, router, told_to_stop()).await.map_err(Failure::refused)?;
    store.close().await;
    drop(serving);
    Ok(())
}

/// Brings the schema up to date and says so.
pub(super) async fn migrate(config: Config, mut output: Output) -> Result<(), Failure> {
    let folder = folder(&config)?;
    let serving = folder.serve().map_err(|error| Failure::refused(error.alone()))?;
    let setting_up = set_up(&folder).await?;
    let (store, schema) = Store::migrate(&store_settings(&config)).await.map_err(Failure::refused)?;
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

/// SIGTERM or Ctrl-C.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}
