//! The rules of administration: what the operator and administrators may do to accounts. Every door leads here.
//!
//! - Each function lets nobody else pass, before it looks at anything.
//! - A name is a username or an e-mail address; one that is neither belongs to nobody.
//! - The last active administrator can be neither deleted, nor disabled, nor demoted, also not by two who do it to each
//!   other at the same moment (AUZ-4).
//! - Who is disabled or loses a role is signed out everywhere with it (AUZ-3).
//! - Each change is logged with who made it; asking for what is so already changes nothing and is fine.

use super::creation::{self, NewAccountFields};
use crate::domain::{AccountView, AuthError, Login, Role};
use crate::server::caller::Caller;
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{AccountFilter, AccountPage, AccountRow, Change, SessionSummary};

/// How many accounts are listed at once.
const PAGE: i32 = 500;

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct ListInput {
    /// Which ones.
    pub filter: AccountFilter,
    /// What the page before said in `next`; empty for the first page.
    pub after: String,
}

/// An account with all that can be told of it.
#[derive(Debug)]
pub struct AccountDetails {
    /// The account.
    pub account: AccountView,
    /// Whether somebody could sign in to it.
    pub has_password: bool,
    /// Its sessions that can be used, the last used first.
    pub sessions: Vec<SessionSummary>,
}

/// An account, and whether anything was changed for it.
#[derive(Debug)]
pub struct Changed {
    /// The account, as it was before.
    pub account: AccountView,
    /// `false` when it was so already.
    pub is_new: bool,
}

/// Whose sessions to end.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Those of the account with this name.
    Account(&'a str),
    /// Everybody's.
    Everybody,
}

/// Makes an account, also with sign-up closed.
///
/// # Errors
/// [`AuthError::Invalid`] with every refused field.
pub async fn add(state: &AppState, caller: &Caller, fields: NewAccountFields) -> Result<AccountView, AuthError> {
    caller.require_admin()?;
    let account = creation::create(state, fields).await?.view;
    log(caller, &account, "added");
    Ok(account)
}

/// One page of the accounts, by username.
///
/// # Errors
/// [`AuthError::Unavailable`].
pub async fn list(state: &AppState, caller: &Caller, input: ListInput) -> Result<AccountPage, AuthError> {
    caller.require_admin()?;
    Ok(state.store.accounts(&input.filter, &input.after, PAGE).await?)
}

/// All that can be told of an account.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn show(state: &AppState, caller: &Caller, name: &str) -> Result<AccountDetails, AuthError> {
    caller.require_admin()?;
    let account = find(state, name).await?;
    let sessions = state.store.live_sessions(account.view.id, state.clock.now()).await?;
    Ok(AccountDetails { has_password: account.password_hash.has_password(), account: account.view, sessions })
}

/// Lets an account sign in, or keeps it from it and ends its sessions.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::LastAdmin`].
pub async fn set_active(state: &AppState, caller: &Caller, (name, active): (&str, bool)) -> Result<Changed, AuthError> {
    caller.require_admin()?;
    let account = find(state, name).await?.view;
    let now = state.clock.now();
    let change = if active {
        state.store.enable_account(account.id, now).await?
    } else {
        state.store.disable_account(account.id, now).await?
    };
    changed(caller, account, change, if active { "enabled" } else { "disabled" })
}

/// Gives an account a role.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn grant(state: &AppState, caller: &Caller, (name, role): (&str, Role)) -> Result<Changed, AuthError> {
    caller.require_admin()?;
    let account = find(state, name).await?.view;
    let change = state.store.grant_role(account.id, role, state.clock.now()).await?;
    changed(caller, account, change, "given a role")
}

/// Takes a role from an account and ends its sessions.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::LastAdmin`].
pub async fn revoke(state: &AppState, caller: &Caller, (name, role): (&str, Role)) -> Result<Changed, AuthError> {
    caller.require_admin()?;
    let account = find(state, name).await?.view;
    let change = state.store.revoke_role(account.id, role, state.clock.now()).await?;
    changed(caller, account, change, "relieved of a role")
}

/// Ends all sessions of an account, or of everybody; says how many could still have been used.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn sign_out(state: &AppState, caller: &Caller, whose: Whose<'_>) -> Result<i64, AuthError> {
    caller.require_admin()?;
    let account = match whose {
        Whose::Account(name) => Some(find(state, name).await?.view),
        Whose::Everybody => None,
    };
    let ended = state.store.end_sessions(account.as_ref().map(|account| account.id), state.clock.now()).await?;
    match &account {
        Some(account) => log(caller, account, "signed out"),
        None => tracing::info!(target: AUDIT, actor = caller.actor(), "everybody was signed out by {}", caller.actor()),
    }
    Ok(ended)
}

/// Removes an account with all that hangs on it.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::LastAdmin`].
pub async fn delete(state: &AppState, caller: &Caller, name: &str) -> Result<Changed, AuthError> {
    caller.require_admin()?;
    let account = find(state, name).await?.view;
    let change = state.store.remove_account(account.id).await?;
    changed(caller, account, change, "deleted")
}

async fn find(state: &AppState, name: &str) -> Result<AccountRow, AuthError> {
    let login = Login::parse(name).map_err(|_| AuthError::NotFound)?;
    state.store.account_by_login(&login).await?.ok_or(AuthError::NotFound)
}

fn changed(caller: &Caller, account: AccountView, change: Change, what: &str) -> Result<Changed, AuthError> {
    match change {
        Change::Done => {
            log(caller, &account, what);
            Ok(Changed { account, is_new: true })
        }
        Change::Unchanged => Ok(Changed { account, is_new: false }),
        Change::LastAdmin => Err(AuthError::LastAdmin),
        Change::Gone => Err(AuthError::NotFound),
    }
}

/// By number: a log tells nobody's name.
fn log(caller: &Caller, account: &AccountView, what: &str) {
    let (actor, id) = (caller.actor(), account.id.get());
    tracing::info!(target: AUDIT, actor, account = id, "account {id} was {what} by {actor}");
}
