//! `latchkey user show`: one account with its live sessions.

use serde_json::{Value, json};

use super::Failure;
use super::output::{Output, Table, account_json, json_line, moment, printable, roles, state};
use crate::server::accounts::service::AccountDetails;
use crate::server::limits::rule::Lock;
use crate::server::store::SessionSummary;

/// Prints it for people.
pub(super) fn table(details: &AccountDetails, output: &mut Output) -> Result<(), Failure> {
    let account = &details.account;
    let names = [account.first_name.as_deref(), account.last_name.as_deref()].into_iter().flatten();
    let name = names.collect::<Vec<_>>().join(" ");
    let facts = [
        ("username", printable(&account.username)),
        ("e-mail", printable(&account.email)),
        ("verified", if account.email_verified { "yes" } else { "no" }.to_owned()),
        ("name", if name.is_empty() { "-".to_owned() } else { printable(&name) }),
        ("number", account.id.get().to_string()),
        ("roles", roles(account)),
        ("state", state(account).to_owned()),
        ("password", if details.has_password { "set" } else { "none" }.to_owned()),
        ("created", moment(account.created_at)),
        ("changed", moment(account.updated_at)),
        ("last sign-in", account.last_login.map_or("never".to_owned(), moment)),
        ("failed tries", details.failures.to_string()),
        ("locked", locked(details.lock)),
        ("live sessions", details.sessions.len().to_string()),
    ];
    let facts = facts.map(|(name, value)| [name.to_owned(), value]);
    for line in Table::new().lines(&facts) {
        output.line(&line)?;
    }
    if details.sessions.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let head = ["SESSION", "BEGUN", "LAST SEEN", "ADDRESS", "CLIENT"].map(str::to_owned);
    let rows: Vec<_> = [head].into_iter().chain(details.sessions.iter().map(row)).collect();
    for line in Table::new().lines(&rows) {
        output.line(&line)?;
    }
    Ok(())
}

/// Prints it for programs.
pub(super) fn json(details: &AccountDetails, output: &mut Output) -> Result<(), Failure> {
    let mut object = account_json(&details.account);
    if let Value::Object(object) = &mut object {
        object.insert("has_password".to_owned(), details.has_password.into());
        object.insert("failed_tries".to_owned(), details.failures.into());
        object.insert("locked".to_owned(), (details.lock != Lock::Open).into());
        let until = match details.lock {
            Lock::Until(moment) => Value::from(moment.to_rfc3339()),
            Lock::Open | Lock::Closed => Value::Null,
        };
        object.insert("locked_until".to_owned(), until);
        object.insert("sessions".to_owned(), details.sessions.iter().map(session_json).collect());
    }
    Ok(output.line(&json_line(&object))?)
}

/// At devices that it was not known to: the others have their own count.
fn locked(lock: Lock) -> String {
    match lock {
        Lock::Open => "no".to_owned(),
        Lock::Until(until) => format!("until {}", moment(until)),
        Lock::Closed => "until somebody unlocks it".to_owned(),
    }
}

fn row(session: &SessionSummary) -> [String; 5] {
    [
        short(&session.id),
        moment(session.created_at),
        moment(session.last_seen_at),
        session.address.as_deref().map_or("-".to_owned(), printable),
        session.user_agent.as_deref().map_or("-".to_owned(), printable),
    ]
}

fn session_json(session: &SessionSummary) -> Value {
    json!({
        "id": short(&session.id),
        "kind": session.kind,
        "created_at": session.created_at.to_rfc3339(),
        "last_seen_at": session.last_seen_at.to_rfc3339(),
        "expires_at": session.idle_expires_at.to_rfc3339(),
        "address": session.address,
        "user_agent": session.user_agent,
    })
}

/// Enough to tell the sessions of an account apart.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
