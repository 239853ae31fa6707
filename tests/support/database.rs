//! All that a database holds, to see that a refusal has changed nothing.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection as _};

use super::TestApp;

/// Every row of every table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump(BTreeSet<String>);

impl Dump {
    /// The rows that speak of the account `id`: such a number is long enough to be no other.
    pub fn about(&self, id: i64) -> Self {
        let id = id.to_string();
        Self(self.0.iter().filter(|row| row.split('|').any(|column| column == id)).cloned().collect())
    }

    /// What is in only one of the two, for the message of a test.
    pub fn differs(&self, other: &Self) -> Vec<String> {
        self.0.symmetric_difference(&other.0).cloned().collect()
    }
}

impl TestApp {
    /// Every value of every table, each once: texts as they are, everything else as the database writes it.
    pub async fn values(&self) -> BTreeSet<String> {
        let url = format!("sqlite:{}", self.folder.path().join("latchkey.db").display());
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        let tables = sqlx::query_scalar::<_, String>("select name from sqlite_master where type = 'table'");
        let mut values = BTreeSet::new();
        for table in tables.fetch_all(&mut connection).await.unwrap() {
            let columns = format!("select name from pragma_table_info('{table}')");
            let columns: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(&mut connection).await.unwrap();
            for column in columns {
                let text = format!(
                    "select case typeof(\"{column}\") when 'blob' then hex(\"{column}\") else cast(\"{column}\" as text) end \
                     from \"{table}\" where \"{column}\" is not null"
                );
                let found: Vec<String> =
                    sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap();
                values.extend(found);
            }
        }
        values
    }

    /// What the database holds at this moment.
    pub async fn dump(&self) -> Dump {
        let url = format!("sqlite:{}", self.folder.path().join("latchkey.db").display());
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        let tables = sqlx::query_scalar::<_, String>("select name from sqlite_master where type = 'table'");
        let mut rows = BTreeSet::new();
        // What is counted about guesses is no part of what a refusal must leave as it was: a wrong password is counted.
        let tables = tables.fetch_all(&mut connection).await.unwrap();
        for table in tables.into_iter().filter(|table| table != "attempts") {
            let columns = format!("select 'quote(\"' || name || '\")' from pragma_table_info('{table}')");
            let columns: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(&mut connection).await.unwrap();
            let query = format!("select '{table}|' || {} from \"{table}\"", columns.join(" || '|' || "));
            let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap();
            rows.extend(found);
        }
        Dump(rows)
    }
}
