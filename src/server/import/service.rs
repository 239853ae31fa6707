//! The rule of an import: everybody, or nobody.
//!
//! 1. Only the operator and administrators import.
//! 2. Every row is checked, and each against all the others, before the database is asked to write.
//! 3. Nobody who is here already is brought along again.
//! 4. All accounts are written in one transaction. The unique indexes have the last word: somebody may have registered in
//!    the meantime.

use std::collections::BTreeMap;

use super::candidate::Place;
use super::file::Source;
use super::report::{Format, Outcome, Report};
use super::validation::{self, Checked, Rules};
use crate::domain::{AuthError, EmailAddress, Role, Username};
use crate::server::caller::Caller;
use crate::server::logging::AUDIT;
use crate::server::state::AppState;
use crate::server::store::{ImportedAccount, StoreError};

/// How often the writing is begun anew when somebody registers in between, or a random id is in use.
const ATTEMPTS: usize = 5;

/// What to import.
#[derive(Debug)]
pub struct Input {
    /// A file that was read.
    pub source: Source,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// Imports all accounts of a file, or none when anything is wrong with it.
///
/// # Errors
/// [`AuthError::Unauthenticated`], [`AuthError::Forbidden`], [`AuthError::Unavailable`]. Faults of the file are in the
/// report.
pub async fn import(state: &AppState, caller: &Caller, input: Input) -> Result<Report, AuthError> {
    caller.require(&Role::ADMIN)?;
    let mut draft = check(state, input.source).await?;
    refuse_taken(state, &mut draft).await?;
    if !draft.checked.faults.is_empty() {
        return Ok(draft.report(Outcome::Refused));
    }
    if input.dry_run {
        return Ok(draft.report(Outcome::DryRun));
    }
    let report = write(state, draft).await?;
    if report.outcome == Outcome::Imported {
        let (actor, accounts) = (caller.actor(), report.accounts);
        tracing::info!(target: AUDIT, actor, accounts, "accounts imported by {actor}: {accounts}");
    }
    Ok(report)
}

/// What is known of a file before it is written.
struct Draft {
    format: Format,
    rows: usize,
    has_ids: bool,
    checked: Checked,
}

/// Step 2. On a thread of its own: a large file takes seconds.
async fn check(state: &AppState, source: Source) -> Result<Draft, AuthError> {
    let rules = Rules { hasher: state.hasher.clone(), roles: state.config.roles.clone(), now: state.clock.now() };
    let check = move || {
        let mut checked = validation::check(&source.candidates, &rules)?;
        checked.faults.append(source.faults);
        Ok::<_, AuthError>(Draft { format: source.format, rows: source.rows, has_ids: source.has_ids, checked })
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| AuthError::Internal)?
}

/// Step 3.
async fn refuse_taken(state: &AppState, draft: &mut Draft) -> Result<(), AuthError> {
    let Checked { accounts, places, faults } = &mut draft.checked;
    let emails: Vec<&EmailAddress> = accounts.iter().map(|account| &account.email).collect();
    let emails = state.store.taken_emails(&emails).await?;
    let usernames: Vec<&Username> = accounts.iter().map(|account| &account.username).collect();
    let usernames = state.store.taken_usernames(&usernames).await?;
    let mut refuse = |place: &Place, what: &str| {
        faults.add(place, || format!("an account here has this {what} already; leave the row out or change it"));
    };
    for (account, place) in accounts.iter().zip(places) {
        if emails.contains(account.email.canonical()) {
            refuse(place, "e-mail address");
        }
        if usernames.contains(account.username.canonical()) {
            refuse(place, "username");
        }
    }
    Ok(())
}

/// Step 4.
async fn write(state: &AppState, mut draft: Draft) -> Result<Report, AuthError> {
    tracing::debug!(accounts = draft.checked.accounts.len(), "imported accounts are written");
    for _ in 0..ATTEMPTS {
        match state.store.import_accounts(&draft.checked.accounts).await {
            Ok(true) => {
                return Ok(draft.report(Outcome::Imported));
            }
            Ok(false) => take_new_ids(&mut draft.checked.accounts)?,
            Err(StoreError::Taken(_)) => {
                refuse_taken(state, &mut draft).await?;
                if !draft.checked.faults.is_empty() {
                    return Ok(draft.report(Outcome::Refused));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(AuthError::Unavailable)
}

fn take_new_ids(accounts: &mut [ImportedAccount]) -> Result<(), AuthError> {
    for account in accounts {
        account.id = validation::new_id()?;
    }
    Ok(())
}

impl Draft {
    fn report(self, outcome: Outcome) -> Report {
        let Checked { accounts, faults, .. } = self.checked;
        let accounts = if outcome == Outcome::Refused { Vec::new() } else { accounts };
        let count = |is: fn(&&ImportedAccount) -> bool| accounts.iter().filter(is).count();
        let mut hashes = BTreeMap::new();
        for family in accounts.iter().filter_map(|account| account.password_hash.family()) {
            *hashes.entry(family).or_default() += 1;
        }
        Report {
            format: self.format,
            outcome,
            rows: self.rows,
            accounts: accounts.len(),
            hashes,
            disabled: count(|account| !account.is_active),
            administrators: count(|account| account.roles.contains(&Role::ADMIN)),
            has_ids: self.has_ids,
            fault_total: faults.total(),
            faults: faults.into_first(),
        }
    }
}
