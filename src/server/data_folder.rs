//! The data folder and the database file beside or in it: private to their user, with the generated secret; one server at a
//! time, commands beside it. Where accounts are kept by a database server, any number of processes may use one folder.
//!
//! Two locks (each a file, which the kernel lets go of however its process ends). The *serving* lock keeps a second server
//! out; the *set-up* lock is held for a moment by every process while it makes what is missing: secret, schema, keys.
//! Folder before database, everywhere, so that two processes cannot wait for each other.

mod error;
mod lock;
mod privacy;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

pub use error::DataFolderError;
use lock::{Lock, Refused};

const SERVING: &str = "latchkey.lock";
const SET_UP: &str = "set-up.lock";
const SECRET: &str = "secret_key";
const SECRET_BYTES: usize = 32;
const ONLY_OWNER: u32 = 0o600;
/// How long a process waits for others to finish their set-up.
const SET_UP_PATIENCE: Duration = Duration::from_secs(30);

/// A data folder that belongs to us, and the database's file, if it is one.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    database: Option<PathBuf>,
}

/// While this value lives, no other server serves from this folder or this database file.
#[derive(Debug)]
pub struct Serving {
    _locks: Vec<Lock>,
}

/// While this value lives, no other process makes a secret, a schema or keys here.
#[derive(Debug)]
pub struct SettingUp {
    _locks: Vec<Lock>,
}

impl DataFolder {
    /// Makes the folder if need be (0700, missing parents too) and checks that it and the database's files are ours and
    /// private. Files that others could read are made private, with a warning in the log.
    ///
    /// # Errors
    /// When the folder is not one, cannot be made or written, belongs to somebody else or is open to others; when the
    /// database belongs to somebody else, is a link to nothing or lies where others may write.
    pub fn open(path: &Path, database: Option<&Path>) -> Result<Self, DataFolderError> {
        create(path)?;
        privacy::check_folder(path)?;
        privacy::check_owner("the secret", &path.join(SECRET))?;
        let database = database.map(checked).transpose()?;
        Ok(Self { path: path.to_owned(), database })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps every other server from this folder and from this database file, wherever it lies. With a database server there
    /// is nothing to keep.
    ///
    /// # Errors
    /// When another process serves from either; it is named.
    pub fn serve(&self) -> Result<Serving, DataFolderError> {
        let Some(database) = &self.database else { return Ok(Serving { _locks: Vec::new() }) };
        let folder = take(&self.path.join(SERVING), ("data folder", &self.path, "LATCHKEY_DATA"))?;
        let database = take(&beside(database, ".lock"), ("database", database, "DATABASE_URL"))?;
        Ok(Serving { _locks: vec![folder, database] })
    }

    /// Keeps servers from a database file, whatever their data folder is: each holds this lock of its own.
    ///
    /// # Errors
    /// When the file is open to others or somebody else's, or a server serves from it.
    pub fn serve_database(database: &Path) -> Result<Serving, DataFolderError> {
        let database = checked(database)?;
        let lock = take(&beside(&database, ".lock"), ("database", &database, "DATABASE_URL"))?;
        Ok(Serving { _locks: vec![lock] })
    }

    /// Waits for other processes to finish making things here, then keeps them from it. Who stops waiting
    /// leaves nothing behind.
    ///
    /// # Errors
    /// When the wait takes longer than half a minute.
    pub async fn set_up(&self) -> Result<SettingUp, DataFolderError> {
        self.set_up_within(SET_UP_PATIENCE).await
    }

    async fn set_up_within(&self, patience: Duration) -> Result<SettingUp, DataFolderError> {
        let mut files = vec![self.path.join(SET_UP)];
        if let Some(database) = &self.database
            && !fs::canonicalize(&self.path).is_ok_and(|folder| database.parent() == Some(&folder))
        {
            files.push(beside(database, ".set-up.lock"));
        }
        let mut locks = Vec::new();
        for path in files {
            locks.push(Lock::wait(&path, patience).await.map_err(|refused| match refused {
                Refused::Held(_) => DataFolderError::SettingUp(self.path.clone()),
                Refused::NotOurs => DataFolderError::NotALock(path),
                Refused::Failed(reason) => DataFolderError::Lock { path, reason },
            })?);
        }
        Ok(SettingUp { _locks: locks })
    }

    /// The root secret of a development server: 64 hexadecimal digits, the same at every start. The first call in a
    /// folder's life makes it from 32 bytes of `random`, which must be cryptographically strong. To be called during
    /// [`set_up`](Self::set_up).
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

    /// After a crash at any moment the file is absent or complete. The set-up lock makes us the only writer, so that a
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

fn take(file: &Path, (what, path, setting): (&'static str, &Path, &'static str)) -> Result<Lock, DataFolderError> {
    Lock::take(file).map_err(|refused| match refused {
        Refused::Held(holder) => DataFolderError::InUse { what, path: path.to_owned(), holder, setting },
        Refused::NotOurs => DataFolderError::NotALock(file.to_owned()),
        Refused::Failed(reason) => DataFolderError::Lock { path: file.to_owned(), reason },
    })
}

/// A database's file that is ours and private, under the one name of all links to it.
fn checked(database: &Path) -> Result<PathBuf, DataFolderError> {
    privacy::check_place(database)?;
    let database = canonical(database)?;
    privacy::check_place(&database)?;
    privacy::check_database(&database)?;
    Ok(database)
}

/// One file has one lock, whatever links lead to it.
fn canonical(database: &Path) -> Result<PathBuf, DataFolderError> {
    if let Ok(file) = fs::canonicalize(database) {
        return Ok(file);
    }
    if fs::symlink_metadata(database).is_ok_and(|found| found.is_symlink()) {
        return Err(DataFolderError::DanglingLink(database.to_owned()));
    }
    let by_parent = || Some(fs::canonicalize(database.parent()?).ok()?.join(database.file_name()?));
    Ok(by_parent().unwrap_or_else(|| database.to_owned()))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Reads a file that only its owner should read, and takes away what others were given meanwhile.
fn read_private(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    privacy::tighten("the secret", path)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    File::open(path)?.take(256).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse_secret(bytes: &[u8]) -> Option<SecretString> {
    // An editor may have put a line end behind it.
    let bytes = bytes.trim_ascii_end();
    let is_ours = bytes.len() == 2 * SECRET_BYTES && bytes.iter().all(u8::is_ascii_hexdigit);
    let text = str::from_utf8(bytes).ok().filter(|_| is_ours)?;
    Some(SecretString::from(text))
}
