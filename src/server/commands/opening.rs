//! From settings to an open house: data folder, locks, secret, database, keys. In that order, for every command.

use std::io::{self, Write as _};
use std::time::Duration;

use secrecy::SecretString;

use super::Failure;
use crate::server::clock::Clock;
use crate::server::config::{BrandSettings, Config, HashingSettings, PoolSettings, SecretSource};
use crate::server::crypto::{self, KeyError};
use crate::server::data_folder::{DataFolder, SettingUp};
use crate::server::state::{AppState, StateError};
use crate::server::store::{Absent, Store, StoreSettings};

/// How long a server waits at its start for a database server that is starting, too.
pub(super) const START_PATIENCE: Duration = Duration::from_secs(30);

/// The data folder, made if need be and found to be ours. None where nothing would be kept in it: a database server has the
/// accounts, and the settings the secret.
pub(super) fn folder(config: &Config) -> Result<Option<DataFolder>, Failure> {
    let file = config.database.sqlite_file();
    if file.is_none() && matches!(config.secret, SecretSource::Given(_)) {
        return Ok(None);
    }
    DataFolder::open(&config.data, file).map(Some).map_err(Failure::refused)
}

/// Which database, and how it is used: by a command with few connections, or by a server with all that it may have.
pub(super) fn store_settings(config: &Config, patience: Duration) -> StoreSettings {
    let pool = if patience.is_zero() { PoolSettings { size: 1, overflow: 1, ..config.pool } } else { config.pool };
    StoreSettings { database: config.database.clone(), pool, patience, log_statements: config.logging.sql }
}

/// Waits for other processes to finish their set-up; while the answer lives, they wait for us.
pub(super) async fn set_up(folder: Option<&DataFolder>) -> Result<Option<SettingUp>, Failure> {
    match folder {
        Some(folder) => folder.set_up().await.map(Some).map_err(Failure::refused),
        None => Ok(None),
    }
}

/// What a command uses, beside a server or without one. The schema of a database that is there is never changed. Where
/// there is none, either one is made, which is said, or nothing at all is.
pub(super) async fn beside_a_server(config: Config, absent: Absent) -> Result<AppState, Failure> {
    let settings = store_settings(&config, Duration::ZERO);
    settings.require(absent).map_err(Failure::refused)?;
    let folder = folder(&config)?;
    let setting_up = set_up(folder.as_ref()).await?;
    let secret = secret(&config, folder.as_ref())?;
    let (store, schema) = Store::open_as_it_is(&settings, absent).await.map_err(Failure::refused)?;
    if schema.applied > 0 {
        let _ = writeln!(io::stderr(), "latchkey: made a new database: {}", settings.shown());
    }
    // A command shows no page: a logo that is missing keeps nobody from unlocking an account.
    let brand = BrandSettings { logo: None, ..config.brand };
    let config = Config { brand, ..config };
    // One password at most is hashed here.
    let hashing = HashingSettings { permits: 1, ..config.hashing };
    let state = AppState::new(config, &secret, store, Clock::System, hashing).await.map_err(no_state)?;
    if absent == Absent::Make && state.keys.is_empty() {
        // Before anything is made, a database is bound to its secret: with another one, that would be worth nothing.
        state.keys.start().await.map_err(no_state)?;
    }
    drop(setting_up);
    Ok(state)
}

/// A secret that is not this database's is a mistake in the settings, which no new start mends.
pub(super) fn no_state(error: StateError) -> Failure {
    match error {
        StateError::Key(KeyError::WrongSecret) => Failure::usage(error),
        _ => Failure::refused(error),
    }
}

/// The root secret, made at the first time in development. To be called during the set-up.
pub(super) fn secret(config: &Config, folder: Option<&DataFolder>) -> Result<SecretString, Failure> {
    match (&config.secret, folder) {
        (SecretSource::Given(secret), _) => Ok(secret.clone()),
        (SecretSource::Generated, Some(folder)) => {
            let bytes = crypto::random_bytes::<32>().map_err(Failure::refused)?;
            folder.secret_key(|buffer| buffer.copy_from_slice(&bytes)).map_err(Failure::refused)
        }
        (SecretSource::Generated, None) => {
            Err(Failure::usage("SECRET_KEY is not set; make one with: openssl rand -hex 32"))
        }
    }
}
