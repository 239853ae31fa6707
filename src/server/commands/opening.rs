//! From settings to an open house: data folder, locks, secret, database, keys. In that order, for every command.

use std::io::{self, Write as _};

use secrecy::SecretString;

use super::Failure;
use crate::server::clock::Clock;
use crate::server::config::{Config, DatabaseUrl, HashingSettings, SecretSource, one_line};
use crate::server::crypto::{self, KeyError};
use crate::server::data_folder::{DataFolder, SettingUp};
use crate::server::state::{AppState, StateError};
use crate::server::store::{Absent, Store, StoreSettings};

/// The data folder, made if need be and found to be ours.
pub(super) fn folder(config: &Config) -> Result<DataFolder, Failure> {
    let DatabaseUrl::Sqlite(database) = &config.database;
    DataFolder::open(&config.data, database).map_err(Failure::refused)
}

/// Which database.
pub(super) fn store_settings(config: &Config) -> StoreSettings {
    let DatabaseUrl::Sqlite(sqlite_file) = &config.database;
    StoreSettings { sqlite_file: sqlite_file.clone(), log_statements: config.logging.sql }
}

/// Waits for other processes to finish their set-up; while the answer lives, they wait for us.
pub(super) async fn set_up(folder: &DataFolder) -> Result<SettingUp, Failure> {
    folder.set_up().await.map_err(Failure::refused)
}

/// What a command uses, beside a server or without one. The schema of a database that is there is never changed. Where
/// there is none, either one is made, which is said, or nothing at all is.
pub(super) async fn beside_a_server(config: Config, absent: Absent) -> Result<AppState, Failure> {
    let settings = store_settings(&config);
    settings.require(absent).map_err(Failure::refused)?;
    let folder = folder(&config)?;
    let setting_up = set_up(&folder).await?;
    let secret = secret(&config, &folder)?;
    let (store, schema) = Store::open_as_it_is(&settings, absent).await.map_err(Failure::refused)?;
    if schema.applied > 0 {
        let _ = writeln!(io::stderr(), "latchkey: made a new database: {}", one_line(&settings.sqlite_file));
    }
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
pub(super) fn secret(config: &Config, folder: &DataFolder) -> Result<SecretString, Failure> {
    match &config.secret {
        SecretSource::Given(secret) => Ok(secret.clone()),
        SecretSource::Generated => {
            let bytes = crypto::random_bytes::<32>().map_err(Failure::refused)?;
            folder.secret_key(|buffer| buffer.copy_from_slice(&bytes)).map_err(Failure::refused)
        }
    }
}
