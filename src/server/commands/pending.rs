//! Commands whose rooms are not built yet.

use std::path::Path;

use super::Failure;
use super::output::Output;
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// `latchkey user password NAME`
pub(super) async fn password(_: &AppState, _: &Caller, _: &str, _: &mut Output) -> Result<(), Failure> {
    Err(Failure::refused("not built yet"))
}

/// `latchkey user import FILE [--dry-run]`
pub(super) async fn import(_: &AppState, _: &Caller, _: &Path, _: bool, _: &mut Output) -> Result<(), Failure> {
    Err(Failure::refused("not built yet"))
}
