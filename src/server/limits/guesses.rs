//! The one way to compare a password (LOG-3): it is counted first, and looked at then.
//!
//! 1. The guess is counted as a failure before any work is done on it, or refused (LOG-4).
//! 2. The password is compared, for an account that does not exist, too (LOG-2).
//! 3. A right one takes its account's failures back, a wrong one leaves them, and one that was not compared is given back.

use super::rule::{self, Rule};
use super::{DEVICES_KEPT_SECONDS, NAMES_KEPT_SECONDS, Subject, reserve, source, source_rule};
use crate::domain::{AccountId, AuthError, Login, Password};
use crate::server::caller::Caller;
use crate::server::crypto::{PasswordHasherError, Verdict};
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{AccountRow, Tally, subject_of_account, subject_of_devices};

/// Whose password it is said to be.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// This account's.
    Account(&'a AccountRow),
    /// That of nobody we know, as they were named.
    Unknown(&'a str),
}

impl<'a> Claim<'a> {
    /// That of who signs in as `typed`, with the account that was found.
    pub fn of(account: Option<&'a AccountRow>, typed: &'a str) -> Self {
        account.map_or(Self::Unknown(typed), Self::Account)
    }
}

/// Compares `password` with that of who is claimed to be there; an account that may not sign in has no right one (LOG-1).
///
/// # Errors
/// [`AuthError::TooManyAttempts`], the same for who is known and who is not, and for a right password, too; [`AuthError::Busy`],
/// [`AuthError::Unavailable`].
pub async fn compare(
    state: &AppState,
    caller: &Caller,
    claim: Claim<'_>,
    password: Password,
) -> Result<Verdict, AuthError> {
    // Nobody's guess is counted, and taken back again, only to be told that the queue is full.
    if state.hasher.is_full() {
        return Err(PasswordHasherError::Busy.into());
    }
    let guess = Guess::of(state, caller, claim).await?;
    let reserved = guess.reserve(state).await?;
    let account = match claim {
        Claim::Account(account) => Some(account),
        Claim::Unknown(_) => None,
    };
    let stored = account.map(|account| account.password_hash.clone());
    let verdict = match state.hasher.verify(stored, password).await {
        Ok(verdict) => verdict,
        Err(error) => {
            guess.give_back(state, &reserved).await;
            return Err(error.into());
        }
    };
    if matches!(verdict, Verdict::Right { .. }) && account.is_some_and(|account| account.view.is_active) {
        guess.clear(state, &reserved).await?;
        return Ok(verdict);
    }
    guess.log_if_last(&reserved);
    Ok(Verdict::Wrong)
}

/// A guess with all that counts it.
struct Guess {
    /// The account, the device in place of it, or the name that none has.
    who: Subject,
    /// Where it comes from, unless it is a device that is known.
    source: Option<Subject>,
    /// The account, when there is one.
    account: Option<(AccountId, Rule)>,
}

/// The tallies as they were when the guess was let through.
struct Reserved {
    who: Tally,
    source: Option<Tally>,
}

impl Guess {
    async fn of(state: &AppState, caller: &Caller, claim: Claim<'_>) -> Result<Self, AuthError> {
        let free = i64::from(state.config.limits.sign_in_attempts);
        let rule = |kept_seconds| Rule::Account { free, kept_seconds };
        let (who, account) = match claim {
            Claim::Account(account) => {
                let id = account.view.id;
                if let Some(who) = device(state, caller, account, rule(Some(DEVICES_KEPT_SECONDS))).await? {
                    return Ok(Self { who, source: None, account: Some((id, rule(None))) });
                }
                (Subject { key: subject_of_account(id), rule: rule(None) }, Some((id, rule(None))))
            }
            Claim::Unknown(typed) => {
                let key = format!("name:{}", state.limits.names.hash(&canonical(typed)));
                (Subject { key, rule: rule(Some(NAMES_KEPT_SECONDS)) }, None)
            }
        };
        let source = caller.address.map(|address| {
            let key = format!("source:{}", source(address));
            Subject { key, rule: source_rule(state) }
        });
        Ok(Self { who, source, account })
    }

    /// Step 1. The subjects' names are in ascending order: `account:`, `device:` and `name:` come before `source:`.
    async fn reserve(&self, state: &AppState) -> Result<Reserved, AuthError> {
        if let Some(source) = &self.source {
            let [who, source] = reserve(state, [&self.who, source]).await?;
            return Ok(Reserved { who, source: Some(source) });
        }
        let [who] = reserve(state, [&self.who]).await?;
        Ok(Reserved { who, source: None })
    }

    /// Step 3, for a guess that was not compared. A fault on the way leaves it counted, and changes nothing else.
    async fn give_back(&self, state: &AppState, reserved: &Reserved) {
        let mut parts = vec![(&self.who, reserved.who)];
        parts.extend(self.source.as_ref().zip(reserved.source));
        let keys: Vec<_> = parts.iter().map(|(subject, _)| subject.key.as_str()).collect();
        let given_back = state.store.change_tallies(&keys, |tallies| {
            for ((subject, reserved), tally) in parts.iter().zip(tallies) {
                *tally = subject.rule.give_back(tally, reserved);
            }
        });
        if let Err(error) = given_back.await {
            tracing::warn!(%error, "a guess that was not looked at stays counted");
        }
    }

    /// Step 3, for a right password. What it was not guessed at stays: a source does not clear itself by an account of its own.
    async fn clear(&self, state: &AppState, reserved: &Reserved) -> Result<(), AuthError> {
        let softened = self.account.map(|(id, rule)| (subject_of_account(id), rule));
        let softened = softened.filter(|(key, _)| *key != self.who.key);
        let keys = softened.iter().map(|(key, _)| key.as_str()).chain([self.who.key.as_str()]);
        let keys: Vec<_> = keys.chain(self.source.iter().map(|source| source.key.as_str())).collect();
        let cleared = state.store.change_tallies(&keys, |tallies| {
            let mut tallies = tallies.iter_mut();
            if let Some((_, rule)) = &softened
                && let Some(tally) = tallies.next()
            {
                *tally = rule.soften(tally);
            }
            if let Some(tally) = tallies.next() {
                *tally = Tally::default();
            }
            if let (Some(source), Some(reserved), Some(tally)) = (&self.source, &reserved.source, tallies.next()) {
                *tally = source.rule.give_back(tally, reserved);
            }
        });
        Ok(cleared.await?)
    }

    /// Once a lock, not once a guess: the log is not the attacker's to fill. By number, as everywhere.
    fn log_if_last(&self, reserved: &Reserved) {
        if let Some((id, _)) = self.account
            && self.who.rule.is_last(&reserved.who)
        {
            let (account, failures) = (id.get(), reserved.who.failures);
            tracing::warn!(target: AUDIT, account, failures, "account {account} is being guessed at: {failures} failures in a row");
        }
        if let (Some(source), Some(reserved)) = (&self.source, &reserved.source)
            && source.rule.is_last(reserved)
        {
            let failures = reserved.failures;
            tracing::warn!(target: AUDIT, failures, "a source is throttled: {failures} wrong passwords in a few minutes");
        }
    }
}

/// The caller's browser, if it has signed in to `account` before, with the password of today, and has not failed too often since:
/// after that it is like any other.
async fn device(
    state: &AppState,
    caller: &Caller,
    account: &AccountRow,
    rule: Rule,
) -> Result<Option<Subject>, AuthError> {
    let id = account.view.id;
    let is_known = |token: &&_| state.limits.devices.is_genuine(token, id, &account.password_hash);
    let Some(token) = caller.device.as_ref().filter(is_known) else { return Ok(None) };
    let key = format!("{}{}", subject_of_devices(id), token.nonce());
    let tally = state.store.tally(&key).await?;
    Ok((tally.failures < rule::MOST_FAILURES).then_some(Subject { key, rule }))
}

/// One spelling for all of a name, also for one that no account could have.
fn canonical(typed: &str) -> String {
    match Login::parse(typed) {
        Ok(Login::Email(email)) => email.canonical().to_owned(),
        Ok(Login::Username(username)) => username.canonical().to_owned(),
        Err(_) => crate::domain::canonical_prefix(typed),
    }
}
