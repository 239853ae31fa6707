//! Which format a file has is told by its content, never by its name.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Place};
use super::report::{Faults, Format};
use super::{MAX_BYTES, MAX_ROWS, csv, json_lines, sqlite};
use crate::server::store::ForeignError;

const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file as it was read: candidates, and what could not be read.
#[derive(Debug)]
pub struct Source {
    /// How it is written.
    pub format: Format,
    /// Rows found, readable or not.
    pub rows: usize,
    /// The readable ones.
    pub candidates: Vec<Candidate>,
    /// What keeps it out already.
    pub faults: Faults,
    /// Whether it has ids.
    pub has_ids: bool,
}

impl Source {
    /// Nothing yet.
    pub fn new(format: Format) -> Self {
        Self { format, rows: 0, candidates: Vec::new(), faults: Faults::default(), has_ids: false }
    }

    /// Notes that there are more rows than one import takes.
    pub fn too_many(&mut self, max_rows: usize) {
        self.faults.add(&Place::File, || format!("more than {max_rows} accounts; split it into several files"));
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// SQLite refused, or what it says is not to be believed.
    #[error("{0}")]
    Sqlite(#[from] ForeignError),
    /// It is the one into which the accounts would go.
    #[error("it belongs to this latchkey's own database; name the file of the other application")]
    Own,
    /// More than is read into memory.
    #[error("it is larger than 1 GiB; split it into several files")]
    TooLarge,
}

/// Reads a file of any format.
///
/// # Errors
/// [`ReadError`].
pub async fn read(path: &Path) -> Result<Source, ReadError> {
    let file = path.to_owned();
    let read = tokio::task::spawn_blocking(move || read_text(&file)).await.map_err(io::Error::other)?;
    match read? {
        Some(source) => Ok(source),
        None => Ok(sqlite::read(path, MAX_ROWS).await?),
    }
}

/// `None` for a SQLite database.
fn read_text(path: &PathBuf) -> Result<Option<Source>, ReadError> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?;
    file.by_ref().take(SQLITE_MAGIC.len() as u64).read_to_end(&mut bytes)?;
    if bytes == SQLITE_MAGIC {
        return Ok(None);
    }
    let announced = file.metadata()?.len();
    // A pipe announces nothing.
    let read = if announced > MAX_BYTES { announced } else { file.take(MAX_BYTES).read_to_end(&mut bytes)? as u64 };
    if read >= MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    Ok(Some(parse(&bytes, MAX_ROWS)))
}

fn parse(bytes: &[u8], max_rows: usize) -> Source {
    let refused = |format: Format, text: &str| {
        let mut source = Source::new(format);
        source.faults.add(&Place::File, || text.to_owned());
        source
    };
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match text.trim_ascii_start() {
        [] => refused(Format::Csv, "there is nothing in it; is it the right file?"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => refused(Format::Csv, "this is UTF-16; save the file as UTF-8"),
        [b'[', ..] => refused(Format::JsonLines, "this is a JSON array; write one object a line instead (JSON Lines)"),
        [b'{', ..] => json_lines::read(text, max_rows),
        _ => csv::read(text, max_rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_more_accounts_than_one_import_takes_is_refused_in_every_format() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("users.db");
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}?mode=rwc", database.display());
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let statements = "create table users (email text, username text, hashed_password text); \
                          insert into users values ('a', 'a', 'a'), ('b', 'b', 'b'), ('c', 'c', 'c')";
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        let csv = b"email,username,hashed_password\na,a,a\nb,b,b\nc,c,c\n";
        let fits = [parse(csv, 3), parse(b"{}\n{}\n{}", 3), sqlite::read(&database, 3).await.unwrap()];
        for source in fits {
            assert_eq!((source.candidates.len(), source.faults.total()), (3, 0), "{:?}", source.format);
        }
        let more = [parse(csv, 2), parse(b"{}\n{}\n{}", 2), sqlite::read(&database, 2).await.unwrap()];
        for source in more {
            let faults: Vec<String> = source.faults.into_first().iter().map(ToString::to_string).collect();
            assert_eq!(faults, ["the file: more than 2 accounts; split it into several files"], "{:?}", source.format);
        }
    }

    #[tokio::test]
    async fn a_text_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(read(&path).await, Err(ReadError::TooLarge)));
    }
}
