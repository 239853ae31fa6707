//! Whose the folder and its files are, and who else may read them.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access, access};
use rustix::process::geteuid;

use super::{DataFolderError, ONLY_OWNER, beside};
use crate::server::config::one_line;

/// What takes a folder from everybody but its owner and group.
const OTHERS: &str = "o-rwx";

/// Who does not own the folder cannot change it, but may make one in it.
pub(super) fn another_way(path: &Path, remedy: &str) -> String {
    let inside = || format!(", or take a folder in it: --data {}", shell_word(&path.join("latchkey")));
    if remedy == OTHERS { inside() } else { String::new() }
}

/// Lets a folder pass that is ours and ours alone. One of somebody else's, as container volumes are, passes when its owner
/// has let us in by its group: then what we make in it is ours.
pub(super) fn check_folder(path: &Path) -> Result<(), DataFolderError> {
    let refused = |reason| DataFolderError::ReadOnly { path: path.to_owned(), reason };
    let metadata = fs::metadata(path).map_err(refused)?;
    let (owner, mode, us) = (metadata.uid(), metadata.mode() & 0o7777, geteuid().as_raw());
    // Asked of the kernel, because an old file may be writable in a folder that no longer is.
    let writable = access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK);
    if owner != us && (us == 0 || writable.is_err()) {
        return Err(DataFolderError::BelongsToOther { what: "the data folder", path: path.to_owned(), owner });
    }
    writable.map_err(|reason| refused(reason.into()))?;
    let (forbidden, remedy) = if owner == us { (0o077, "700") } else { (0o007, OTHERS) };
    if mode & forbidden != 0 {
        return Err(DataFolderError::NotPrivate { path: path.to_owned(), mode, remedy });
    }
    Ok(())
}

/// Lets a database's folder pass when its files cannot be swapped by just anybody: not even the sticky bit keeps others
/// from putting links where ours will be.
pub(super) fn check_place(database: &Path) -> Result<(), DataFolderError> {
    let Some(folder) = database.parent() else { return Ok(()) };
    // What cannot be looked at is explained better by who opens it.
    match fs::metadata(folder) {
        Ok(metadata) if metadata.mode() & 0o002 != 0 => {
            Err(DataFolderError::OpenToAll { path: folder.to_owned(), mode: metadata.mode() & 0o7777 })
        }
        _ => Ok(()),
    }
}

/// Lets the database's files pass when they are ours, and makes them private.
pub(super) fn check_database(database: &Path) -> Result<(), DataFolderError> {
    for path in ["", "-wal", "-shm"].map(|suffix| beside(database, suffix)) {
        check_owner("the database", &path)?;
        match tighten("the database", &path) {
            // The files beside it come and go with the processes that use it.
            Err(reason) if reason.kind() != ErrorKind::NotFound => {
                return Err(DataFolderError::Permissions { path, reason });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lets a file pass that is ours, or not there.
pub(super) fn check_owner(what: &'static str, path: &Path) -> Result<(), DataFolderError> {
    // What cannot be looked at is explained better by who opens it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.uid() != geteuid().as_raw() => {
            Err(DataFolderError::BelongsToOther { what, path: path.to_owned(), owner: metadata.uid() })
        }
        _ => Ok(()),
    }
}

/// Makes a file readable for its owner alone; warns when it was not.
pub(super) fn tighten(what: &str, path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let mode = metadata.mode() & 0o7777;
    if !metadata.is_file() || mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(ONLY_OWNER))?;
    let shown = one_line(path);
    tracing::warn!(
        "{what} in {shown} could be read by other users (mode {mode:04o}) and may have been copied; it is private now"
    );
    Ok(())
}

/// A path as a shell takes it.
pub(super) fn shell_word(path: &Path) -> String {
    let text = one_line(path);
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
