//! The one way to compare a password (LOG-3): it is counted first, and looked at then.
//!
//! 1. Who comes from where too much was guessed is refused before anybody is looked up (LOG-2).
//! 2. The guess is counted as a failure before any work is done on it, or refused (LOG-4).
//! 3. The password is compared, for an account that does not exist, too (LOG-2).
//! 4. A right one takes its account's failures back, a wrong one leaves them, and one that was not compared is given back.
//!
//! Until a password was right, who is known and who is not cost the same statements on every way, also on that of a refusal; a device
//! that is known costs one more.

use tracing::{Instrument as _, Span};

use super::rule::{self, Kept, Rule};
use super::{DEVICES_KEPT_SECONDS, NAMES_KEPT, Subject, glance, reserve, sources};
use crate::domain::{AccountId, AuthError, Login, Password};
use crate::server::caller::Caller;
use crate::server::crypto::{PasswordHasherError, StoredHash, Verdict};
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{AccountRow, Credential, Tally, subject_of_account, subject_of_devices};

/// In place of the number of an account that does not exist.
const NOBODY: AccountId = AccountId::from_stored(0);

/// Whose password it is said to be.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// This account's, in which the caller is signed in.
    Own(&'a AccountRow),
    /// That of who signs in by this name, with what was found under it.
    Named(Option<&'a Credential>, &'a str),
}

impl Claim<'_> {
    fn credential(self) -> Option<Credential> {
        match self {
            Self::Own(account) => Some(account.into()),
            Self::Named(credential, _) => credential.cloned(),
        }
    }
}

/// Step 1, before the account of a claim is looked up. Who brings a device's token is believed until there is an account to ask:
/// a known device is not stopped by what others do where it is (LOG-5).
///
/// # Errors
/// [`AuthError::TooManyAttempts`], [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn admit(state: &AppState, caller: &Caller) -> Result<(), AuthError> {
    // Nobody's guess is counted, and taken back again, only to be told that the queue is full.
    if state.hasher.is_full() {
        return Err(PasswordHasherError::Busy.into());
    }
    if caller.device.is_some() {
        return Ok(());
    }
    glance(state, &sources(state, caller, ("source", 1)), state.clock.now()).await
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
    if state.hasher.is_full() {
        return Err(PasswordHasherError::Busy.into());
    }
    let credential = claim.credential();
    let guess = Guess::of(state, caller, claim, credential.as_ref()).await?;
    let state = state.clone();
    // Those whose clients have hung up are bounded, too.
    let place = state.limits.places.clone().try_acquire_owned().map_err(|_| PasswordHasherError::Busy)?;
    // On its own from here on: a client that hangs up leaves no right password counted as a failure, and no wrong one uncounted.
    let work = async move {
        let _place = place;
        guess.settle(&state, credential, password).await
    };
    let settled = tokio::spawn(work.instrument(Span::current())).await;
    settled.unwrap_or_else(|_| {
        // The cause may be a panic, whose words may hold somebody's data.
        tracing::error!("a guess ended early; it stays counted");
        Err(AuthError::Internal)
    })
}

/// A guess with all that counts it.
struct Guess {
    /// The account, the device in place of it, or the name that none has; then where it comes from, unless it is a device that is
    /// known. In ascending order: `account:`, `device:` and `name:` come before `source-network:` and `source:`.
    subjects: Vec<Subject>,
    /// The account, when there is one.
    account: Option<(AccountId, Rule)>,
}

impl Guess {
    async fn of(
        state: &AppState,
        caller: &Caller,
        claim: Claim<'_>,
        credential: Option<&Credential>,
    ) -> Result<Self, AuthError> {
        let free = i64::from(state.config.limits.sign_in_attempts);
        let rule = |kept| Rule::Account { free, kept };
        let kept = Kept { free: DEVICES_KEPT_SECONDS, locked: DEVICES_KEPT_SECONDS };
        let device = device(state, caller, credential, rule(Some(kept))).await?;
        // Worked out for who is known, too.
        let name = match claim {
            Claim::Own(_) => String::new(),
            Claim::Named(_, typed) => format!("name:{}", state.limits.names.hash(&canonical(typed))),
        };
        let account = credential.map(|credential| (credential.id, rule(None)));
        let subjects = match (device, account) {
            (Some(device), _) => vec![device],
            (None, Some((id, rule))) => {
                let who = Subject { key: subject_of_account(id), rule };
                [vec![who], sources(state, caller, ("source", 1))].concat()
            }
            (None, None) => {
                let who = Subject { key: name, rule: rule(Some(NAMES_KEPT)) };
                [vec![who], sources(state, caller, ("source", 1))].concat()
            }
        };
        Ok(Self { subjects, account })
    }

    /// Steps 2 to 4.
    async fn settle(
        &self,
        state: &AppState,
        credential: Option<Credential>,
        password: Password,
    ) -> Result<Verdict, AuthError> {
        let reserved = reserve(state, &self.subjects).await?;
        let stored = credential.as_ref().map(|credential| credential.password_hash.clone());
        let verdict = match state.hasher.verify(stored, password).await {
            Ok(verdict) => verdict,
            Err(error) => {
                self.give_back(state, &reserved).await;
                return Err(error.into());
            }
        };
        if matches!(verdict, Verdict::Right { .. }) && credential.is_some_and(|credential| credential.is_active) {
            self.clear(state, &reserved).await?;
            return Ok(verdict);
        }
        self.log_if_last(&reserved);
        self.leave(state).await?;
        Ok(Verdict::Wrong)
    }

    /// Step 4, for a wrong password: nothing to do, unless its account was deleted in the meantime.
    async fn leave(&self, state: &AppState) -> Result<(), AuthError> {
        let id = self.account.map_or(NOBODY, |(id, _)| id);
        if !state.store.has_account(id).await? && id != NOBODY {
            state.store.forget_gone_account(id).await?;
        }
        Ok(())
    }

    /// Step 4, for a guess that was not compared. A fault on the way leaves it counted, and changes nothing else.
    async fn give_back(&self, state: &AppState, reserved: &[Tally]) {
        let keys: Vec<_> = self.subjects.iter().map(|subject| subject.key.as_str()).collect();
        let given_back = state.store.change_tallies(&keys, |tallies| {
            for ((subject, reserved), tally) in self.subjects.iter().zip(reserved).zip(tallies) {
                *tally = subject.rule.give_back(tally, reserved);
            }
        });
        if let Err(error) = given_back.await {
            tracing::warn!(%error, "a guess that was not looked at stays counted");
        }
    }

    /// Step 4, for a right password. What it was not guessed at stays: a source does not clear itself by an account of its own.
    async fn clear(&self, state: &AppState, reserved: &[Tally]) -> Result<(), AuthError> {
        let is_who = |key: &String| self.subjects.first().is_some_and(|who| who.key == *key);
        let softened = self.account.map(|(id, rule)| (subject_of_account(id), rule));
        let softened = softened.filter(|(key, _)| !is_who(key));
        let keys = softened.iter().map(|(key, _)| key.as_str());
        let keys: Vec<_> = keys.chain(self.subjects.iter().map(|subject| subject.key.as_str())).collect();
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
            for ((source, reserved), tally) in self.subjects.iter().zip(reserved).skip(1).zip(tallies) {
                *tally = source.rule.give_back(tally, reserved);
            }
        });
        Ok(cleared.await?)
    }

    /// Once a lock, not once a guess: the log is not the attacker's to fill. By number, as everywhere.
    fn log_if_last(&self, reserved: &[Tally]) {
        let mut last = self.subjects.iter().zip(reserved).map(|(subject, reserved)| {
            let failures = reserved.failures;
            subject.rule.is_last(reserved).then_some(failures)
        });
        if let (Some((id, _)), Some(failures)) = (self.account, last.next().flatten()) {
            let account = id.get();
            tracing::warn!(target: AUDIT, account, failures, "account {account} is being guessed at: {failures} failures in a row");
        }
        for failures in last.flatten() {
            tracing::warn!(target: AUDIT, failures, "a source is throttled: {failures} wrong passwords in a few minutes");
        }
    }
}

/// The caller's browser, if it has signed in to `account` before, with the password of today, and has not failed too often since:
/// after that it is like any other.
async fn device(
    state: &AppState,
    caller: &Caller,
    credential: Option<&Credential>,
    rule: Rule,
) -> Result<Option<Subject>, AuthError> {
    let Some(token) = &caller.device else { return Ok(None) };
    // The same work for who is not known: no device is nobody's.
    let stand_in = StoredHash::from_stored(String::new());
    let (id, hash) = credential.map_or((NOBODY, &stand_in), |credential| (credential.id, &credential.password_hash));
    if !state.limits.devices.is_genuine(token, id, hash) || credential.is_none() {
        return Ok(None);
    }
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
