//! Looking accounts up, page by page.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::{account_columns, account_from_row, roles_from_rows};
use super::{Store, StoreError, statement_of};
use crate::domain::{AccountView, Role};

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
    /// whoever else comes and goes.
    pub async fn accounts(
        &self,
        filter: &AccountFilter,
        sort: AccountSort,
        after: Option<&Position>,
        limit: u8,
    ) -> Result<AccountPage, StoreError> {
        let text = page_query(sort, after.is_some());
        let active = filter.is_active.map_or(-1, i32::from);
        let length = i32::try_from(filter.prefix.chars().count()).unwrap_or(i32::MAX);
        // `user` is nobody's in the database and everybody's here.
        let role = filter.role.as_ref().filter(|role| **role != Role::USER).map_or("", Role::as_str);
        let mut query = statement_of(text)
            .bind(active)
            .bind(active)
            .bind(length)
            .bind(length)
            .bind(&*filter.prefix)
            .bind(length)
            .bind(&*filter.prefix)
            .bind(role)
            .bind(role);
        if let Some(Position(key, id)) = after {
            query = match key {
                SortKey::Text(text) => query.bind(&**text).bind(&**text),
                SortKey::Moment(moment) => query.bind(*moment).bind(*moment),
            };
            query = query.bind(*id);
        }
        // One more than asked for tells whether there are more.
        let rows = query.bind(i32::from(limit) + 1).fetch_all(&self.readers).await?;
        Ok(page_from_rows(&rows, sort, usize::from(limit))?)
    }
}

/// Flags stand beside the values: PostgreSQL cannot tell the type of a parameter that is only compared with null. The place to
/// go on from is put so that every database finds it in the index.
fn page_query(sort: AccountSort, is_later: bool) -> String {
    let (column, behind, direction) = sort.sql();
    let position = if is_later {
        format!("and {column} {behind}= ? and ({column} {behind} ? or id {behind} ?)")
    } else {
        String::new()
    };
    format!(
        "select r.role, a.username_canonical, a.email_canonical, {columns} \
         from (select * from accounts where (? < 0 or is_active = ?) \
         and (? = 0 or substr(username_canonical, 1, ?) = ? or substr(email_canonical, 1, ?) = ?) \
         and (? = '' or exists (select 1 from account_roles f where f.account_id = accounts.id and f.role = ?)) \
         {position} order by {column} {direction}, id {direction} limit ?) a \
         left join account_roles r on r.account_id = a.id order by a.{column} {direction}, a.id {direction}",
        columns = account_columns!()
    )
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
    let key = match sort {
        AccountSort::CreatedAt | AccountSort::CreatedAtDescending => SortKey::Moment(row.try_get(column)?),
        _ => SortKey::Text(row.try_get(column)?),
    };
    Ok(Position(key, row.try_get("id")?))
}
