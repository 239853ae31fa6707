//! JSON Lines: one JSON object a line, one account an object.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::candidate::{Candidate, Column, Place, shown, unknown};
use super::file::Source;
use super::report::{Fault, Format};

/// The longest line that is read.
const MAX_LINE: usize = 64 * 1024;

/// Reads JSON Lines of at most `max_rows` accounts. What cannot be read is a fault of its line; an unknown key is one of the
/// first line that has it.
pub fn read(bytes: &[u8], max_rows: usize) -> Source {
    let mut source = Source::new(Format::JsonLines);
    let mut told = BTreeSet::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if source.rows == max_rows {
            source.too_many(max_rows);
            break;
        }
        source.rows += 1;
        let place = Place::Line(number + 1);
        let mut fault = |text: String| source.faults.push(Fault { place: place.clone(), text });
        let object = match parse(line) {
            Ok(object) => object,
            Err(text) => {
                fault(text);
                continue;
            }
        };
        let mut candidate = Candidate::new(place.clone());
        let mut is_readable = true;
        for (key, value) in object {
            let Some(column) = Column::parse(&key) else {
                if told.insert(key.clone()) {
                    fault(unknown(&key));
                }
                continue;
            };
            source.has_ids |= column == Column::Id;
            if let Err(text) = text_of(column, &key, value).and_then(|text| candidate.set(column, &text)) {
                fault(text);
                is_readable = false;
            }
        }
        if is_readable {
            source.candidates.push(candidate);
        }
    }
    source
}

fn parse(line: &[u8]) -> Result<Vec<(String, Value)>, String> {
    if line.len() > MAX_LINE {
        return Err(format!("longer than {MAX_LINE} bytes; is this one account?"));
    }
    let line = str::from_utf8(line).map_err(|_| "this is not UTF-8; save the file as UTF-8")?;
    let object: Object = serde_json::from_str(line)
        .map_err(|error| format!("not a JSON object (column {}); write one whole object a line", error.column()))?;
    Ok(object.0)
}

/// The value as a table would hold it; empty when there is none.
fn text_of(column: Column, key: &str, value: Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(value.to_string()),
        Value::String(value) => Ok(value),
        Value::Array(_) if column == Column::Roles => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err(format!("{} must be one plain value", shown(key))),
    }
}

/// An object with its keys as they stand, so that one that stands twice is noticed.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
