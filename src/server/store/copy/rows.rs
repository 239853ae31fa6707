//! Rows of any table, a page at a time in the order of the primary key, and what they add up to.

use aws_lc_rs::digest::{Context, SHA256};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::tables::{Kind, Table};
use crate::server::store::query::{Query, Target, statement_of};
use crate::server::store::{StoreError, Transaction};

/// Rows of a page, and of a batch: SQLite takes 32766 values a statement, and no table has more than 16 columns.
pub(super) const PAGE: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
}

pub(super) type Row = Vec<Value>;

/// The rows behind the key `after`, at most [`PAGE`]. All three kinds of database sort by the bytes of the text, because every
/// column of ours is told to.
pub(super) async fn page(on: impl Target, table: &Table, after: &[Value]) -> Result<Vec<Row>, StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let keys = names.get(..table.keys).unwrap_or_default();
    let (select, order) = (names.join(", "), keys.join(", "));
    let (behind, values) = match (keys, after) {
        ([key], [value]) => (format!("where {key} > ?"), vec![value]),
        // MySQL looks for no row value by an index; the first condition it does.
        ([first, second], [one, two]) => {
            (format!("where {first} >= ? and ({first} > ? or {second} > ?)"), vec![one, one, two])
        }
        _ => (String::new(), Vec::new()),
    };
    let query = statement_of(format!("select {select} from {} {behind} order by {order} limit {PAGE}", table.name));
    let rows = values.into_iter().fold(query, bind).fetch_all(on).await?;
    rows.iter().map(|row| values_of(row, table)).collect()
}

/// The primary key of a row.
pub(super) fn key_of(row: &Row, table: &Table) -> Vec<Value> {
    row.iter().take(table.keys).cloned().collect()
}

/// Adds rows, all in one statement.
pub(super) async fn insert(on: &mut Transaction<'_>, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let places = format!("({})", vec!["?"; names.len()].join(", "));
    let places = vec![places; rows.len()].join(", ");
    let query = statement_of(format!("insert into {} ({}) values {places}", table.name, names.join(", ")));
    rows.iter().flatten().fold(query, bind).execute(on).await?;
    Ok(())
}

fn bind(query: Query, value: &Value) -> Query {
    match value {
        Value::Number(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.clone()),
    }
}

fn values_of(row: &AnyRow, table: &Table) -> Result<Row, StoreError> {
    let value = |(place, (_, kind)): (usize, &(_, Kind))| {
        Ok(match kind {
            Kind::Number => Value::Number(row.try_get(place)?),
            Kind::Text => Value::Text(row.try_get(place)?),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// The checksum of rows in the order of their keys: SHA-256 over each value with its kind and length in front, so that no two
/// different tables read the same.
pub(super) struct Sum {
    rows: u64,
    context: Context,
}

impl Sum {
    pub(super) fn new() -> Self {
        Self { rows: 0, context: Context::new(&SHA256) }
    }

    pub(super) fn add(&mut self, rows: &[Row]) {
        for value in rows.iter().flatten() {
            match value {
                Value::Number(None) | Value::Text(None) => self.context.update(&[0]),
                Value::Number(Some(number)) => {
                    self.context.update(&[1]);
                    self.context.update(&number.to_be_bytes());
                }
                Value::Text(Some(text)) => {
                    self.context.update(&[2]);
                    self.context.update(&(text.len() as u64).to_be_bytes());
                    self.context.update(text.as_bytes());
                }
            }
        }
        self.rows += rows.len() as u64;
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn end(self, table: &Table) -> TableSum {
        TableSum { table: table.name, rows: self.rows, checksum: hex(self.context.finish().as_ref()) }
    }
}

/// What a table holds, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSum {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over all of its values, in hexadecimal digits.
    pub checksum: String,
}

/// One checksum over those of all tables.
pub(in crate::server::store) fn total(sums: &[TableSum]) -> String {
    let mut context = Context::new(&SHA256);
    for TableSum { table, rows, checksum } in sums {
        context.update(format!("{table} {rows} {checksum}\n").as_bytes());
    }
    hex(context.finish().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;

    #[test]
    fn dat_5_no_two_different_tables_have_the_same_checksum() {
        let text = |text: &str| Value::Text(Some(text.to_owned()));
        let tables = [
            vec![],
            vec![vec![text("")]],
            vec![vec![text(""), text("")]],
            vec![vec![text("ab"), text("c")]],
            vec![vec![text("a"), text("bc")]],
            vec![vec![Value::Text(None)]],
            vec![vec![Value::Number(Some(0))]],
            vec![vec![text("1")]],
            vec![vec![Value::Number(Some(1))]],
            vec![vec![text("a")], vec![text("b")]],
            vec![vec![text("b")], vec![text("a")]],
        ];
        let sum = |rows: &Vec<Row>| {
            let mut sum = Sum::new();
            sum.add(rows);
            sum.end(TABLES.first().unwrap()).checksum
        };
        let sums: std::collections::BTreeSet<_> = tables.iter().map(sum).collect();
        assert_eq!(sums.len(), tables.len());
    }
}
