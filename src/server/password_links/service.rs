//! The rules of password links. Every door leads here.
//!
//! - [`make_link`]: an administrator makes one and hands it to its owner; a newer one replaces an older.
//! - [`find`]: whose password a token sets, without using it up: mail scanners open links, too (RST-8).
//! - [`set_password`]: works once.
//!   1. The token is looked up before any work is done on the password.
//!   2. It belongs to the account that the page has named: another link may have been opened since in the same browser.
//!   3. The password obeys the same rules as at registration.
//!   4. In one transaction the link goes, the password is replaced and every session ends (RST-3).
//!
//! Nobody is signed in by a link, and a disabled account stays as it is (RST-7). Nothing of a link is remembered between
//! requests: each brings the token along (RST-4).

use std::fmt;

use crate::domain::{AccountId, AuthError, Field, LinkedAccount, Login, NewPassword, Password, Role, Timestamp};
use crate::paths;
use crate::server::caller::Caller;
use crate::server::crypto::{LinkToken, LinkTokenHash};
use crate::server::logging::AUDIT;
use crate::server::passwords::refuse_common;
use crate::server::state::AppState;
use crate::server::store::{AccountRow, NewPasswordLink};

/// How long a link works.
pub const LIFETIME_SECONDS: i64 = 30 * 60;

/// A link, to be handed to the account's owner and to nobody else.
#[derive(Clone)]
pub struct PasswordLink {
    /// The whole address, under the configured public URL (RST-5). It holds the token: whoever has it sets the password.
    pub url: String,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
    /// Whose password it sets.
    pub username: String,
}

impl fmt::Debug for PasswordLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordLink([redacted])")
    }
}

/// A new password, for whom, and the token that may set it.
#[derive(Debug)]
pub struct Input {
    /// As the request brought it; `None` when it brought none.
    pub token: Option<LinkToken>,
    /// Whose password it is meant to be. It opens nothing; the token must belong to it.
    pub account: Option<AccountId>,
    /// The password to have from now on.
    pub new_password: Password,
}

/// Makes a link for the account that signs in as `name`.
///
/// # Errors
/// [`AuthError::Unauthenticated`] and [`AuthError::Forbidden`] for who is no administrator; [`AuthError::NotFound`];
/// [`AuthError::InactiveAccount`].
pub async fn make_link(state: &AppState, caller: &Caller, name: &str) -> Result<PasswordLink, AuthError> {
    caller.require(&Role::ADMIN)?;
    let login = Login::parse(name).map_err(|_| AuthError::NotFound)?;
    let account = state.store.account_by_login(&login).await?.ok_or(AuthError::NotFound)?.view;
    let token = LinkToken::generate()?;
    let now = state.clock.now();
    let token_hash = state.link_key.hash(&token);
    let expires_at = now.plus_seconds(LIFETIME_SECONDS);
    let new = NewPasswordLink { account: account.id, token_hash: &token_hash, now, expires_at };
    if !state.store.replace_password_link(&new).await? {
        return Err(AuthError::InactiveAccount);
    }
    let (actor, id) = (caller.actor(), account.id.get());
    tracing::info!(target: AUDIT, actor, account = id, "a password link for account {id} was made by {actor}");
    let url = format!("{}{}", state.config.public_url.origin(), paths::password_link(&token.expose()));
    Ok(PasswordLink { url, expires_at, username: account.username })
}

/// The account whose password `token` sets.
///
/// # Errors
/// [`AuthError::LinkExpired`] for whatever is no good link: none, unknown, used, replaced, too old, of a disabled account.
pub async fn find(state: &AppState, _: &Caller, token: Option<&LinkToken>) -> Result<LinkedAccount, AuthError> {
    let account = account_of(state, token).await?.0.view;
    Ok(LinkedAccount { id: account.id, username: account.username })
}

/// Sets the password; gives the account, all of whose sessions have ended.
///
/// # Errors
/// [`AuthError::LinkExpired`] as in [`find`], and for the link of another account; [`AuthError::Invalid`] for an unfit password, which leaves the link as it is;
/// [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn set_password(state: &AppState, _: &Caller, input: Input) -> Result<AccountId, AuthError> {
    let token = input.token.ok_or(AuthError::LinkExpired)?;
    let (account, token_hash) = account_of(state, Some(&token)).await?;
    let account = account.view;
    if input.account != Some(account.id) {
        return Err(AuthError::LinkExpired);
    }
    let password = NewPassword::parse(input.new_password, state.password_policy());
    let password = password.map_err(|problem| (Field::NewPassword, problem))?;
    refuse_common(state, Field::NewPassword, &password, &account.own_words()).await?;
    let new_hash = state.hasher.hash(&password).await?;
    if !state.store.use_password_link(account.id, &token_hash, &new_hash, state.clock.now()).await? {
        return Err(AuthError::LinkExpired);
    }
    tracing::info!(account = account.id.get(), "a password was set by a link");
    Ok(account.id)
}

/// The account, and under which of its hashes the token was found.
async fn account_of(state: &AppState, token: Option<&LinkToken>) -> Result<(AccountRow, LinkTokenHash), AuthError> {
    for hash in state.link_key.hashes(token.ok_or(AuthError::LinkExpired)?) {
        if let Some(account) = state.store.account_by_password_link(&hash, state.clock.now()).await? {
            return Ok((account, hash));
        }
    }
    Err(AuthError::LinkExpired)
}
