//! Standard output: written in large pieces, for people as tables, for programs as JSON.

use std::io::{self, BufWriter, Stdout, Write as _};

use serde_json::{Value, json};

use crate::domain::{AccountView, Role, Timestamp, is_hidden};

/// Where a command's answer goes.
pub(super) struct Output(BufWriter<Stdout>);

impl Output {
    pub(super) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "{text}")
    }

    /// Lines with their ends.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    /// Says what was said so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.flush()
    }
}

/// Columns that keep to the widest cell so far, so that a table can be printed while it is read.
pub(super) struct Table<const N: usize>([usize; N]);

impl<const N: usize> Table<N> {
    pub(super) fn new() -> Self {
        Self([0; N])
    }

    /// The rows as lines, without spaces at their ends.
    pub(super) fn lines(&mut self, rows: &[[String; N]]) -> Vec<String> {
        for row in rows {
            for (width, cell) in self.0.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &[String; N]| {
            let cells: String = self.0.iter().zip(row).map(|(width, cell)| format!("{cell:width$}  ")).collect();
            cells.trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }
}

/// Text of strangers for a terminal: nothing in it moves the cursor, colours or turns the line around.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// One line of JSON. What does not show, or turns a line around, stands in it as an escape: programs read the same text,
/// and a terminal is not steered.
pub(super) fn json_line(value: &Value) -> String {
    let mut line = String::new();
    for c in value.to_string().chars() {
        if is_hidden(c) {
            line.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            line.push(c);
        }
    }
    line
}

/// A moment for a table: `2026-11-22 15:07 UTC`.
pub(super) fn moment(moment: Timestamp) -> String {
    let text: String = moment.to_rfc3339().chars().take("2026-11-22T15:07".len()).collect();
    format!("{} UTC", text.replace('T', " "))
}

pub(super) fn roles(account: &AccountView) -> String {
    account.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn state(account: &AccountView) -> &'static str {
    if account.is_active { "active" } else { "disabled" }
}

/// An account for programs, times in RFC 3339 (UTC).
pub(super) fn account_json(account: &AccountView) -> Value {
    json!({
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "email_verified": account.email_verified,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "is_active": account.is_active,
        "roles": account.roles,
        "created_at": account.created_at.to_rfc3339(),
        "updated_at": account.updated_at.to_rfc3339(),
        "last_login": account.last_login.map(Timestamp::to_rfc3339),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_grows_with_its_cells() {
        let mut table = Table::new();
        let rows = |cells: [[&str; 2]; 2]| cells.map(|row| row.map(str::to_owned));
        assert_eq!(table.lines(&rows([["a", "b"], ["юзер", ""]])), ["a     b", "юзер"]);
        assert_eq!(table.lines(&rows([["longer", "x"], ["y", "z"]])), ["longer  x", "y       z"]);
    }

    #[test]
    fn a_stranger_s_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{9b}b\u{202e}c\n"), "a\u{fffd}[31m\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(printable("a\u{61c}b\u{200b}c\u{feff}d\u{e0041}"), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(json_line(&json!({"a": "\u{7f}\u{e0041}"})), r#"{"a":"\u007f\udb40\udc41"}"#);
        assert_eq!(moment(Timestamp::from_micros(1_795_360_020_000_000)), "2026-11-22 15:07 UTC");
    }
}
