//! A lock on a file, with its holder's number in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{process, thread};

use super::ONLY_OWNER;

/// How long a waiting process lets the others be between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Held until it is dropped or its process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// By whom: "process 123".
    Held(String),
    /// The file cannot be opened, locked or written.
    Failed(io::Error),
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self, Refused> {
        let mut options = OpenOptions::new();
        // Not truncated: until the lock is ours, the text in it is its holder's.
        options.read(true).write(true).create(true).truncate(false).mode(ONLY_OWNER);
        let mut file = options.open(path).map_err(Refused::Failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Refused::Held(holder(&mut file))),
            Err(TryLockError::Error(reason)) => return Err(Refused::Failed(reason)),
        }
        file.set_len(0).map_err(Refused::Failed)?;
        writeln!(file, "{}", process::id()).map_err(Refused::Failed)?;
        Ok(Self { _file: file })
    }

    /// Takes the lock when it becomes free, at most this much later.
    pub(super) fn wait(path: &Path, patience: Duration) -> Result<Self, Refused> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::take(path) {
                Err(Refused::Held(_)) if Instant::now() < deadline => thread::sleep(PAUSE),
                outcome => return outcome,
            }
        }
    }
}

/// The first process may hold the lock and not have written its number yet.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let is_read = file.take(20).read_to_string(&mut text).is_ok();
    match text.trim().parse::<u32>() {
        Ok(id) if is_read => format!("process {id}"),
        _ => "just starting".to_owned(),
    }
}
