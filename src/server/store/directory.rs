//! Looking accounts up, page by page.
//!
//! There are two ways to a page: to walk through all accounts in the order of the list until it is full, or to gather those that
//! pass one of the filters and to sort them. A walk costs much where few accounts pass, gathering where many do. No database finds
//! out by itself: SQLite knows nothing of what is in its tables, and PostgreSQL takes it for granted that who passes is to be found everywhere
//! alike. So whatever only a few accounts pass is gathered, and all else is walked for, up to a distance.

mod ways;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::{account_from_row, roles_from_rows};
use super::query::Query;
use super::{Store, StoreError};
use crate::domain::{AccountView, Role};

use ways::{Wanted, reaches, sources};

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those that may, or may not, sign in.
    pub is_active: Option<bool>,
    /// Only those whose canonical username or address begins like this.
    pub prefix: String,
}

/// In which order to list accounts: by the canonical form of a name or address, or by the time they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountSort {
    /// By username, from the front.
    #[default]
    Username,
    /// By username, from the back.
    UsernameDescending,
    /// By e-mail address, from the front.
    Email,
    /// By e-mail address, from the back.
    EmailDescending,
    /// The oldest first.
    CreatedAt,
    /// The newest first.
    CreatedAtDescending,
}

impl AccountSort {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Username,
        Self::UsernameDescending,
        Self::Email,
        Self::EmailDescending,
        Self::CreatedAt,
        Self::CreatedAtDescending,
    ];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::UsernameDescending => "-username",
            Self::Email => "email",
            Self::EmailDescending => "-email",
            Self::CreatedAt => "created_at",
            Self::CreatedAtDescending => "-created_at",
        }
    }

    /// The order of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == name)
    }

    /// The column, how a later row compares with an earlier one, and the direction.
    const fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Username => ("username_canonical", ">", "asc"),
            Self::UsernameDescending => ("username_canonical", "<", "desc"),
            Self::Email => ("email_canonical", ">", "asc"),
            Self::EmailDescending => ("email_canonical", "<", "desc"),
            Self::CreatedAt => ("created_at", ">", "asc"),
            Self::CreatedAtDescending => ("created_at", "<", "desc"),
        }
    }
}

/// A place behind an account in a list. It stays where it is whatever is added before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(SortKey, i64);

/// What the list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum SortKey {
    Text(String),
    Moment(i64),
}

impl SortKey {
    fn bind(&self, query: Query) -> Query {
        match self {
            Self::Text(text) => query.bind(&**text),
            Self::Moment(moment) => query.bind(*moment),
        }
    }

    fn from_row(row: &AnyRow, column: &str, sort: AccountSort) -> Result<Self, sqlx::Error> {
        Ok(match sort {
            AccountSort::CreatedAt | AccountSort::CreatedAtDescending => Self::Moment(row.try_get(column)?),
            _ => Self::Text(row.try_get(column)?),
        })
    }
}

/// Some accounts of a list.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountView>,
    /// Where to go on, unless this was all.
    pub next: Option<Position>,
}

impl Store {
    /// At most `limit` accounts, behind `after` where that is given. Who is there all the while is on exactly one page,
    /// whoever else comes and goes. A page costs what it
    /// shows, however many other accounts there are.
    pub async fn accounts(
        &self,
        filter: &AccountFilter,
        sort: AccountSort,
        after: Option<&Position>,
        limit: u8,
    ) -> Result<AccountPage, StoreError> {
        let wanted = Wanted { filter, sort, after, limit };
        let sources = sources(filter);
        let Some(first) = sources.first() else { return self.walk(&wanted, None).await };
        for source in &sources {
            if self.is_few(source).await? {
                return self.gather(&wanted, source).await;
            }
        }
        for reach in reaches(&wanted) {
            let end = self.end_of_walk(&wanted, *reach).await?;
            let page = self.walk(&wanted, end.as_ref()).await?;
            if end.is_none() || page.next.is_some() {
                return Ok(page);
            }
        }
        self.gather(&wanted, first).await
    }
}

/// One account comes as one row a role, or one row without a role.
fn page_from_rows(rows: &[AnyRow], sort: AccountSort, limit: usize) -> Result<AccountPage, sqlx::Error> {
    let id = |row: &AnyRow| row.try_get::<i64, _>("id").ok();
    let mut groups = rows.chunk_by(|one, other| id(one) == id(other));
    let (mut accounts, mut last) = (Vec::new(), None);
    for group in groups.by_ref().take(limit) {
        let Some(row) = group.first() else { continue };
        accounts.push(account_from_row(row, roles_from_rows(group)?)?.view);
        last = Some(row);
    }
    let next = groups.next().and(last).map(|row| position(row, sort)).transpose()?;
    Ok(AccountPage { accounts, next })
}

fn position(row: &AnyRow, sort: AccountSort) -> Result<Position, sqlx::Error> {
    let (column, ..) = sort.sql();
    Ok(Position(SortKey::from_row(row, column, sort)?, row.try_get("id")?))
}
