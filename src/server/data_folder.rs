//! The data folder: one process at a time, private to its user, with the generated secret in it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{Access, access};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::config::one_line;

const LOCK: &str = "latchkey.lock";
const SECRET: &str = "secret_key";
const SECRET_BYTES: usize = 32;
const ONLY_OWNER: u32 = 0o600;

/// An open data folder. No other process can open the same one until this value is dropped or the process ends,
/// however it ends: the kernel lets go of the lock.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why the data folder cannot be used; one line that names it.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Something else has the name.
    #[error("the data folder {} is not a folder; choose another with LATCHKEY_DATA", one_line(.0))]
    NotAFolder(PathBuf),
    /// It does not exist and cannot be made.
    #[error("cannot create the data folder {}: {reason}; choose another with LATCHKEY_DATA", one_line(.path))]
    Create {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        reason: io::Error,
    },
    /// It exists and refuses us.
    #[error("cannot write in the data folder {}: {reason}; make it writable or choose another with LATCHKEY_DATA", one_line(.path))]
    ReadOnly {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        reason: io::Error,
    },
    /// Another process serves from it.
    #[error(
        "the data folder {} is in use by another latchkey ({holder}); stop that one or choose another with LATCHKEY_DATA",
        one_line(.path)
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// "process 123", as the other one wrote it.
        holder: String,
    },
    /// The generated secret is there but is not what we wrote.
    #[error("the generated secret in {} is damaged; restore the file from a backup or set SECRET_KEY", one_line(.0))]
    DamagedSecret(PathBuf),
    /// The generated secret cannot be read or kept.
    #[error("cannot keep the generated secret in {}: {reason}", one_line(.path))]
    Secret {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: io::Error,
    },
}

impl DataFolder {
    /// Makes the folder if need be (0700, missing parents too) and takes its lock.
    ///
    /// # Errors
    /// When it is not a folder, cannot be made or written, or another process has it.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        create(path)?;
        // Asked of the kernel, because an old lock file may be writable in a folder that no longer is.
        access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|reason| DataFolderError::ReadOnly { path: path.to_owned(), reason: reason.into() })?;
        let lock = take_lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The root secret of a development server: 64 hexadecimal digits, the same at every start. The first call in a
    /// folder's life makes it from 32 bytes of `random`, which must be cryptographically strong.
    ///
    /// # Errors
    /// When the file is damaged, or cannot be read or written.
    pub fn secret_key(&self, random: impl FnOnce(&mut [u8])) -> Result<SecretString, DataFolderError> {
        let path = self.path.join(SECRET);
        let failed = |reason| DataFolderError::Secret { path: path.clone(), reason };
        match read_private(&path) {
            Ok(bytes) => parse_secret(&bytes).ok_or_else(|| DataFolderError::DamagedSecret(path.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
                random(bytes.as_mut());
                let text = Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
                self.write_private(SECRET, text.as_bytes()).map_err(failed)?;
                Ok(SecretString::from(text.as_str()))
            }
            Err(reason) => Err(failed(reason)),
        }
    }

    /// After a crash at any moment the file is absent or complete. The lock makes us the only writer, so that a
    /// left-over temporary file is nobody's.
    fn write_private(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.path.join(format!("{name}.new"));
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(ONLY_OWNER).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, self.path.join(name))?;
        File::open(&self.path)?.sync_all()
    }
}

fn create(path: &Path) -> Result<(), DataFolderError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(DataFolderError::NotAFolder(path.to_owned())),
        Err(_) => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|reason| DataFolderError::Create { path: path.to_owned(), reason }),
    }
}

fn take_lock(folder: &Path) -> Result<File, DataFolderError> {
    let refused = |reason| DataFolderError::ReadOnly { path: folder.to_owned(), reason };
    let mut options = OpenOptions::new();
    // Not truncated: until the lock is ours, the text in it is its holder's.
    options.read(true).write(true).create(true).truncate(false).mode(ONLY_OWNER);
    let mut file = options.open(folder.join(LOCK)).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DataFolderError::InUse { path: folder.to_owned(), holder: holder(&mut file) });
        }
        Err(TryLockError::Error(reason)) => return Err(refused(reason)),
    }
    file.set_len(0).map_err(refused)?;
    writeln!(file, "{}", process::id()).map_err(refused)?;
    Ok(file)
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

/// Reads a file that only its owner should read, and takes away what others were given meanwhile.
fn read_private(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(ONLY_OWNER))?;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    file.take(256).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse_secret(bytes: &[u8]) -> Option<SecretString> {
    // An editor may have put a line end behind it.
    let bytes = bytes.trim_ascii_end();
    let is_ours = bytes.len() == 2 * SECRET_BYTES && bytes.iter().all(u8::is_ascii_hexdigit);
    let text = str::from_utf8(bytes).ok().filter(|_| is_ours)?;
    Some(SecretString::from(text))
}

#[cfg(test)]
mod tests;
