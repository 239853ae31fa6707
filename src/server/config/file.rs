//! `latchkey.toml`: flat `key = value` lines.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::error::{ConfigError, one_line};
use super::layers::{Origin, Values};
use super::nearest::nearest;
use super::settings::SETTINGS;

const DEFAULT_NAME: &str = "latchkey.toml";

/// Reads `named`, or `latchkey.toml` in the current folder when there is one.
pub(super) fn read(named: Option<&Path>, current_dir: &Path, values: &mut Values) -> Result<(), ConfigError> {
    let path = current_dir.join(named.unwrap_or(Path::new(DEFAULT_NAME)));
    let (text, access) = match open(&path) {
        Ok(content) => content,
        Err(error) if named.is_none() && is_absent(&path, &error) => return Ok(()),
        Err(error) => {
            return Err(ConfigError::Unreadable { path, reason: error.to_string() });
        }
    };
    let table = text.parse::<toml::Table>().map_err(|error| malformed(&path, &text, &error))?;
    // Read to the end, so that `latchkey config` lists all of it; the first fault is the one that is told.
    table.into_iter().map(|(key, value)| take((&path, access), &key, &value, values)).fold(Ok(()), Result::and)
}

fn take(
    (path, access): (&Path, Access),
    key: &str,
    value: &toml::Value,
    values: &mut Values,
) -> Result<(), ConfigError> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
        return Err(ConfigError::Unknown {
            kind: format!("key in {}:", one_line(path)),
            suggestion: nearest(key).map(|setting| setting.key.to_owned()),
            name: one_line(key),
        });
    };
    let text = match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    };
    // Set even when it is refused, so that the error names the file.
    values.set(setting, text.clone().unwrap_or_default(), Origin::File(path.to_owned()));
    values.note_access(setting, path, access);
    match text {
        Some(_) => Ok(()),
        None => Err(values.invalid(setting, "must be a string, a whole number, true or false")),
    }
}

/// Who may open a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Its owner and group.
    Limited,
    /// Every user of the machine.
    Everybody,
}

/// The text of a settings file, and who may open it: asked of the open file, so that both are of the same one.
pub(super) fn open(path: &Path) -> io::Result<(String, Access)> {
    let mut file = File::open(path)?;
    let is_open = file.metadata()?.permissions().mode() & 0o007 != 0;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, if is_open { Access::Everybody } else { Access::Limited }))
}

/// Whether there is no such file for us. A folder that we may not look into has none: `sudo -u latchkey` is typed in the
/// home of somebody else. A file that is there and cannot be read is another matter.
pub(super) fn is_absent(path: &Path, error: &io::Error) -> bool {
    let is_hidden = |error: io::Error| error.kind() == ErrorKind::PermissionDenied;
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::PermissionDenied => fs::symlink_metadata(path).is_err_and(is_hidden),
        _ => false,
    }
}

/// The parser's own text quotes the line, which may hold the secret; only its message and the line's number are used.
fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    let reason = error.message().lines().map(str::trim).collect::<Vec<_>>().join(", ");
    ConfigError::Malformed { path: path.to_owned(), line, reason: one_line(reason) }
}
