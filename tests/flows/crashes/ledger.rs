//! What was acknowledged, and whether the database has it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::writers::Api;
use crate::support::connect;
use crate::support::database::block_on;

/// What one writer knows.
pub struct Ledger {
    writer: usize,
    pub accounts: Vec<Account>,
    pub acknowledged: usize,
}

/// An account, as its owner knows it.
pub struct Account {
    pub name: String,
    pub password: String,
    /// Passwords that a change of this round has replaced.
    replaced: Vec<String>,
    pub sessions: Vec<Session>,
    /// What was asked last and not answered.
    pub unsure: Option<Unsure>,
    is_touched: bool,
    is_there: bool,
    /// So many sessions that nobody knows of were begun by sign-ins that were cut off.
    strangers_allowed: usize,
    /// The password's hash when the database was looked at last.
    hash: Option<String>,
}

/// A session, as its client knows it.
pub struct Session {
    id: String,
    pub access: String,
    pub refresh: String,
    /// So many refreshes were acknowledged.
    counter: i64,
    pub is_over: bool,
}

/// A write without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsure {
    Registration,
    SignIn,
    Refresh(usize),
    SignOut(usize),
    Password { by: usize, new: String },
}

impl Ledger {
    pub const fn of_writer(writer: usize) -> Self {
        Self { writer, accounts: Vec::new(), acknowledged: 0 }
    }

    pub fn begin_round(&mut self) {
        for account in &mut self.accounts {
            account.is_touched = false;
            account.replaced.clear();
        }
        if let Some(last) = self.accounts.last_mut() {
            last.is_touched = true;
        }
    }

    pub fn new_account(&mut self) -> &mut Account {
        let name = format!("writer-{}-{}", self.writer, self.accounts.len());
        let password = format!("canary-Crashes-{name}");
        let account = Account {
            name,
            password,
            replaced: Vec::new(),
            sessions: Vec::new(),
            unsure: None,
            is_touched: true,
            is_there: true,
            strangers_allowed: 0,
            hash: None,
        };
        self.accounts.push(account);
        self.accounts.last_mut().unwrap()
    }

    pub fn is_unsure(&self) -> bool {
        self.accounts.iter().any(|account| account.unsure.is_some())
    }
}

impl Account {
    /// A new password, set by the session `by`: all others end.
    pub fn set_password(&mut self, by: usize, new: String) {
        self.replaced.push(std::mem::replace(&mut self.password, new));
        for (at, session) in self.sessions.iter_mut().enumerate() {
            session.is_over |= at != by;
        }
    }
}

impl Session {
    pub fn of(tokens: &Value) -> Self {
        let access = text(tokens, "access_token");
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&access).unwrap().claims;
        Self { id: text(&claims, "sid"), access, refresh: text(tokens, "refresh_token"), counter: 0, is_over: false }
    }

    pub fn advance(&mut self, tokens: &Value) {
        (self.access, self.refresh) = (text(tokens, "access_token"), text(tokens, "refresh_token"));
        self.counter += 1;
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// What the database holds.
struct Found {
    /// By name: number and hash.
    accounts: BTreeMap<String, (i64, String)>,
    /// By id: account, counter, whether it has ended.
    sessions: BTreeMap<String, (i64, i64, bool)>,
}

async fn look(database: &str) -> Result<Found, String> {
    let mut connection = connect(database).await;
    let incomplete = "select (select count(*) from accounts where password_hash not like '$argon2id$%' or email = '' \
                      or email_canonical = '' or username_canonical = '' or is_active <> 1 or updated_at < created_at) \
                      + (select count(*) from sessions where account_id not in (select id from accounts)) \
                      + (select count(*) from sessions where (ended_at is null and end_reason is not null) \
                      or (ended_at is not null and end_reason is null) or counter < 0 or rotated_at < created_at)";
    let incomplete: i64 = sqlx::query_scalar(incomplete).fetch_one(&mut connection).await.unwrap();
    if incomplete != 0 {
        return Err(format!("{incomplete} rows are half done"));
    }
    if connection.backend_name() == "SQLite" {
        let verdict: String = sqlx::query_scalar("pragma integrity_check").fetch_one(&mut connection).await.unwrap();
        if verdict != "ok" {
            return Err(verdict);
        }
    }
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as("select username, id, password_hash from accounts").fetch_all(&mut connection).await.unwrap();
    let accounts = rows.into_iter().map(|(name, id, hash)| (name, (id, hash))).collect();
    let rows: Vec<(String, i64, i64, Option<i64>)> =
        sqlx::query_as("select id, account_id, counter, ended_at from sessions")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let sessions =
        rows.into_iter().map(|(id, account, counter, end)| (id, (account, counter, end.is_some()))).collect();
    Ok(Found { accounts, sessions })
}

/// A session's id, counter, last step, end and its reason.
type SessionLine = (String, i64, i64, Option<i64>, Option<String>);

/// The sessions, for the message of a failure.
pub fn rows(database: &str) -> String {
    let url = database.to_owned();
    block_on(async move {
        let mut connection = connect(&url).await;
        let query = "select id, counter, rotated_at, ended_at, end_reason from sessions order by rotated_at desc";
        let rows = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row: &SessionLine| format!("{row:?}\n")).collect()
    })
}

/// Compares all that was acknowledged with what the database holds, and this round's with what the server says. What was unsure is
/// sure afterwards: it happened whole, or not at all.
pub fn check(ledgers: &mut [Ledger], database: &str, api: &Api) -> Result<(), String> {
    let url = database.to_owned();
    let found = block_on(async move { look(&url).await })?;
    let known: BTreeSet<&str> =
        ledgers.iter().flat_map(|ledger| &ledger.accounts).map(|account| account.name.as_str()).collect();
    if let Some(stranger) = found.accounts.keys().find(|name| !known.contains(name.as_str())) {
        return Err(format!("nobody registered {stranger}"));
    }
    let each = |work: &mut dyn FnMut(&mut Account) -> Result<(), String>, ledgers: &mut [Ledger]| {
        let mut accounts = ledgers.iter_mut().flat_map(|ledger| &mut ledger.accounts);
        accounts.try_for_each(|account| work(account).map_err(|fault| format!("{}: {fault}", account.name)))
    };
    each(&mut |account| account.compare(&found), ledgers)?;
    // A refresh whose answer was lost is repeated soon enough, however slow the machine is: first of all.
    each(&mut |account| if account.is_touched { account.ask_for_sessions(api) } else { Ok(()) }, ledgers)?;
    each(&mut |account| if account.is_touched { account.ask_for_passwords(api) } else { Ok(()) }, ledgers)?;
    for ledger in ledgers {
        ledger.accounts.retain(|account| account.is_there);
        ledger.accounts.iter_mut().for_each(|account| account.unsure = None);
    }
    Ok(())
}

impl Account {
    /// With the rows; settles what was unsure.
    fn compare(&mut self, found: &Found) -> Result<(), String> {
        let Some((id, hash)) = found.accounts.get(&self.name) else {
            self.is_there = false;
            let may_be_missing = self.unsure == Some(Unsure::Registration);
            return if may_be_missing { Ok(()) } else { Err("the account is lost".into()) };
        };
        let has_new_hash = self.hash.as_ref().is_some_and(|before| before != hash);
        match self.unsure.clone() {
            Some(Unsure::Password { by, new }) => {
                // Whether it happened is told by the other sessions, or by the hash if this round changed it nowhere else.
                let others = self.sessions.iter().enumerate().filter(|(at, session)| *at != by && !session.is_over);
                let ended: Vec<bool> = others.map(|(_, session)| found.is_over(&session.id)).collect();
                if ended.iter().any(|is_over| *is_over != ended[0]) {
                    return Err("a change of password has ended some sessions and not others".into());
                }
                let is_known = self.replaced.is_empty() && self.hash.is_some();
                if is_known && ended.iter().any(|is_over| *is_over != has_new_hash) {
                    return Err("a change of password is half done".into());
                }
                let has_happened = ended.first().copied().or(is_known.then_some(has_new_hash));
                if has_happened == Some(true) {
                    self.set_password(by, new);
                } else if has_happened.is_none() {
                    // Only its owner can tell: asked below.
                    self.replaced.push(new);
                }
            }
            Some(Unsure::SignOut(at)) => self.sessions[at].is_over = found.is_over(&self.sessions[at].id),
            _ if has_new_hash && self.replaced.is_empty() => return Err("somebody changed the password".into()),
            _ => {}
        }
        self.hash = Some(hash.clone());
        for (at, session) in self.sessions.iter().enumerate() {
            let more = i64::from(self.unsure == Some(Unsure::Refresh(at)));
            match found.sessions.get(&session.id) {
                None if !session.is_over => return Err(format!("session {at} is lost")),
                Some((account, ..)) if account != id => return Err(format!("session {at} is somebody else's")),
                Some((.., is_over)) if *is_over != session.is_over => {
                    return Err(format!("session {at}: over {is_over}, acknowledged {}", session.is_over));
                }
                Some((_, counter, false)) if !(session.counter..=session.counter + more).contains(counter) => {
                    return Err(format!("session {at} is at step {counter}, acknowledged {}", session.counter));
                }
                _ => {}
            }
        }
        let known: BTreeSet<&str> = self.sessions.iter().map(|session| session.id.as_str()).collect();
        let strangers =
            found.sessions.iter().filter(|(sid, (account, ..))| account == id && !known.contains(sid.as_str()));
        let strangers = strangers.count();
        // A sign-in that was cut off may have left one; who knows of none has not signed in.
        self.strangers_allowed += usize::from(self.unsure == Some(Unsure::SignIn));
        if strangers > self.strangers_allowed { Err(format!("{strangers} sessions of nobody")) } else { Ok(()) }
    }

    /// At the server's own doors: each session goes on, or has ended.
    fn ask_for_sessions(&mut self, api: &Api) -> Result<(), String> {
        for (at, session) in self.sessions.iter_mut().enumerate() {
            let (status, body) = answered(api.refresh(session))?;
            if (status == 200) == session.is_over {
                return Err(format!(
                    "{status} for the token of session {at} ({}), over: {}, steps: {}, unsure: {:?}, {body}",
                    session.id, session.is_over, session.counter, self.unsure
                ));
            }
            if status == 200 {
                session.advance(&body);
            }
        }
        Ok(())
    }

    /// The right password signs in, and those before it do not.
    fn ask_for_passwords(&mut self, api: &Api) -> Result<(), String> {
        if let Some(Unsure::Password { .. }) = self.unsure
            && let Some(maybe) = self.replaced.last().cloned()
        {
            let (status, _) = answered(api.sign_in(&self.name, &maybe))?;
            if status == 200 && maybe != self.password {
                // It happened, and there was no other session to show it.
                self.replaced.pop();
                self.replaced.push(std::mem::replace(&mut self.password, maybe));
                self.strangers_allowed += 1;
            }
        }
        for old in &self.replaced {
            let (status, _) = answered(api.sign_in(&self.name, old))?;
            if status != 401 {
                return Err(format!("{status} for a password that was replaced"));
            }
        }
        let (status, body) = answered(api.sign_in(&self.name, &self.password))?;
        if (status == 200) != self.is_there {
            return Err(format!("{status} for the right password of an account that is there: {}", self.is_there));
        }
        if self.is_there {
            self.sessions.push(Session::of(&body));
        }
        Ok(())
    }
}

fn answered(answer: Option<(u16, Value)>) -> Result<(u16, Value), String> {
    answer.ok_or_else(|| "no answer after the start".to_owned())
}

impl Found {
    fn is_over(&self, id: &str) -> bool {
        self.sessions.get(id).is_none_or(|(.., is_over)| *is_over)
    }
}
