//! Looking accounts up: page by page, and with their live sessions.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::accounts::{AccountRow, account_columns, account_from_row};
use super::{Store, StoreError};
use crate::domain::{AccountId, AccountView, Role, Timestamp};

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

/// Some accounts in the order of their usernames.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountView>,
    /// Where to go on, unless this was all.
    pub next: Option<String>,
}

/// A session that can be used, as its owner or an administrator sees it.
#[derive(Clone, Debug)]
pub struct SessionSummary {
    /// Names it, and opens nothing.
    pub id: String,
    /// `browser` or `api`.
    pub kind: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last carried on.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is used.
    pub idle_expires_at: Timestamp,
    /// Where it was begun from.
    pub address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
}

impl Store {
    /// At most `limit` accounts behind `after`.
    pub async fn accounts(&self, filter: &AccountFilter, after: &str, limit: i32) -> Result<AccountPage, StoreError> {
        // Flags beside the values: PostgreSQL cannot tell the type of a parameter that is only compared with null.
        let query = concat!(
            "select r.role, a.username_canonical, ",
            account_columns!(),
            " from (select * from accounts where username_canonical > ? and (? < 0 or is_active = ?) \
             and (? = 0 or substr(username_canonical, 1, ?) = ? or substr(email_canonical, 1, ?) = ?) \
             and (? = '' or exists (select 1 from account_roles f where f.account_id = accounts.id and f.role = ?)) \
             order by username_canonical limit ?) a \
             left join account_roles r on r.account_id = a.id order by a.username_canonical, r.role"
        );
        let active = filter.is_active.map_or(-1, i32::from);
        let length = i32::try_from(filter.prefix.chars().count()).unwrap_or(i32::MAX);
        let role = filter.role.map_or("", Role::as_str);
        let rows = sqlx::query(query)
            .bind(after)
            .bind(active)
            .bind(active)
            .bind(length)
            .bind(length)
            .bind(&*filter.prefix)
            .bind(length)
            .bind(&*filter.prefix)
            .bind(role)
            .bind(role)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        Ok(page_from_rows(&rows, limit)?)
    }

    /// The account's sessions that can be used at `now`, the last used first.
    pub async fn live_sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<SessionSummary>, StoreError> {
        let query = "select id, kind, created_at, last_seen_at, idle_expires_at, address, user_agent from sessions \
                     where account_id = ? and ended_at is null and idle_expires_at > ? and expires_at > ? \
                     order by last_seen_at desc, id";
        let query = sqlx::query(query).bind(account.get()).bind(now.as_micros()).bind(now.as_micros());
        let rows = query.fetch_all(&self.readers).await?;
        Ok(rows.iter().map(session_from_row).collect::<Result<_, _>>()?)
    }
}

/// One account comes as one row a role, or one row without a role.
fn page_from_rows(rows: &[AnyRow], limit: i32) -> Result<AccountPage, sqlx::Error> {
    let mut accounts: Vec<AccountView> = Vec::new();
    let mut last = String::new();
    for row in rows {
        let AccountRow { view, .. } = account_from_row(row, Vec::new())?;
        if accounts.last().is_none_or(|known| known.id != view.id) {
            accounts.push(view);
            last = row.try_get("username_canonical")?;
        }
        let role: Option<String> = row.try_get("role")?;
        if let (Some(role), Some(account)) = (role.as_deref().and_then(Role::parse), accounts.last_mut()) {
            account.roles.push(role);
        }
    }
    let is_full = i32::try_from(accounts.len()).is_ok_and(|count| count >= limit);
    Ok(AccountPage { accounts, next: is_full.then_some(last) })
}

fn session_from_row(row: &AnyRow) -> Result<SessionSummary, sqlx::Error> {
    let moment = |column| row.try_get(column).map(Timestamp::from_micros);
    Ok(SessionSummary {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        created_at: moment("created_at")?,
        last_seen_at: moment("last_seen_at")?,
        idle_expires_at: moment("idle_expires_at")?,
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
    })
}
