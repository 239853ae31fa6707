//! A lock on a file, with its holder's number in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;

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
    /// Something else has the name: a link, a folder, somebody else's file.
    NotOurs,
    /// The file cannot be opened, locked or written.
    Failed(io::Error),
}

impl Lock {
    /// Takes the lock, or says who has it. What is not a lock file of ours is neither followed nor written.
    pub(super) fn take(path: &Path) -> Result<Self, Refused> {
        loop {
            let mut file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Refused::Held(holder(&mut file))),
                Err(TryLockError::Error(reason)) => return Err(Refused::Failed(reason)),
            }
            // A lock on a file that was removed meanwhile keeps nobody out.
            if !is_still_there(&file, path).map_err(Refused::Failed)? {
                continue;
            }
            file.set_len(0).map_err(Refused::Failed)?;
            writeln!(file, "{}", process::id()).map_err(Refused::Failed)?;
            return Ok(Self { _file: file });
        }
    }

    /// Takes the lock when it becomes free, at most this much later.
    pub(super) async fn wait(path: &Path, patience: Duration) -> Result<Self, Refused> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::take(path) {
                Err(Refused::Held(_)) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }
}

fn open(path: &Path) -> Result<File, Refused> {
    let mut options = OpenOptions::new();
    // Not truncated: until the lock is ours, the text in it is its holder's.
    options.read(true).write(true).create(true).truncate(false).mode(ONLY_OWNER);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path).map_err(|reason| match Errno::from_io_error(&reason) {
        Some(Errno::LOOP | Errno::ISDIR) => Refused::NotOurs,
        _ => Refused::Failed(reason),
    })?;
    let found = file.metadata().map_err(Refused::Failed)?;
    // A second name would be another file's.
    let is_ours = found.is_file() && found.uid() == geteuid().as_raw() && found.nlink() <= 1;
    if is_ours { Ok(file) } else { Err(Refused::NotOurs) }
}

/// Whether the path still leads to this file.
pub(super) fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
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
