//! `latchkey config`: every setting, its value, where it came from.

use std::io::{self, Write as _};

use serde_json::{Map, Value, json};

use super::output::{Output, Table, json_line};
use super::{Failure, checked};
use crate::server::config::{Loaded, Origin, Row, one_line};

/// Lists all settings, then says what is wrong with them, if anything is.
pub(super) fn print(loaded: Loaded, json: bool, mut output: Output) -> Result<(), Failure> {
    let rows: Vec<Row> = loaded.values.rows().collect();
    if json {
        let object: Map<_, _> = rows.iter().map(|row| (row.setting.key.to_owned(), object(row))).collect();
        output.line(&json_line(&Value::Object(object)))?;
    } else {
        let head = ["SETTING", "VALUE", "FROM"].map(str::to_owned);
        let cells = rows.iter().map(|row| [row.setting.variable.to_owned(), row.shown.clone(), origin(&row.origin)]);
        let cells: Vec<_> = [head].into_iter().chain(cells).collect();
        for line in Table::new().lines(&cells) {
            output.line(&line)?;
        }
    }
    output.end()?;
    let (config, _) = checked(loaded, |_| None)?;
    for warning in config.warnings {
        let _ = writeln!(io::stderr(), "latchkey: {warning}");
    }
    Ok(())
}

fn object(row: &Row) -> Value {
    json!({
        "variable": row.setting.variable,
        "value": row.shown,
        "is_secret": row.setting.secret,
        "from": origin(&row.origin),
    })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(path) => one_line(path),
        Origin::DotEnv => ".env".to_owned(),
        Origin::Environment => "environment".to_owned(),
        Origin::Flag => "flag".to_owned(),
    }
}
