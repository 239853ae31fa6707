//! Command line -> settings -> data folder -> store -> router -> serve.

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    start::main()
}

#[cfg(not(feature = "ssr"))]
fn main() {}

#[cfg(feature = "ssr")]
mod start {
    use std::io::Write as _;
    use std::process::ExitCode;

    use latchkey::server::clock::Clock;
    use latchkey::server::config::{Config, DatabaseUrl, Loaded, SecretSource};
    use latchkey::server::data_folder::DataFolder;
    use latchkey::server::state::AppState;
    use latchkey::server::store::{Store, StoreSettings};
    use latchkey::server::{crypto, logging, router, serve};
    use secrecy::SecretString;
    use tokio::net::TcpListener;
    use tokio::signal::unix::{SignalKind, signal};

    /// Something in the settings is wrong.
    const BAD_SETTINGS: u8 = 2;
    /// Something in the machine's state is wrong.
    const CANNOT_START: u8 = 1;

    type Failure = (u8, String);

    pub(crate) fn main() -> ExitCode {
        match run() {
            Ok(()) => ExitCode::SUCCESS,
            Err((code, line)) => {
                let _ = writeln!(std::io::stderr(), "latchkey: {line}");
                ExitCode::from(code)
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that hands the environment to server/config")]
    fn run() -> Result<(), Failure> {
        let cwd = std::env::current_dir()
            .map_err(|error| cannot_start(format!("cannot read the current folder: {error}")))?;
        let loaded = Config::load(std::env::args_os(), std::env::vars_os(), &cwd);
        let config = match loaded.map_err(|error| (BAD_SETTINGS, error.to_string()))? {
            Loaded::Serve { config, .. } => *config,
            Loaded::Print(text) => {
                let _ = writeln!(std::io::stdout(), "{text}");
                return Ok(());
            }
        };
        let filter = logging::parse_filter(&config.logging.filter, config.logging.sql);
        let filter = filter.map_err(|line| (BAD_SETTINGS, line))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(cannot_start)?;
        runtime.block_on(serve_until_told(config, filter))
    }

    async fn serve_until_told(mut config: Config, filter: tracing_subscriber::EnvFilter) -> Result<(), Failure> {
        let folder = DataFolder::open(&config.data).map_err(cannot_start)?;
        let listener = bind(&mut config).await?;
        let secret = secret(&config, &folder)?;
        let DatabaseUrl::Sqlite(sqlite_file) = &config.database;
        let settings = StoreSettings { sqlite_file: sqlite_file.clone(), log_statements: config.logging.sql };
        let store = Store::open(&settings).await.map_err(cannot_start)?;
        let (warnings, hashing) = (std::mem::take(&mut config.warnings), config.hashing);
        let url = config.public_url.origin().to_owned();
        let state =
            AppState::new(config, &secret, store.clone(), Clock::System, hashing).await.map_err(cannot_start)?;
        let router = router::build(state).map_err(cannot_start)?;
        logging::start(filter, std::io::stderr);
        logging::hide_panic_messages();
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let _ = writeln!(std::io::stdout(), "Latchkey {} is at {url}", env!("CARGO_PKG_VERSION"));
        serve::serve(listener, router, told_to_stop()).await.map_err(cannot_start)?;
        store.close().await;
        drop(folder);
        Ok(())
    }

    async fn bind(config: &mut Config) -> Result<TcpListener, Failure> {
        let listen = config.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            cannot_start(format!("cannot listen on {listen}: {error}; stop what listens there or choose another address with LATCHKEY_LISTEN"))
        })?;
        config.bound_to(listener.local_addr().map_err(cannot_start)?);
        Ok(listener)
    }

    fn secret(config: &Config, folder: &DataFolder) -> Result<SecretString, Failure> {
        match &config.secret {
            SecretSource::Given(secret) => Ok(secret.clone()),
            SecretSource::Generated => {
                let bytes = crypto::random_bytes::<32>().map_err(cannot_start)?;
                folder.secret_key(|buffer| buffer.copy_from_slice(&bytes)).map_err(cannot_start)
            }
        }
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

    fn cannot_start(cause: impl std::fmt::Display) -> Failure {
        (CANNOT_START, cause.to_string())
    }
}
