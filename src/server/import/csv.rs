//! CSV (RFC 4180): a header line, then a line an account.

use ::csv::{ByteRecord, ReaderBuilder};

use super::candidate::{Candidate, Column, Place, columns};
use super::file::Source;
use super::report::{Faults, Format};

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
            header = read_header(&record, &place, &mut source.faults);
            if header.is_none() {
                break;
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
            Err(text) => source.faults.add(&place, || text),
        }
    }
    source.has_ids = header.is_some_and(|columns| columns.contains(&Column::Id));
    source
}

fn read_header(record: &ByteRecord, place: &Place, faults: &mut Faults) -> Option<Vec<Column>> {
    // A header of a million columns is read as it stands.
    let names = || record.iter().map(|name| str::from_utf8(name).unwrap_or_default().trim());
    if record.iter().any(|name| str::from_utf8(name).is_err()) {
        faults.add(place, || NOT_UTF_8.to_owned());
        return None;
    }
    if record.len() == 1 && names().any(|only| only.contains([';', '\t', '|'])) {
        faults.add(place, || "columns are separated by commas alone; save it so".to_owned());
        return None;
    }
    columns(names(), place, NO_HEADER, faults)
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

const NO_HEADER: &str = "this is not a header; write one above it, such as email,username,hashed_password";
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
