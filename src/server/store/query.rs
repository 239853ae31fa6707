//! Statements: written once, with `?` for a value, and put to whichever database there is.

use std::borrow::Cow;

use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow};
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

use super::pool::{Pool, Transaction};
use super::{Dialect, StoreError};

/// A statement with its values.
pub(super) struct Query {
    text: Cow<'static, str>,
    arguments: Result<AnyArguments, sqlx::error::BoxDynError>,
    is_kept: bool,
}

/// A statement as the database takes it.
pub(super) type Prepared = sqlx::query::Query<'static, Any, AnyArguments>;

/// A statement that is written here.
pub(super) fn statement(text: &'static str) -> Query {
    Query { text: Cow::Borrowed(text), arguments: Ok(AnyArguments::default()), is_kept: true }
}

/// One that is put together here, of nothing that came from outside.
pub(super) fn statement_of(text: String) -> Query {
    Query { text: Cow::Owned(text), arguments: Ok(AnyArguments::default()), is_kept: true }
}

impl Query {
    /// The value of the next `?`.
    pub(super) fn bind<'t, T: Encode<'t, Any> + Type<Any>>(mut self, value: T) -> Self {
        self.arguments = self.arguments.and_then(|mut arguments| arguments.add(value).map(|()| arguments));
        self
    }

    /// It is planned for these values alone: PostgreSQL would soon make one plan for all, which reads whole tables where a value that
    /// many rows have could come.
    pub(super) fn once(self) -> Self {
        Self { is_kept: false, ..self }
    }

    /// Changes something.
    pub(super) async fn execute(self, on: impl Target) -> Result<AnyQueryResult, StoreError> {
        on.execute(self).await
    }

    /// All rows.
    pub(super) async fn fetch_all(self, on: impl Target) -> Result<Vec<AnyRow>, StoreError> {
        on.fetch_all(self).await
    }

    /// The first row, if there is one.
    pub(super) async fn fetch_optional(self, on: impl Target) -> Result<Option<AnyRow>, StoreError> {
        Ok(on.fetch_all(self).await?.into_iter().next())
    }

    /// The first row.
    pub(super) async fn fetch_one(self, on: impl Target) -> Result<AnyRow, StoreError> {
        self.fetch_optional(on).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// As a database of that kind wants it.
    fn prepared(self, dialect: Dialect) -> Result<Prepared, StoreError> {
        let text = match dialect {
            Dialect::Postgres => numbered(&self.text).into(),
            Dialect::Sqlite | Dialect::MySql => self.text,
        };
        let arguments = self.arguments.map_err(sqlx::Error::Encode)?;
        let query = match text {
            Cow::Borrowed(text) => sqlx::query_with(text, arguments),
            Cow::Owned(text) => sqlx::query_with(AssertSqlSafe(text), arguments),
        };
        Ok(query.persistent(self.is_kept))
    }
}

/// `?` as `$1`, `$2`, …, which is what PostgreSQL takes. No statement of ours has a question mark of another meaning.
fn numbered(text: &str) -> String {
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        numbered.push('$');
        numbered += &(place + 1).to_string();
        numbered += part;
    }
    numbered
}

/// What a statement can be put to.
pub(super) trait Target: Send {
    /// Changes something.
    fn execute(self, query: Query) -> impl Future<Output = Result<AnyQueryResult, StoreError>> + Send;
    /// Asks for rows.
    fn fetch_all(self, query: Query) -> impl Future<Output = Result<Vec<AnyRow>, StoreError>> + Send;
}

impl Target for &mut Transaction<'_> {
    async fn execute(self, query: Query) -> Result<AnyQueryResult, StoreError> {
        let query = query.prepared(self.dialect())?;
        Transaction::execute(self, query).await
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<AnyRow>, StoreError> {
        let query = query.prepared(self.dialect())?;
        Transaction::fetch_all(self, query).await
    }
}

/// A question outside of any transaction.
impl Target for &Pool {
    async fn execute(self, query: Query) -> Result<AnyQueryResult, StoreError> {
        let query = query.prepared(self.dialect())?;
        self.acquire().await?.execute(query, self.patience()).await
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<AnyRow>, StoreError> {
        let query = query.prepared(self.dialect())?;
        self.acquire().await?.fetch_all(query, self.patience()).await
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn places_are_numbered_for_postgresql() {
        assert_eq!(numbered("select 1"), "select 1");
        assert_eq!(numbered("a = ? and (b in (?, ?))"), "a = $1 and (b in ($2, $3))");
    }
}
