//! The two ways to a page of accounts, and what decides between them.
//!
//! What a filter finds is asked for twice over, in words that every database reads in one way. As a source it is a range of an index.
//! As a condition on the accounts of a walk, or of another source, it is written so that no index answers it: it must not
//! lead a planner astray from the order of the list.

use sqlx::Row as _;

use super::{AccountFilter, AccountPage, AccountSort, Position, SortKey, page_from_rows};
use crate::domain::Role;
use crate::server::store::accounts::account_columns;
use crate::server::store::query::Query;
use crate::server::store::{Store, StoreError, statement_of};

/// So many accounts are gathered without a walk.
const FEW: i64 = 500;
/// How far is walked before all that pass are gathered: first for what many pass, then for what one in some hundred does.
const REACHES: [i64; 2] = [1000, 20_000];

/// Names that begin alike stand together, also in the order of the list: they are soon met, or not for long.
pub(super) fn reaches(wanted: &Wanted<'_>) -> &'static [i64] {
    if wanted.filter.prefix.is_empty() || wanted.has_ties() { &REACHES } else { REACHES.split_at(1).0 }
}

/// A page that is looked for.
pub(super) struct Wanted<'a> {
    pub(super) filter: &'a AccountFilter,
    pub(super) sort: AccountSort,
    pub(super) after: Option<&'a Position>,
    pub(super) limit: u8,
}

/// The ids of the accounts that pass one filter.
pub(super) struct Source {
    parts: Vec<Part>,
    is_of_names: bool,
}

/// A statement that finds some of them, with its values.
type Part = (&'static str, Vec<String>);

fn bind_part(query: Query, (_, values): &Part) -> Query {
    values.iter().fold(query, |query, value| query.bind(&**value))
}

/// One for each filter that is set.
pub(super) fn sources(filter: &AccountFilter) -> Vec<Source> {
    let mut sources = Vec::new();
    if !filter.prefix.is_empty() {
        sources.push(beginning_with(&filter.prefix));
    }
    if let Some(role) = role(filter) {
        let part = "select account_id as id from account_roles where role = ?";
        sources.push(Source { parts: vec![(part, vec![role.to_owned()])], is_of_names: false });
    }
    if let Some(is_active) = filter.is_active {
        let part = if is_active {
            "select id from accounts where is_active = 1"
        } else {
            "select id from accounts where is_active = 0"
        };
        sources.push(Source { parts: vec![(part, Vec::new())], is_of_names: false });
    }
    sources
}

/// `user` is nobody's in the database and everybody's here.
fn role(filter: &AccountFilter) -> Option<&str> {
    filter.role.as_ref().filter(|role| **role != Role::USER).map(Role::as_str)
}

fn beginning_with(prefix: &str) -> Source {
    let (texts, values) = match end_of(prefix) {
        Some(end) => (
            [
                "select id from accounts where username_canonical >= ? and username_canonical < ?",
                "select id from accounts where email_canonical >= ? and email_canonical < ?",
            ],
            vec![prefix.to_owned(), end],
        ),
        None => (
            [
                "select id from accounts where username_canonical >= ?",
                "select id from accounts where email_canonical >= ?",
            ],
            vec![prefix.to_owned()],
        ),
    };
    Source { parts: texts.map(|text| (text, values.clone())).into(), is_of_names: true }
}

/// The first text that comes behind all that begin with `prefix`, byte by byte, if there is any.
fn end_of(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

impl Store {
    /// Whether only a few accounts pass: not more than as many are counted.
    pub(super) async fn is_few(&self, source: &Source) -> Result<bool, StoreError> {
        let counted: Vec<String> = source
            .parts
            .iter()
            .map(|(part, _)| format!("(select count(*) from ({part} limit {}) found)", FEW + 1))
            .collect();
        let query = statement_of(format!("select {}", counted.join(" + "))).once();
        let query = source.parts.iter().fold(query, bind_part);
        let found: i64 = query.fetch_one(&self.readers).await?.try_get(0)?;
        Ok(found <= FEW)
    }

    /// Where a walk over so many accounts ends; none where there are not so many.
    pub(super) async fn end_of_walk(&self, wanted: &Wanted<'_>, reach: i64) -> Result<Option<SortKey>, StoreError> {
        let (column, _, direction) = wanted.sort.sql();
        let last = if direction == "asc" { "max" } else { "min" };
        let position = wanted.position();
        let order = wanted.order();
        let text = format!(
            "select count(*) as walked, {last}({column}) as last from \
             (select accounts.{column} from accounts where {position} order by {order} limit {reach}) walk"
        );
        let row = wanted.bind_position(statement_of(text).once()).fetch_one(&self.readers).await?;
        if row.try_get::<i64, _>("walked")? < reach {
            return Ok(None);
        }
        Ok(Some(SortKey::from_row(&row, "last", wanted.sort)?))
    }

    /// Goes through the accounts in the order of the list, up to `end`.
    pub(super) async fn walk(&self, wanted: &Wanted<'_>, end: Option<&SortKey>) -> Result<AccountPage, StoreError> {
        let (column, behind, _) = wanted.sort.sql();
        let not_behind = if behind == ">" { "<=" } else { ">=" };
        let end_text = if end.is_some() { format!("accounts.{column} {not_behind} ?") } else { "1 = 1".to_owned() };
        let text = wanted.page("accounts", &format!("{} and {end_text}", wanted.conditions()));
        let query = statement_of(text);
        let query = if sources(wanted.filter).is_empty() { query } else { query.once() };
        let query = wanted.bind_conditions(query);
        let query = match end {
            Some(end) => end.bind(query),
            None => query,
        };
        self.page(wanted, query).await
    }

    /// Sorts all that come from a source.
    pub(super) async fn gather(&self, wanted: &Wanted<'_>, source: &Source) -> Result<AccountPage, StoreError> {
        let (conditions, order) = (wanted.conditions(), wanted.order());
        // Of names, the first of either part: where the list is in another order, there are indexes that hold the other name, too.
        let rest = format!("and {conditions} order by {order} limit {}", wanted.rows());
        let part = |(part, _): &Part| match source.is_of_names {
            true => format!("select id from ({part} {rest}) part"),
            false => (*part).to_owned(),
        };
        let parts: Vec<String> = source.parts.iter().map(part).collect();
        // A cross join, because SQLite keeps to its order.
        let from = format!("({}) found cross join accounts", parts.join(" union "));
        let text = wanted.page(&from, &format!("accounts.id = found.id and {conditions}"));
        let query = source.parts.iter().fold(statement_of(text).once(), |query, part| match source.is_of_names {
            true => wanted.bind_conditions(bind_part(query, part)),
            false => bind_part(query, part),
        });
        self.page(wanted, wanted.bind_conditions(query)).await
    }

    async fn page(&self, wanted: &Wanted<'_>, query: Query) -> Result<AccountPage, StoreError> {
        let rows = query.fetch_all(&self.readers).await?;
        Ok(page_from_rows(&rows, wanted.sort, usize::from(wanted.limit))?)
    }
}

impl Wanted<'_> {
    /// The page's accounts with their roles. How many stands in the text: PostgreSQL keeps no plan for a number that it does not
    /// know, and to make one anew costs as much as to run it.
    fn page(&self, from: &str, conditions: &str) -> String {
        let (column, _, direction) = self.sort.sql();
        let (columns, order, rows) = (account_columns!(), self.order(), self.rows());
        format!(
            "select r.role, a.username_canonical, a.email_canonical, {columns} \
             from (select accounts.* from {from} where {conditions} order by {order} limit {rows}) a \
             left join account_roles r on r.account_id = a.id order by a.{column} {direction}, a.id {direction}"
        )
    }

    /// One more than asked for tells whether there are more.
    fn rows(&self) -> i32 {
        i32::from(self.limit) + 1
    }

    /// No two accounts have one name or address.
    fn order(&self) -> String {
        let (column, _, direction) = self.sort.sql();
        if self.has_ties() {
            format!("accounts.{column} {direction}, accounts.id {direction}")
        } else {
            format!("accounts.{column} {direction}")
        }
    }

    fn has_ties(&self) -> bool {
        matches!(self.sort, AccountSort::CreatedAt | AccountSort::CreatedAtDescending)
    }

    /// Written so that every database finds the place in the index.
    fn position(&self) -> String {
        let (column, behind, _) = self.sort.sql();
        if self.after.is_none() {
            "1 = 1".to_owned()
        } else if self.has_ties() {
            format!("accounts.{column} {behind}= ? and (accounts.{column} {behind} ? or accounts.id {behind} ?)")
        } else {
            format!("accounts.{column} {behind} ?")
        }
    }

    fn bind_position(&self, query: Query) -> Query {
        let Some(Position(key, id)) = self.after else { return query };
        let query = key.bind(query);
        if self.has_ties() { key.bind(query).bind(*id) } else { query }
    }

    /// All of the filter, and the place to go on from.
    fn conditions(&self) -> String {
        let mut all = self.position();
        if !self.filter.prefix.is_empty() {
            all += " and (substr(accounts.username_canonical, 1, ?) = ? or substr(accounts.email_canonical, 1, ?) = ?)";
        }
        if role(self.filter).is_some() {
            all += " and exists (select 1 from account_roles f where f.account_id = accounts.id and f.role = ?)";
        }
        match self.filter.is_active {
            // A flag is 0 or 1. PostgreSQL takes it that one in three is more, or less, than what it cannot look up, and one in
            // two hundred the same: for so few it would read all up to the end of the walk and sort them.
            Some(true) => all += " and +accounts.is_active > 0",
            Some(false) => all += " and +accounts.is_active < 1",
            None => {}
        }
        all
    }

    fn bind_conditions(&self, query: Query) -> Query {
        let mut query = self.bind_position(query);
        let prefix = &*self.filter.prefix;
        if !prefix.is_empty() {
            let length = i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX);
            query = query.bind(length).bind(prefix).bind(length).bind(prefix);
        }
        match role(self.filter) {
            Some(role) => query.bind(role),
            None => query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn what_begins_alike_ends_before_the_next_text() {
        assert_eq!(end_of("anna").as_deref(), Some("annb"));
        assert_eq!(end_of("я").as_deref(), Some("ѐ"));
        assert_eq!(end_of("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(end_of("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of("\u{10ffff}"), None);
        for text in ["anna", "anna\u{10ffff}", "annaz"] {
            assert!(("anna"..&end_of("anna").unwrap()).contains(&text));
        }
    }
}
