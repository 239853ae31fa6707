//! JSON Lines: one JSON object a line, one account an object.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::candidate::{Candidate, Column, Place, are_names, unknown};
use super::file::Source;
use super::report::{Faults, Format};

/// The longest line that is read.
const MAX_LINE: usize = 64 * 1024;
/// How many unknown keys are remembered, each to be told once; of further ones each is counted.
const MAX_TOLD: usize = 100;

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
        match parse(line) {
            Ok(object) => take(object, &place, &mut told, &mut source),
            Err(text) => source.faults.add(&place, || text),
        }
    }
    source
}

fn take(object: Vec<(String, Value)>, place: &Place, told: &mut BTreeSet<String>, source: &mut Source) {
    // One account is enough for a whole object of other names to be values, such as accounts by their e-mail addresses.
    if !object.is_empty() && !are_names(object.iter().map(|(key, _)| key.trim())) {
        source.faults.add(place, || NO_ACCOUNT.to_owned());
        return;
    }
    let mut candidate = Candidate::new(place.clone());
    let mut is_readable = true;
    for (number, (key, value)) in object.into_iter().enumerate() {
        let Some(column) = Column::parse(key.trim()) else {
            tell(number + 1, key, place, told, &mut source.faults);
            continue;
        };
        source.has_ids |= column == Column::Id;
        if let Err(text) = text_of(column, value).and_then(|text| candidate.set(column, &text)) {
            source.faults.add(place, || text);
            is_readable = false;
        }
    }
    if is_readable {
        source.candidates.push(candidate);
    }
}

fn tell(number: usize, key: String, place: &Place, told: &mut BTreeSet<String>, faults: &mut Faults) {
    if !told.contains(&key) {
        faults.add(place, || unknown(number, key.trim()));
        if told.len() < MAX_TOLD {
            told.insert(key);
        }
    }
}

const NO_ACCOUNT: &str = "this is not an account; its keys must be email, username, hashed_password and the like";

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
fn text_of(column: Column, value: Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(value.to_string()),
        Value::String(value) => Ok(value),
        Value::Array(_) if column == Column::Roles => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err(format!("{}: write one plain value", column.as_str())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_unknown_keys_there_are_only_the_first_are_remembered() {
        let (mut told, mut source) = (BTreeSet::new(), Source::new(Format::JsonLines));
        for number in 0..1000 {
            let keys = ["email".to_owned(), "username".to_owned(), format!("key {}", number / 2)];
            let object = keys.map(|key| (key, Value::Null)).into();
            take(object, &Place::Line(number), &mut told, &mut source);
        }
        assert_eq!(told.len(), MAX_TOLD);
        assert_eq!(
            source.faults.total(),
            MAX_TOLD + (1000 - 2 * MAX_TOLD),
            "remembered ones once, the others each time"
        );
    }
}
