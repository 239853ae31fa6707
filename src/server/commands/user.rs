//! `latchkey user …`: from words to `accounts::service` and back to words.

use std::io;
use std::path::Path;

use super::command_line::UserCommand;
use super::output::{Output, moment, printable};
use super::{Failure, list, opening, password_input, show};
use crate::domain::{AccountView, AuthError, Field, FieldError, Password, Problem, Role, canonical_prefix};
use crate::server::accounts::creation::NewAccountFields;
use crate::server::accounts::service::{self, Changed, Whose};
use crate::server::caller::Caller;
use crate::server::config::Config;
use crate::server::import;
use crate::server::password_links::service::{self as password_links, PasswordLink};
use crate::server::state::AppState;
use crate::server::store::{Absent, AccountFilter};

/// Runs one of them, beside a server or without one.
pub(super) async fn run(config: Config, command: UserCommand, mut output: Output) -> Result<(), Failure> {
    // Before the database is opened: whoever types it may take a while.
    let password = match &command {
        UserCommand::Add { password_stdin: true, .. } => Some(password_input::read()?),
        _ => None,
    };
    let absent = match &command {
        UserCommand::Add { .. } | UserCommand::Import { .. } => Absent::Make,
        _ => Absent::Refuse,
    };
    let state = opening::beside_a_server(config, absent).await?;
    let outcome = act(&state, command, password, &mut output).await;
    state.store.close().await;
    outcome?;
    Ok(output.end()?)
}

async fn act(
    state: &AppState,
    command: UserCommand,
    password: Option<Password>,
    output: &mut Output,
) -> Result<(), Failure> {
    let caller = &Caller::operator();
    let said = |error: AuthError| refusal(&error);
    match command {
        UserCommand::Add { username, email, first_name, last_name, role, .. } => {
            let [first_name, last_name] = [first_name, last_name].map(Option::unwrap_or_default);
            let fields = NewAccountFields { email, username, password, first_name, last_name, role };
            add(state, caller, fields, output).await
        }
        UserCommand::List { role, disabled, active, search, json } => {
            let is_active = (disabled || active).then_some(active);
            let prefix = canonical_prefix(&search.unwrap_or_default());
            list::list(state, caller, AccountFilter { role, is_active, prefix }, json, output).await
        }
        UserCommand::Show { name, json } => {
            let details = service::show(state, caller, &name).await.map_err(said)?;
            if json { show::json(&details, output) } else { show::table(&details, output) }
        }
        UserCommand::Disable { name } => {
            let changed = service::set_active(state, caller, (&name, false)).await.map_err(said)?;
            tell(&changed, ("is disabled and signed out everywhere", "was disabled already"), output)
        }
        UserCommand::Enable { name } => {
            let changed = service::set_active(state, caller, (&name, true)).await.map_err(said)?;
            tell(&changed, ("may sign in again", "was active already"), output)
        }
        UserCommand::Grant { name, role } => {
            let changed = service::grant(state, caller, (&name, role)).await.map_err(said)?;
            let role = role.as_str();
            tell(&changed, (&format!("has the role {role} now"), &format!("had the role {role} already")), output)
        }
        UserCommand::Revoke { name, role } => revoke(state, caller, (&name, role), output).await,
        UserCommand::Password { name } => hand_over_link(state, caller, &name, output).await,
        UserCommand::SignOut { name, .. } => sign_out(state, caller, name.as_deref(), output).await,
        UserCommand::Delete { name, yes } => delete(state, caller, (&name, yes), output).await,
        UserCommand::Import { file, dry_run } => import_file(state, caller, (&file, dry_run), output).await,
    }
}

async fn add(state: &AppState, caller: &Caller, fields: NewAccountFields, output: &mut Output) -> Result<(), Failure> {
    let has_password = fields.password.is_some();
    let account = service::add(state, caller, fields).await.map_err(|error| refusal(&error))?;
    let role = account.roles.first().map(|role| format!(" with the role {}", role.as_str())).unwrap_or_default();
    let name = &account.username;
    let added = format!("{name} <{}> is added{role}", account.email);
    let advice = if has_password {
        "the account was added".to_owned()
    } else {
        format!("the account was added; run: latchkey user password {name}")
    };
    output.line(&added).map_err(|error| unread(&error, &advice))?;
    if has_password {
        return output.flush().map_err(|error| unread(&error, &advice));
    }
    let link = password_links::make_link(state, caller, name).await;
    let link = link.map_err(|error| refusal(&error).with(&advice))?;
    show_link(&link, output).map_err(|error| unread(&error, &advice))
}

async fn hand_over_link(state: &AppState, caller: &Caller, name: &str, output: &mut Output) -> Result<(), Failure> {
    let link = password_links::make_link(state, caller, name).await.map_err(|error| refusal(&error))?;
    let advice = format!("the link is lost; run again: latchkey user password {}", printable(&link.username));
    show_link(&link, output).map_err(|error| unread(&error, &advice))
}

fn show_link(link: &PasswordLink, output: &mut Output) -> io::Result<()> {
    let (name, until) = (printable(&link.username), moment(link.expires_at));
    output.line(&format!("This link sets the password of {name}, once, until {until}. Give it to nobody else:"))?;
    output.line(&link.url)?;
    output.flush()
}

/// What cannot be shown a second time must be read: here a reader that has gone is a fault, too.
fn unread(error: &io::Error, advice: &str) -> Failure {
    Failure::refused(format!("cannot write to standard output: {error}; {advice}"))
}

async fn import_file(
    state: &AppState,
    caller: &Caller,
    (file, dry_run): (&Path, bool),
    output: &mut Output,
) -> Result<(), Failure> {
    let report = import::run(state, caller, file, dry_run).await.map_err(Failure::refused)?;
    output.line(report.to_string().trim_end())?;
    if report.is_refused() {
        output.flush()?;
        return Err(Failure::refused("nothing was imported; mend what the report names and try again"));
    }
    Ok(())
}

async fn revoke(
    state: &AppState,
    caller: &Caller,
    (name, role): (&str, Role),
    output: &mut Output,
) -> Result<(), Failure> {
    let changed = service::revoke(state, caller, (name, role)).await.map_err(|error| refusal(&error))?;
    let role = role.as_str();
    let done = format!("has the role {role} no longer and is signed out everywhere");
    tell(&changed, (&done, &format!("did not have the role {role}")), output)
}

async fn sign_out(state: &AppState, caller: &Caller, name: Option<&str>, output: &mut Output) -> Result<(), Failure> {
    let whose = name.map_or(Whose::Everybody, Whose::Account);
    let ended = service::sign_out(state, caller, whose).await.map_err(|error| refusal(&error))?;
    Ok(output.line(&match ended {
        1 => "1 session ended".to_owned(),
        count => format!("{count} sessions ended"),
    })?)
}

async fn delete(
    state: &AppState,
    caller: &Caller,
    (name, yes): (&str, bool),
    output: &mut Output,
) -> Result<(), Failure> {
    if yes {
        let changed = service::delete(state, caller, name).await.map_err(|error| refusal(&error))?;
        return tell(&changed, ("is deleted", ""), output);
    }
    let details = service::show(state, caller, name).await.map_err(|error| refusal(&error))?;
    let (who, sessions) = (shown(&details.account), details.sessions.len());
    Err(Failure::usage(format!(
        "this would delete {who} for good, with live sessions: {sessions}, roles: {}; add --yes to do it",
        super::output::roles(&details.account)
    )))
}

/// Says who was changed, or that there was nothing to change.
fn tell(changed: &Changed, (done, unchanged): (&str, &str), output: &mut Output) -> Result<(), Failure> {
    let what = if changed.is_new { done } else { unchanged };
    Ok(output.line(&format!("{} {what}", shown(&changed.account)))?)
}

fn shown(account: &AccountView) -> String {
    printable(&format!("{} <{}>", account.username, account.email))
}

/// A service's refusal in the operator's words.
pub(super) fn refusal(error: &AuthError) -> Failure {
    let line = match error {
        AuthError::Invalid(errors) => {
            let line = errors.iter().map(problem).collect::<Vec<_>>().join("; ");
            return if errors.only_taken() { Failure::refused(line) } else { Failure::usage(line) };
        }
        AuthError::NotFound => "there is no account with that username or e-mail address; see latchkey user list",
        AuthError::InactiveAccount => "the account is disabled; enable it first: latchkey user enable NAME",
        AuthError::LastAdmin => {
            "this is the last active administrator; make somebody else one first: latchkey user grant NAME admin"
        }
        AuthError::Busy { .. } | AuthError::Unavailable => {
            "the database is busy or cannot be reached, or its disk is full; try again in a minute"
        }
        _ => "a fault of latchkey's own; the line above has the cause",
    };
    Failure::refused(line)
}

fn problem(FieldError { field, problem }: FieldError) -> String {
    let name = match field {
        Field::Email => "EMAIL",
        Field::Username => "USERNAME",
        Field::FirstName => "--first-name",
        Field::LastName => "--last-name",
        _ => "the password",
    };
    let what = match (problem, field) {
        (Problem::Required, _) => "is empty".to_owned(),
        (Problem::Invalid, Field::Email) => "must be one e-mail address, such as anna@example.com".to_owned(),
        (Problem::Invalid, Field::Username) => "may not begin with -".to_owned(),
        (Problem::Characters, Field::Username) => "may have letters, digits, - and _ only".to_owned(),
        (Problem::Invalid | Problem::Characters, _) => "has characters that cannot be used".to_owned(),
        (Problem::TooShort(least), _) => format!("must have at least {least} characters"),
        (Problem::TooLong(most), _) => format!("must have at most {most} characters"),
        (Problem::Taken, _) => "is another account's already".to_owned(),
        (Problem::Common, _) => "is one that guessers try first; choose another".to_owned(),
        (Problem::Wrong, _) => "is wrong".to_owned(),
    };
    format!("{name} {what}")
}
