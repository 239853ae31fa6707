//! The rules of administration: what the operator and administrators may do to accounts. Every door leads here.
//!
//! - Each function lets nobody else pass, before it looks at anything.
//! - A name is a username or an e-mail address; one that is neither belongs to nobody, and so does a number that is none.
//! - The last active administrator can be neither deleted, nor disabled, nor demoted, also not by two who do it to each
//!   other at the same moment (AUZ-4).
//! - Who is disabled or loses a role is signed out everywhere with it (AUZ-3), and so is who becomes an administrator: a
//!   session that was stolen before must not be worth more now (SES-2).
//! - Only roles that are defined are given. One that is defined no longer stays until it is taken away. `user` is
//!   everybody's, and nobody's to give or take.
//! - Who asks must still be an administrator when it is written: a request may have been long on its way (JWT-6).
//! - Each change is logged with who made it; asking for what is so already changes nothing and is fine.

use std::collections::BTreeSet;
use std::time::Duration;

use super::creation::{self, NewAccountFields};
use crate::domain::{
    AccountId, AccountView, AuthError, EmailAddress, Field, Login, Problem, Role, SessionView, canonical_prefix,
    is_hidden,
};
use crate::server::caller::Caller;
use crate::server::limits::rule::{self, Lock};
use crate::server::logging::AUDIT;
use crate::server::session_list::service as session_list;
use crate::server::sessions::service as sessions;
use crate::server::state::AppState;
use crate::server::store::{
    AccountFilter, AccountRow, AccountSort, Changed, Outcome, RoleChange, SessionSummary, StandingChanges,
    subject_of_account,
};

/// Which account is meant.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// The one with this username or e-mail address.
    Name(&'a str),
    /// The one with this number.
    Id(&'a str),
}

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct ListInput {
    /// Only those whose username or address begins like this, whatever the spelling.
    pub search: String,
    /// Only those that may, or may not, sign in.
    pub is_active: Option<bool>,
    /// Only those with this role.
    pub role: Option<Role>,
    /// In which order.
    pub sort: AccountSort,
    /// How many at once.
    pub page_size: PageSize,
    /// What the page before said in `next_cursor`; none for the first page.
    pub cursor: Option<String>,
}

/// How long a list waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many accounts are listed at once, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// The most.
    pub const MAX: Self = Self(100);

    /// A number of accounts, written in digits; `None` for what is no number or out of range.
    pub fn parse(text: &str) -> Option<Self> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let size = text.parse().ok().filter(|size| is_number && (1..=Self::MAX.0).contains(size))?;
        Some(Self(size))
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// Some accounts of a list.
#[derive(Debug)]
pub struct Listed {
    /// The accounts.
    pub accounts: Vec<AccountView>,
    /// Where to go on, unless this was all.
    pub next_cursor: Option<String>,
}

/// An account with all that can be told of it.
#[derive(Debug)]
pub struct AccountDetails {
    /// The account.
    pub account: AccountView,
    /// Whether somebody could sign in to it.
    pub has_password: bool,
    /// Failed sign-ins in a row, at devices that it was not known to.
    pub failures: i64,
    /// Whether they keep anybody from signing in at such a device.
    pub lock: Lock,
    /// Its sessions that can be used, the last used first.
    pub sessions: Vec<SessionSummary>,
}

/// Whose sessions to end.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Those of this account.
    Account(Who<'a>),
    /// Everybody's.
    Everybody,
}

/// Makes an account, also with sign-up closed.
///
/// # Errors
/// [`AuthError::Invalid`] with every refused field.
pub async fn add(state: &AppState, caller: &Caller, fields: NewAccountFields) -> Result<AccountView, AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = creation::create(state, fields).await?.view;
    log(caller, account.id, "added");
    Ok(account)
}

/// One page of the accounts. A cursor goes on with the list that it came from, whatever the size of the pages.
///
/// # Errors
/// [`AuthError::Invalid`] for a search that nothing could match, [`AuthError::InvalidCursor`], [`AuthError::Busy`].
pub async fn list(state: &AppState, caller: &Caller, input: ListInput) -> Result<Listed, AuthError> {
    caller.require(&Role::ADMIN)?;
    // Lists read much: they must not take the database from who signs in.
    let place = tokio::time::timeout(PATIENCE, state.lists.acquire()).await;
    let _place = place.map_err(|_| AuthError::Busy { retry_after_seconds: 2 })?.map_err(|_| AuthError::Internal)?;
    let filter = AccountFilter { prefix: prefix(&input.search)?, is_active: input.is_active, role: input.role };
    let list = (input.sort.as_str(), &*filter.prefix, filter.is_active, &filter.role);
    let after = input.cursor.map(|cursor| state.cursor_key.open(&list, &cursor).ok_or(AuthError::InvalidCursor));
    let after = after.transpose()?;
    let page = state.store.accounts(&filter, input.sort, after.as_ref(), input.page_size.0).await?;
    let next_cursor = page.next.map(|place| state.cursor_key.seal(&list, &place)).transpose()?;
    Ok(Listed { accounts: page.accounts, next_cursor })
}

/// How canonical names and addresses begin that are searched for. What none of them can hold is refused here, because
/// some databases would refuse it (API-4).
fn prefix(search: &str) -> Result<String, AuthError> {
    if search.chars().count() > usize::from(EmailAddress::MAX) {
        return Err((Field::Search, Problem::TooLong(EmailAddress::MAX)).into());
    }
    if search.chars().any(is_hidden) {
        return Err((Field::Search, Problem::Characters).into());
    }
    Ok(canonical_prefix(search))
}

/// All that can be told of an account.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn show(state: &AppState, caller: &Caller, who: Who<'_>) -> Result<AccountDetails, AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = find(state, who).await?;
    let (id, now) = (account.view.id, state.clock.now());
    let sessions = state.store.live_sessions(id, now).await?;
    let tally = state.store.tally(&subject_of_account(id)).await?;
    let (failures, lock) = (tally.failures, rule::lock(&tally, now));
    let has_password = account.password_hash.has_password();
    Ok(AccountDetails { has_password, account: account.view, failures, lock, sessions })
}

/// The sessions of an account, as its owner sees them.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn sessions(state: &AppState, caller: &Caller, who: Who<'_>) -> Result<Vec<SessionView>, AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = find(state, who).await?.view.id;
    session_list::of_account(state, caller, account).await
}

/// Changes whether an account may sign in, and its roles; all or nothing.
///
/// # Errors
/// [`AuthError::Invalid`] for a role that is not defined, [`AuthError::NotFound`], [`AuthError::LastAdmin`].
pub async fn update(
    state: &AppState,
    caller: &Caller,
    (who, mut changes): (Who<'_>, StandingChanges),
) -> Result<Changed, AuthError> {
    caller.require(&Role::ADMIN)?;
    let AccountView { id, roles: held, .. } = find(state, who).await?.view;
    if let Some(roles) = &mut changes.roles {
        check_roles(state, roles, &held)?;
    }
    let changed =
        settled(state.store.change_standing(caller.session.as_ref(), id, &changes, state.clock.now()).await?)?;
    log_changes(caller, &changed);
    Ok(changed)
}

/// A role that is defined no longer may stay with who has it: what `GET` gives can be sent back.
fn check_roles(state: &AppState, change: &mut RoleChange, held: &[Role]) -> Result<(), AuthError> {
    let checked = match change {
        RoleChange::Grant(role) => state.config.roles.check(role),
        RoleChange::Revoke(role) if *role == Role::USER => Err(Problem::Invalid),
        RoleChange::Revoke(_) => Ok(()),
        RoleChange::Replace(roles) => {
            roles.remove(&Role::USER);
            roles.iter().filter(|role| !held.contains(role)).try_for_each(|role| state.config.roles.check(role))
        }
    };
    checked.map_err(|problem| (Field::Roles, problem).into())
}

/// Ends all sessions of an account, or of everybody; says how many could still have been used.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn sign_out(state: &AppState, caller: &Caller, whose: Whose<'_>) -> Result<i64, AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = match whose {
        Whose::Account(who) => Some(find(state, who).await?.view.id),
        Whose::Everybody => {
            // Said before: what is cut off in its middle has signed some of them out.
            tracing::info!(target: AUDIT, actor = caller.actor(), "everybody is being signed out by {}", caller.actor());
            None
        }
    };
    let ended = settled(state.store.end_sessions(caller.session.as_ref(), account, state.clock.now()).await?)?;
    match account {
        Some(account) => log(caller, account, "signed out"),
        None => tracing::info!(target: AUDIT, actor = caller.actor(), "everybody was signed out by {}", caller.actor()),
    }
    Ok(ended)
}

/// Forgets the failed sign-ins of an account, so that its owner gets in again from anywhere (LOG-5). Gives the account, and whether
/// there were any.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn unlock(state: &AppState, caller: &Caller, who: Who<'_>) -> Result<(AccountView, bool), AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = find(state, who).await?.view;
    let is_new = settled(state.store.unlock_account(caller.session.as_ref(), account.id).await?)?;
    if is_new {
        log(caller, account.id, "unlocked");
    }
    Ok((account, is_new))
}

/// Removes an account with all that hangs on it; gives it as it was.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::LastAdmin`]; [`AuthError::ReauthenticationRequired`] for one's own account after a
/// sign-in that is not fresh: there is no way round the rule of the profile.
pub async fn delete(state: &AppState, caller: &Caller, who: Who<'_>) -> Result<AccountView, AuthError> {
    caller.require(&Role::ADMIN)?;
    let account = find(state, who).await?.view;
    let own = caller.session.as_ref().filter(|session| session.account.view.id == account.id);
    if own.is_some_and(|session| !sessions::is_fresh(state, session)) {
        return Err(AuthError::ReauthenticationRequired);
    }
    settled(state.store.remove_account(caller.session.as_ref(), account.id).await?)?;
    log(caller, account.id, "deleted");
    Ok(account)
}

async fn find(state: &AppState, who: Who<'_>) -> Result<AccountRow, AuthError> {
    let found = match who {
        Who::Name(name) => state.store.account_by_login(&Login::parse(name).map_err(|_| AuthError::NotFound)?).await?,
        Who::Id(number) => state.store.account_by_id(AccountId::parse(number).ok_or(AuthError::NotFound)?).await?,
    };
    found.ok_or(AuthError::NotFound)
}

fn settled<T>(outcome: Outcome<T>) -> Result<T, AuthError> {
    match outcome {
        Outcome::Done(done) => Ok(done),
        Outcome::LastAdmin => Err(AuthError::LastAdmin),
        Outcome::Gone => Err(AuthError::NotFound),
        Outcome::Disbelieved => Err(AuthError::SessionEnded),
    }
}

fn log_changes(caller: &Caller, Changed { before, after }: &Changed) {
    if before.is_active != after.is_active {
        log(caller, after.id, if after.is_active { "enabled" } else { "disabled" });
    }
    let [had, has] = [before, after].map(|account| account.roles.iter().collect::<BTreeSet<_>>());
    for role in has.difference(&had) {
        log(caller, after.id, &format!("given the role {role}"));
    }
    for role in had.difference(&has) {
        log(caller, after.id, &format!("relieved of the role {role}"));
    }
}

/// By number: a log tells nobody's name.
fn log(caller: &Caller, account: AccountId, what: &str) {
    let (actor, id) = (caller.actor(), account.get());
    tracing::info!(target: AUDIT, actor, account = id, "account {id} was {what} by {actor}");
}

#[cfg(test)]
mod tests {
    use super::PageSize;

    #[test]
    fn api_5_a_page_has_1_to_100_accounts() {
        for (text, size) in [("1", 1), ("50", 50), ("100", 100), ("007", 7)] {
            assert_eq!(PageSize::parse(text), Some(PageSize(size)), "{text}");
        }
        for text in ["", "0", "101", "256", "-1", "+1", "1.0", "1e1", "x", " 1", "１", "99999999999999999999"] {
            assert_eq!(PageSize::parse(text), None, "{text}");
        }
    }
}
