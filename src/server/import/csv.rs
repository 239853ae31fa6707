//! CSV (RFC 4180): a header line, then a line an account.

use ::csv::{ByteRecord, ReaderBuilder};

use super::candidate::{Candidate, Column, Place, columns};
use super::file::Source;
use super::report::{Fault, Format};

/// Reads CSV of at most `max_rows` accounts. What cannot be read is a fault of its line.
pub fn read(bytes: &[u8], max_rows: usize) -> Source {
    let mut source = Source::new(Format::Csv);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut lines = Lines { bytes, at: 0, line: 1 };
    let mut header: Option<Vec<Column>> = None;
    let mut record = ByteRecord::new();
    // Reading memory gives no error.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let place = Place::Line(lines.line_of(&record));
        let Some(columns) = &header else {
            match read_header(&record, &place) {
                Ok(columns) => header = Some(columns),
                Err(faults) => {
                    source.faults = faults;
                    break;
                }
            }
            continue;
        };
        if source.rows == max_rows {
            source.too_many(max_rows);
            break;
        }
        source.rows += 1;
        match candidate(columns, &record, place.clone()) {
            Ok(candidate) => source.candidates.push(candidate),
            Err(text) => source.faults.push(Fault { place, text }),
        }
    }
    source.has_ids = header.is_some_and(|columns| columns.contains(&Column::Id));
    source
}

fn read_header(record: &ByteRecord, place: &Place) -> Result<Vec<Column>, Vec<Fault>> {
    let fault = |text: &str| vec![Fault { place: place.clone(), text: text.to_owned() }];
    let names: Option<Vec<&str>> = record.iter().map(|name| str::from_utf8(name).ok()).collect();
    let names = names.ok_or_else(|| fault(NOT_UTF_8))?;
    match *names.as_slice() {
        [only] if only.contains([';', '\t', '|']) => Err(fault("columns are separated by commas alone; save it so")),
        _ => columns(names.into_iter(), place),
    }
}

fn candidate(columns: &[Column], record: &ByteRecord, place: Place) -> Result<Candidate, String> {
    if record.len() != columns.len() {
        let (found, named) = (record.len(), columns.len());
        return Err(format!("{found} values, but the header names {named}; put values with commas into quotes"));
    }
    let mut candidate = Candidate::new(place);
    for (column, value) in columns.iter().zip(record) {
        let value = str::from_utf8(value).map_err(|_| NOT_UTF_8)?;
        // A quote that is not closed would swallow the lines up to the next one.
        if value.contains(['\n', '\r']) {
            return Err(format!("{} has a line break; is a quote not closed?", column.as_str()));
        }
        candidate.set(*column, value)?;
    }
    Ok(candidate)
}

const NOT_UTF_8: &str = "this is not UTF-8; save the file as UTF-8";

/// Counts lines as an editor does; the reader's own count is of what it has consumed.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line in which the record begins, after the line breaks that are left before it.
    fn line_of(&mut self, record: &ByteRecord) -> usize {
        let byte = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let begin = byte + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.at..begin).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = begin;
        self.line
    }
}
