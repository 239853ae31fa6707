//! The command's door: `latchkey user import FILE [--dry-run]`.

use std::path::{Path, PathBuf};

use super::file::{self, ReadError};
use super::report::Report;
use super::service::{self, Input};
use crate::domain::{AuthError, Language, Role, text};
use crate::server::caller::Caller;
use crate::server::config::one_line;
use crate::server::state::AppState;

/// Why there is no report. One line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", one_line(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What stood in the way.
        reason: ReadError,
    },
    /// The import was refused or failed; nothing was written.
    #[error("nothing was imported: {}", text::error(Language::English, .0))]
    Refused(AuthError),
}

/// Imports `file`, or says what would be imported. The report's text is for standard output; when it
/// [is refused](Report::is_refused) the command failed.
///
/// # Errors
/// [`ImportError`].
pub async fn run(state: &AppState, caller: &Caller, file: &Path, dry_run: bool) -> Result<Report, ImportError> {
    // Asked before the file is read, too: it may name a file that the caller must not see.
    caller.require(&Role::ADMIN).map_err(ImportError::Refused)?;
    let unreadable = |reason| ImportError::Unreadable { path: file.to_owned(), reason };
    // Asked before it is opened: closing it would take the locks away that this process has on it.
    if state.store.has_file(file) {
        return Err(unreadable(ReadError::Own));
    }
    let source = file::read(file).await.map_err(unreadable)?;
    service::import(state, caller, Input { source, dry_run }).await.map_err(ImportError::Refused)
}
