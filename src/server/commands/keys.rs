//! `latchkey keys …`: from words to `keys::service` and back to words.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::command_line::KeysCommand;
use super::output::{Output, Table, json_line, moment, printable};
use super::{Failure, opening};
use crate::domain::{AuthError, Timestamp};
use crate::server::caller::Caller;
use crate::server::config::Config;
use crate::server::keys::service::{self, CACHED_SECONDS, Ended, ListedKey, Role, Shown, Successor, Takeover};
use crate::server::state::AppState;
use crate::server::store::Absent;

const REVOKED: &str = "is revoked; every token of it is refused within 5 seconds";

/// Runs one of them, beside a server or without one.
pub(super) async fn run(config: Config, command: KeysCommand, mut output: Output) -> Result<(), Failure> {
    let state = opening::beside_a_server(config, Absent::Refuse).await?;
    let outcome = act(&state, command, &mut output).await;
    state.store.close().await;
    outcome?;
    Ok(output.end()?)
}

async fn act(state: &AppState, command: KeysCommand, output: &mut Output) -> Result<(), Failure> {
    let caller = &Caller::operator();
    match command {
        KeysCommand::List { json } => list(&service::list(state, caller).await.map_err(refusal)?, json, output),
        KeysCommand::Show { kid, secret } => {
            show(&kid, service::show(state, caller, (&kid, secret)).await.map_err(refusal)?, output)
        }
        KeysCommand::Rotate { now } => {
            warn_of_another_algorithm(state, caller).await?;
            let takeover = if now { Takeover::Now } else { Takeover::Published };
            let made = service::rotate(state, caller, takeover).await.map_err(refusal)?;
            output.line(&format!("{} is published; {}", named(&made), begins(&made)))?;
            if now {
                let minutes = CACHED_SECONDS / 60;
                output.line(&format!(
                    "services that keep a copy of the keys may refuse its tokens until {minutes} minutes from now"
                ))?;
            }
            Ok(())
        }
        KeysCommand::Retire { kid } => {
            warn_of_another_algorithm(state, caller).await?;
            let ended = service::retire(state, caller, &kid).await.map_err(refusal)?;
            let until = ended.believed_until.map_or("they end".to_owned(), moment);
            let was = match ended.retires_at {
                Some(at) => format!("retires at {}, when the next one begins to sign", moment(at)),
                None if ended.was_so => "signs no more already".to_owned(),
                None => "is retired".to_owned(),
            };
            tell(&format!("{kid} {was}; its tokens are believed until {until}"), &ended, output)
        }
        KeysCommand::Revoke { kid: None, .. } => {
            warn_of_another_algorithm(state, caller).await?;
            let revoked = service::revoke_all(state, caller).await.map_err(refusal)?;
            for kid in &revoked.kids {
                output.line(&printable(&format!("{kid} {REVOKED}")))?;
            }
            match &revoked.successor {
                Some(made) => output.line(&format!("{} takes their place; {}", named(made), begins(made)))?,
                None => output.line("there is no key that could be revoked")?,
            }
            Ok(())
        }
        KeysCommand::Revoke { kid: Some(kid), .. } => {
            warn_of_another_algorithm(state, caller).await?;
            let ended = service::revoke(state, caller, &kid).await.map_err(refusal)?;
            let was = if ended.was_so { "was revoked already" } else { REVOKED };
            tell(&format!("{kid} {was}"), &ended, output)
        }
    }
}

/// Settings that are not the server's are easily given: those of another folder, or none.
async fn warn_of_another_algorithm(state: &AppState, caller: &Caller) -> Result<(), Failure> {
    let others = service::other_algorithms(state, caller).await.map_err(refusal)?;
    if !others.is_empty() {
        let (mine, others) = (state.keys.algorithm(), others.into_iter().collect::<Vec<_>>().join(" and "));
        let _ = writeln!(
            io::stderr(),
            "latchkey: ALGORITHM is {mine} here, but the keys that sign are of {}; a key that is made here is of {mine}",
            printable(&others)
        );
    }
    Ok(())
}

fn tell(what: &str, ended: &Ended, output: &mut Output) -> Result<(), Failure> {
    output.line(&printable(what))?;
    if let Some(made) = &ended.successor {
        output.line(&format!("{} takes its place; {}", named(made), begins(made)))?;
    }
    Ok(())
}

fn named(made: &Successor) -> String {
    format!("{} ({})", made.kid, made.algorithm)
}

fn begins(made: &Successor) -> String {
    format!("it signs from {} on", moment(made.signs_from))
}

fn list(keys: &[ListedKey], json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        for key in keys {
            output.line(&json_line(&object(key)))?;
        }
        return Ok(());
    }
    let head = ["KID", "ALGORITHM", "STATE", "MADE", "SIGNS FROM", "BELIEVED UNTIL"].map(str::to_owned);
    let rows: Vec<_> = [head].into_iter().chain(keys.iter().map(row)).collect();
    for line in Table::new().lines(&rows) {
        output.line(&line)?;
    }
    Ok(())
}

fn row(key: &ListedKey) -> [String; 6] {
    [
        printable(&key.kid),
        printable(&key.algorithm),
        state(key.role).to_owned(),
        moment(key.times.created_at),
        moment(signs_from(key)),
        key.times.believed_until().map_or("-".to_owned(), moment),
    ]
}

fn object(key: &ListedKey) -> Value {
    json!({
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": state(key.role),
        "created_at": key.times.created_at.to_rfc3339(),
        "signs_from": signs_from(key).to_rfc3339(),
        "retired_at": key.times.retired_at.map(Timestamp::to_rfc3339),
        "revoked_at": key.times.revoked_at.map(Timestamp::to_rfc3339),
        "believed_until": key.times.believed_until().map(Timestamp::to_rfc3339),
    })
}

/// At once is when it was made.
fn signs_from(key: &ListedKey) -> Timestamp {
    key.times.signs_from.max(key.times.created_at)
}

const fn state(role: Role) -> &'static str {
    match role {
        Role::Next => "next",
        Role::Signing => "signing",
        Role::Spare => "spare",
        Role::Verifying => "verifying",
        Role::Expired => "expired",
        Role::Revoked => "revoked",
    }
}

fn show(kid: &str, shown: Shown, output: &mut Output) -> Result<(), Failure> {
    let jwk = match shown {
        Shown::Public(public) => json!(public),
        Shown::Secret(secret) => json!({"kty": "oct", "alg": "HS256", "use": "sig", "kid": kid, "k": secret.as_str()}),
        Shown::OnlySecret => {
            return Err(Failure::usage(
                "an HS256 key has no public half, and whoever verifies with it can sign, too; add --secret to see it",
            ));
        }
        Shown::NothingSecret => {
            return Err(Failure::usage("this key's tokens are verified with its public half; leave --secret away"));
        }
    };
    Ok(output.line(&json_line(&jwk))?)
}

/// A service's refusal in the operator's words.
fn refusal(error: AuthError) -> Failure {
    Failure::refused(match error {
        AuthError::NotFound => "there is no such key; see latchkey keys list",
        AuthError::Unavailable => {
            "the database is busy or cannot be reached, or its disk is full; try again in a minute"
        }
        _ => "a fault of latchkey's own; the line above has the cause",
    })
}
