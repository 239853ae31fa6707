//! What can be wrong with the data folder, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::{SET_UP_PATIENCE, privacy};
use crate::server::config::one_line;

/// Why the data folder or the database's file cannot be used; one line that names it.
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
    /// Files made here by us could not be opened by its owner, or the other way round.
    #[error("{what} {} belongs to user {owner}; run this as that user, such as: sudo -u '#{owner}' latchkey …", one_line(.path))]
    BelongsToOther {
        /// "the data folder" or what file it is.
        what: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// The owner's number.
        owner: u32,
    },
    /// Others may look into it.
    #[error("the data folder {} can be read by other users (mode {mode:04o}); run: chmod {remedy} {}{}", one_line(.path), privacy::shell_word(.path), privacy::another_way(.path, remedy))]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What to give chmod.
        remedy: &'static str,
    },
    /// Others may put files and links into it.
    #[error("the folder {} of the database can be written by other users (mode {mode:04o}); run: chmod o-w {}, or choose another with DATABASE_URL", one_line(.path), privacy::shell_word(.path))]
    OpenToAll {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A link that leads nowhere: which file it will be, and so whose lock, cannot be said.
    #[error("the database {} is a link to a file that is not there; name the file itself with DATABASE_URL", one_line(.0))]
    DanglingLink(PathBuf),
    /// Another process serves from it.
    #[error("the {what} {} is in use by another latchkey ({holder}); stop that one or choose another with {setting}", one_line(.path))]
    InUse {
        /// "data folder" or "database".
        what: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// "process 123", as the other one wrote it.
        holder: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// Another process has been making things for too long.
    #[error("another latchkey has been setting up {} for {} seconds; try again when it is done", one_line(.0), SET_UP_PATIENCE.as_secs())]
    SettingUp(PathBuf),
    /// Something else has a lock file's name.
    #[error("{} is not a lock file of latchkey's but a link, a folder, somebody else's, or has a second name; look at it and remove it", one_line(.0))]
    NotALock(PathBuf),
    /// A lock file cannot be opened or written.
    #[error("cannot lock {}: {reason}; check that its folder exists and is writable", one_line(.path))]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The system's answer.
        reason: io::Error,
    },
    /// A file's permissions cannot be read or changed.
    #[error("cannot make {} private: {reason}", one_line(.path))]
    Permissions {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: io::Error,
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

impl DataFolderError {
    /// For who must have the database alone: another folder would be no help.
    pub fn alone(&self) -> String {
        match self {
            Self::InUse { what, path, holder, .. } => {
                format!("the {what} {} is in use by another latchkey ({holder}); stop that one first", one_line(path))
            }
            other => other.to_string(),
        }
    }
}
