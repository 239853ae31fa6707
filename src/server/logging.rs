//! The log: standard error, for people on a terminal and as JSON elsewhere. Never a secret: see the canary test.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::config::quoted;

/// The target of what the operator and administrators do to accounts: commands log it, too.
pub const AUDIT: &str = "latchkey::audit";

/// What a command logs when nobody has said anything else: warnings, and what it changes.
pub const COMMANDS: &str = "warn,latchkey::audit=info";

/// What `LATCHKEY_LOG` says, understood.
///
/// # Errors
/// One line that says what is wrong with it.
pub fn parse_filter(filter: &str, log_sql: bool) -> Result<EnvFilter, String> {
    let text = if log_sql { format!("{filter},sqlx::query=info") } else { filter.to_owned() };
    EnvFilter::try_new(text).map_err(|_| {
        let given = quoted(filter);
        format!(
            "LATCHKEY_LOG holds {given}, which is no log filter; use error, warn, info, debug, or latchkey=debug,info"
        )
    })
}

/// Writes the log to `writer` from now on. Does nothing when there is a log already.
pub fn start<W>(filter: EnvFilter, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // A log that cannot be written, on a full disk, must cost no request: by default that is told on standard error, where it panics.
    let builder = tracing_subscriber::fmt().log_internal_errors(false).with_env_filter(filter).with_writer(writer);
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_ansi(false).try_init()
    };
}

/// Logs where a panic happened and nothing of what it says: its words may hold somebody's data (PWD-6).
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%place, "panicked at {place}");
    }));
}
