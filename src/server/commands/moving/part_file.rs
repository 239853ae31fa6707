//! A file that has its name only when it is complete.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::server::config::one_line;

const ONLY_OWNER: u32 = 0o600;

/// Why the file cannot be written. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartFileError {
    #[error("there is a file {0} already, and it is not written over; choose another name")]
    Exists(String),
    #[error("another backup is writing {0} at this moment; wait for it, or choose another name")]
    Busy(String),
    #[error("{0} is not a file of yours; remove it, or choose another name")]
    NotOurs(String),
    #[error("cannot write {file}: {reason}; check that the folder exists, is writable and has room")]
    Failed { file: String, reason: io::Error },
}

/// The file under its temporary name, `FILE.part`, which goes with this value. One that a killed process left behind is nobody's,
/// which its lock tells, and is written over.
pub(super) struct PartFile {
    file: PathBuf,
    part: PathBuf,
    /// Holds the lock. Opened before SQLite opens it and closed after: SQLite's own locks of a file end when any is closed.
    handle: File,
}

impl PartFile {
    pub(super) fn make(file: &Path) -> Result<Self, PartFileError> {
        let failed = |reason| PartFileError::Failed { file: one_line(file), reason };
        if fs::symlink_metadata(file).is_ok() {
            return Err(PartFileError::Exists(one_line(file)));
        }
        if file.file_name().is_none() || file.to_str().is_none() {
            return Err(failed(ErrorKind::InvalidFilename.into()));
        }
        let part = beside(file, ".part");
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(ONLY_OWNER).custom_flags(flags);
        let handle = options.open(&part).map_err(failed)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PartFileError::Busy(one_line(file))),
            Err(TryLockError::Error(reason)) => return Err(failed(reason)),
        }
        let facts = handle.metadata().map_err(failed)?;
        if facts.nlink() == 0 {
            // Who had the lock before us has just given it its name.
            return Err(PartFileError::Busy(one_line(file)));
        }
        if !facts.is_file() || facts.uid() != geteuid().as_raw() || facts.nlink() != 1 {
            return Err(PartFileError::NotOurs(one_line(&part)));
        }
        let made = Self { file: file.to_owned(), part, handle };
        made.handle.set_permissions(Permissions::from_mode(ONLY_OWNER)).map_err(failed)?;
        made.handle.set_len(0).map_err(failed)?;
        made.remove_beside();
        Ok(made)
    }

    /// What is to be written.
    pub(super) fn path(&self) -> &Path {
        &self.part
    }

    /// Gives it its name, when all of it is on the disk; says how long it is. A file that came there meanwhile stays.
    pub(super) fn finish(self) -> Result<u64, PartFileError> {
        let failed = |reason| PartFileError::Failed { file: one_line(&self.file), reason };
        self.handle.sync_all().map_err(failed)?;
        let bytes = self.handle.metadata().map_err(failed)?.len();
        // A link, because renaming would replace what has the name.
        fs::hard_link(&self.part, &self.file).map_err(|reason| match reason.kind() {
            ErrorKind::AlreadyExists => PartFileError::Exists(one_line(&self.file)),
            _ => failed(reason),
        })?;
        fs::remove_file(&self.part).map_err(failed)?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(bytes)
    }

    fn remove_beside(&self) {
        for end in ["-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&self.part, end));
        }
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
        self.remove_beside();
    }
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}
