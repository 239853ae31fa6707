//! Which tables there are to copy, and what stands in them. The one place that knows; the test below compares it with what the
//! migrations make.

/// What a column holds. The schema has nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
}

/// A table of ours.
#[derive(Debug)]
pub(in crate::server::store) struct Table {
    pub(super) name: &'static str,
    /// How many of the columns, counted from the first, are its primary key: one or two.
    pub(super) keys: usize,
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// In the order of their references. The keys come last: what is cut off before has none.
pub(in crate::server::store) const TABLES: [Table; 6] = {
    use Kind::{Number, Text};
    [
        Table {
            name: "accounts",
            keys: 1,
            columns: &[
                ("id", Number),
                ("email", Text),
                ("email_canonical", Text),
                ("username", Text),
                ("username_canonical", Text),
                ("first_name", Text),
                ("last_name", Text),
                ("password_hash", Text),
                ("is_active", Number),
                ("email_verified", Number),
                ("created_at", Number),
                ("updated_at", Number),
                ("last_login", Number),
            ],
        },
        Table { name: "account_roles", keys: 2, columns: &[("account_id", Number), ("role", Text)] },
        Table {
            name: "sessions",
            keys: 1,
            columns: &[
                ("id", Text),
                ("account_id", Number),
                ("kind", Text),
                ("seed", Text),
                ("counter", Number),
                ("created_at", Number),
                ("authenticated_at", Number),
                ("rotated_at", Number),
                ("last_seen_at", Number),
                ("idle_expires_at", Number),
                ("expires_at", Number),
                ("ended_at", Number),
                ("end_reason", Text),
                ("address", Text),
                ("user_agent", Text),
                ("is_kept", Number),
            ],
        },
        Table {
            name: "password_links",
            keys: 1,
            columns: &[("account_id", Number), ("token_hash", Text), ("created_at", Number), ("expires_at", Number)],
        },
        Table {
            name: "attempts",
            keys: 1,
            columns: &[
                ("subject", Text),
                ("failures", Number),
                ("since", Number),
                ("locked_until", Number),
                ("expires_at", Number),
            ],
        },
        Table {
            name: "signing_keys",
            keys: 1,
            columns: &[
                ("kid", Text),
                ("algorithm", Text),
                ("public_key", Text),
                ("sealed_private_key", Text),
                ("created_at", Number),
                ("signs_from", Number),
                ("retired_at", Number),
                ("revoked_at", Number),
            ],
        },
    ]
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::{AnyConnection, Connection as _};

    use super::super::rows::PAGE;
    use super::{Kind, TABLES};

    /// Table, column, whether it is a number, and its place in the primary key.
    type Fact = (String, String, bool, i64);

    #[tokio::test]
    async fn dat_5_every_column_that_the_migrations_make_is_copied() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::migrate!().run_direct(None, &mut connection, false).await.unwrap();
        let query = "select m.name, c.name, lower(c.type), c.pk from sqlite_master m join pragma_table_info(m.name) c \
                     where m.type = 'table' and m.name <> '_sqlx_migrations'";
        let found: Vec<(String, String, String, i64)> = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
        let found: BTreeSet<Fact> =
            found.into_iter().map(|(table, column, kind, key)| (table, column, kind.ends_with("int"), key)).collect();
        let known: BTreeSet<Fact> = TABLES
            .iter()
            .flat_map(|table| {
                table.columns.iter().enumerate().map(|(place, (column, kind))| {
                    let key = if place < table.keys { i64::try_from(place + 1).unwrap() } else { 0 };
                    (table.name.to_owned(), (*column).to_owned(), *kind == Kind::Number, key)
                })
            })
            .collect();
        assert_eq!(found.symmetric_difference(&known).collect::<Vec<_>>(), Vec::<&Fact>::new());
        assert!(TABLES.iter().all(|table| table.keys == 1 || table.keys == 2));
        assert!(TABLES.iter().all(|table| table.columns.len() * PAGE <= 32_766), "SQLite takes no more values at once");
        assert_eq!(TABLES.last().unwrap().name, "signing_keys");
    }
}
