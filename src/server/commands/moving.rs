//! `latchkey db copy`, `latchkey backup` and `latchkey restore`: all that a database holds, taken to another place.

mod part_file;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Failure;
use super::command_line::DbCommand;
use super::opening::{folder, set_up, store_settings};
use super::output::{Output, Table};
use crate::server::config::{Config, DatabaseUrl, PoolSettings, SecretSource, one_line};
use crate::server::data_folder::{DataFolder, Serving};
use crate::server::store::{Absent, Store, StoreSettings, TableSum};
use part_file::PartFile;

/// Between two lines that say how far it is.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a statement may take here, where nobody waits for a page.
const STATEMENT_SECONDS: u32 = 60;

/// Copies one database to another.
pub(super) async fn db(config: Config, command: DbCommand, current_dir: &Path, output: Output) -> Result<(), Failure> {
    let DbCommand::Copy { from, to } = command;
    let makes_folder = to == "-" && config.database.sqlite_file().is_some();
    let from = named(&config, "FROM", &from, current_dir)?;
    let to = named(&config, "TO", &to, current_dir)?;
    if from.shown() == to.shown() {
        return Err(Failure::usage("FROM and TO are the same database; name another one"));
    }
    from.require(Absent::Refuse).map_err(Failure::refused)?;
    if makes_folder {
        folder(&config)?;
    }
    // Both are kept from servers, which hold the same lock of a file.
    let reading = alone(&from)?;
    let writing = alone(&to)?;
    let (source, _) = Store::open_as_it_is(&from, Absent::Refuse).await.map_err(Failure::refused)?;
    let target = Store::fill(&to).await.map_err(Failure::refused)?;
    let copied = source.copy_to(&target, &mut said()).await.map_err(Failure::refused);
    source.close().await;
    target.close().await;
    drop((reading, writing));
    tell(&copied?, &to.shown(), output)
}

/// Writes a backup, beside a running server or without one.
pub(super) async fn back_up(config: Config, file: &Path, mut output: Output) -> Result<(), Failure> {
    let settings = patient(store_settings(&config, Duration::ZERO));
    settings.require(Absent::Refuse).map_err(Failure::refused)?;
    let is_file = config.database.sqlite_file().is_some();
    let folder = if is_file { folder(&config)? } else { None };
    let setting_up = set_up(folder.as_ref()).await?;
    let (store, _) = Store::open_as_it_is(&settings, Absent::Refuse).await.map_err(Failure::refused)?;
    drop(setting_up);
    let part = PartFile::make(file).map_err(Failure::refused)?;
    let made = store.back_up(part.path(), &settings, &mut said()).await;
    store.close().await;
    let sums = made.map_err(Failure::refused)?;
    let bytes = part.finish().map_err(Failure::refused)?;
    let accounts = accounts(&sums);
    output.line(&format!("{} holds {accounts}, with all sessions and keys; {bytes} bytes", one_line(file)))?;
    let secret = match config.secret {
        SecretSource::Given(_) => "SECRET_KEY".to_owned(),
        SecretSource::Generated => one_line(config.data.join("secret_key")),
    };
    output.line(&format!(
        "password hashes are in it: keep it where only you can read it. Keep {secret} too, in another place: \
         without it the keys and sessions of the backup are worth nothing"
    ))?;
    Ok(output.end()?)
}

/// Fills the empty database of the settings from a backup, which stays as it is.
pub(super) async fn restore(config: Config, file: &Path, output: Output) -> Result<(), Failure> {
    let to = patient(store_settings(&config, Duration::ZERO));
    if let Err(reason) = File::open(file) {
        return Err(Failure::refused(format!("cannot read the backup {}: {reason}; check its name", one_line(file))));
    }
    // All of the backup is looked through before anything is made.
    let source = Store::open_backup(file, &to).await.map_err(Failure::refused)?;
    let is_file = config.database.sqlite_file().is_some();
    let folder = if is_file { folder(&config)? } else { None };
    let serving = folder.as_ref().map(DataFolder::serve).transpose();
    let serving = serving.map_err(|error| Failure::refused(error.alone()))?;
    let setting_up = set_up(folder.as_ref()).await?;
    let target = Store::fill(&to).await.map_err(Failure::refused)?;
    drop(setting_up);
    let copied = source.copy_to(&target, &mut said()).await.map_err(Failure::refused);
    source.close().await;
    target.close().await;
    drop(serving);
    tell(&copied?, &to.shown(), output)
}

fn named(config: &Config, argument: &str, text: &str, current_dir: &Path) -> Result<StoreSettings, Failure> {
    let settings = patient(store_settings(config, Duration::ZERO));
    if text == "-" {
        return Ok(settings);
    }
    let database = DatabaseUrl::named(text, current_dir);
    let database = database.map_err(|problem| Failure::usage(format!("{argument} {problem}")))?;
    Ok(StoreSettings { database, ..settings })
}

fn patient(settings: StoreSettings) -> StoreSettings {
    let pool = PoolSettings { statement_seconds: STATEMENT_SECONDS, ..settings.pool };
    StoreSettings { pool, ..settings }
}

/// Keeps servers from a file. At a server the mark of a half-done copy does, and the snapshot.
fn alone(settings: &StoreSettings) -> Result<Option<Serving>, Failure> {
    let serving = settings.database.sqlite_file().map(DataFolder::serve_database).transpose();
    serving.map_err(|error| Failure::refused(error.alone()))
}

/// Says now and then how far it is.
fn said() -> impl FnMut(&'static str, u64) + Send {
    let mut last = Instant::now();
    move |table, rows| {
        if last.elapsed() >= PAUSE {
            last = Instant::now();
            let _ = writeln!(io::stderr(), "latchkey: {table}: {rows} rows");
        }
    }
}

fn accounts(sums: &[TableSum]) -> String {
    match sums.iter().find(|sum| sum.table == "accounts").map_or(0, |sum| sum.rows) {
        1 => "1 account".to_owned(),
        count => format!("{count} accounts"),
    }
}

fn tell(sums: &[TableSum], to: &str, mut output: Output) -> Result<(), Failure> {
    let head = ["TABLE", "ROWS", "CHECKSUM"].map(str::to_owned);
    let row = |sum: &TableSum| {
        [sum.table.to_owned(), sum.rows.to_string(), sum.checksum.chars().take(16).collect::<String>()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(sums.iter().map(row)).collect();
    for line in Table::new().lines(&rows) {
        output.line(&line)?;
    }
    output.line(&format!("{to} holds {}, compared row by row", accounts(sums)))?;
    output.line(
        "sessions and keys came along: with the same SECRET_KEY, or the same data/secret_key, nobody is signed out",
    )?;
    Ok(output.end()?)
}
