//! Environment variables, and `.env` in the current folder, which stands in for them.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::error::{ConfigError, one_line};
use super::file;
use super::layers::{Origin, Values};
use super::nearest::nearest;
use super::settings::{SETTINGS, Setting};

const PREFIX: &str = "LATCHKEY_";

/// Takes our names out of the environment and refuses names that only look like ours.
pub(super) fn read(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    values: &mut Values,
) -> Result<(), ConfigError> {
    // To the end, also past a fault: `latchkey config` lists all that is set.
    environment.into_iter().map(|(name, value)| take(&name.to_string_lossy(), value, values)).fold(Ok(()), Result::and)
}

fn take(name: &str, value: OsString, values: &mut Values) -> Result<(), ConfigError> {
    if is_kubernetes_link(name, &value) {
        return Ok(());
    }
    let Some(setting) = known(name, "variable")? else { return Ok(()) };
    let text = value.into_string();
    values.set(setting, text.clone().unwrap_or_default(), Origin::Environment);
    match text {
        Ok(_) => Ok(()),
        Err(_) => Err(values.invalid(setting, "is not valid UTF-8; write it again")),
    }
}

/// Reads `.env`, if there is one. Values follow dotenv's rules: one with a `$` belongs in single quotes.
pub(super) fn read_dot_env(current_dir: &Path, values: &mut Values) -> Result<(), ConfigError> {
    let path = current_dir.join(".env");
    let Some((text, access)) = file::open_found(&path)? else { return Ok(()) };
    let text = text.trim_start_matches('\u{feff}');
    let mut outcome = Ok(());
    for pair in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, value) = pair.map_err(|error| malformed(&path, text, &error))?;
        match known(&name, "variable in .env:") {
            Ok(Some(setting)) => {
                values.set(setting, value, Origin::DotEnv);
                values.note_access(setting, &path, access);
            }
            Ok(None) => {}
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}

fn known(name: &str, kind: &str) -> Result<Option<&'static Setting>, ConfigError> {
    match SETTINGS.iter().find(|setting| setting.variable == name) {
        Some(setting) => Ok(Some(setting)),
        None if name.starts_with(PREFIX) => Err(ConfigError::Unknown {
            kind: kind.to_owned(),
            name: one_line(name),
            suggestion: nearest(name).map(|setting| setting.variable.to_owned()),
        }),
        None => Ok(None),
    }
}

/// Kubernetes gives every pod variables for each service; one called `latchkey` must not stop ours from starting.
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>
fn is_kubernetes_link(name: &str, value: &OsStr) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let value = value.to_string_lossy();
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_port_detail =
        rest.strip_prefix("PORT_").is_some_and(|detail| detail.starts_with(|first: char| first.is_ascii_digit()));
    matches!(rest, "SERVICE_HOST" | "SERVICE_PORT")
        || rest.starts_with("SERVICE_PORT_")
        || is_port_detail
        || (rest == "PORT" && is_address)
}

/// The parser's own text quotes the line or its value, which may be the secret; here it only finds the line's number.
fn malformed(path: &Path, text: &str, error: &dotenvy::Error) -> ConfigError {
    let culprit = match error {
        dotenvy::Error::LineParse(line, _) => line.lines().next(),
        _ => None,
    };
    let position = culprit.and_then(|culprit| text.lines().position(|line| line.contains(culprit)));
    ConfigError::Malformed {
        path: path.to_owned(),
        line: 1 + position.unwrap_or(0),
        reason: "write NAME=value, with quotes around a value that holds spaces".to_owned(),
    }
}
