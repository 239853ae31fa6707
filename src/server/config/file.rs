//! `latchkey.toml`: flat `key = value` lines.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::{getegid, geteuid};

use super::error::{ConfigError, named, one_line};
use super::layers::{Origin, Values};
use super::nearest::nearest;
use super::settings::SETTINGS;

const DEFAULT_NAME: &str = "latchkey.toml";

/// Reads `named`, or `latchkey.toml` in the current folder when there is one.
pub(super) fn read(named: Option<&Path>, current_dir: &Path, values: &mut Values) -> Result<(), ConfigError> {
    let path = current_dir.join(named.unwrap_or(Path::new(DEFAULT_NAME)));
    let content = if named.is_some() { open_named(&path).map(Some) } else { open_found(&path) };
    let Some((text, access)) = content? else { return Ok(()) };
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
            name: named(key),
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

type Content = (String, Access);

/// The settings file that the operator named: whose it is they know.
fn open_named(path: &Path) -> Result<Content, ConfigError> {
    let read =
        File::open(path).and_then(|file| Ok((file.metadata()?, file))).and_then(|(facts, file)| text(file, &facts));
    read.map_err(|error| unreadable(path, &error))
}

/// A settings file that lies in the current folder, or none. One that somebody else wrote, or could change, is refused: a
/// command may be typed in any folder, and that somebody would choose the database and the address of every link.
pub(super) fn open_found(path: &Path) -> Result<Option<Content>, ConfigError> {
    // A stranger's pipe must not keep us waiting.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default());
    // Asked of the open file, so that facts and text are of the same one; the link that leads to it counts too.
    let opened = options.open(path).and_then(|file| Ok((file.metadata()?, fs::symlink_metadata(path)?, file)));
    let (facts, link, file) = match opened {
        Ok(opened) => opened,
        Err(error) if is_absent(path, &error) => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    for owner in [facts.uid(), link.uid()] {
        if owner != 0 && owner != geteuid().as_raw() {
            return Err(ConfigError::Strangers { path: path.to_owned(), owner });
        }
    }
    // A group of one's own may write: many systems give everybody one.
    let others = if facts.gid() == getegid().as_raw() { 0o002 } else { 0o022 };
    if facts.mode() & others != 0 {
        return Err(ConfigError::Changeable { path: path.to_owned(), mode: facts.mode() & 0o7777 });
    }
    text(file, &facts).map(Some).map_err(|error| unreadable(path, &error))
}

fn text(mut file: File, facts: &Metadata) -> io::Result<Content> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, if facts.mode() & 0o007 != 0 { Access::Everybody } else { Access::Limited }))
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

/// Whether there is no such file for us. A folder that we may not look into has none: `sudo -u latchkey` is typed in the
/// home of somebody else. A file that is there and cannot be read is another matter.
fn is_absent(path: &Path, error: &io::Error) -> bool {
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
