//! `latchkey user …`: from words to `accounts::service` and back to words.

use std::io;
use std::path::Path;

use super::command_line::UserCommand;
use super::output::{Output, moment, printable};
use super::{Failure, list, opening, password_input, show};
use crate::domain::{AccountView, AuthError, Field, FieldError, Password, Problem, Role};
use crate::server::accounts::creation::NewAccountFields;
use crate::server::accounts::service::{self, ListInput, PageSize, Who, Whose};
use crate::server::caller::Caller;
use crate::server::config::Config;
use crate::server::import;
use crate::server::password_links::service::{self as password_links, PasswordLink};
use crate::server::state::AppState;
use crate::server::store::{Absent, Changed, RoleChange, StandingChanges};

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
    let said = |error: AuthError| refusal(state, &error);
    match command {
        UserCommand::Add { username, email, first_name, last_name, role, .. } => {
            let [first_name, last_name] = [first_name, last_name].map(Option::unwrap_or_default);
            let fields = NewAccountFields { email, username, password, first_name, last_name, role };
            add(state, caller, fields, output).await
        }
        UserCommand::List { role, disabled, active, search, json } => {
            let is_active = (disabled || active).then_some(active);
            let (search, page_size) = (search.unwrap_or_default(), PageSize::MAX);
            let input = ListInput { search, is_active, role, page_size, ..ListInput::default() };
            list::list(state, caller, input, json, output).await
        }
        UserCommand::Show { name, json } => {
            let details = service::show(state, caller, Who::Name(&name)).await.map_err(said)?;
            if json { show::json(&details, output) } else { show::table(&details, output) }
        }
        UserCommand::Disable { name } => {
            let changed = service::update(state, caller, (Who::Name(&name), StandingChanges::active(false)))
                .await
                .map_err(said)?;
            tell(&changed, ("is disabled and signed out everywhere", "was disabled already"), output)
        }
        UserCommand::Enable { name } => {
            let changed = service::update(state, caller, (Who::Name(&name), StandingChanges::active(true)))
                .await
                .map_err(said)?;
            tell(&changed, ("may sign in again", "was active already"), output)
        }
        UserCommand::Grant { name, role } => {
            let signed_out = if role == Role::ADMIN { " and is signed out everywhere" } else { "" };
            let done = format!("has the role {role} now{signed_out}");
            let unchanged = format!("had the role {role} already");
            let change = StandingChanges::roles(RoleChange::Grant(role));
            let changed = service::update(state, caller, (Who::Name(&name), change)).await.map_err(said)?;
            tell(&changed, (&done, &unchanged), output)
        }
        UserCommand::Revoke { name, role } => {
            let done = format!("has the role {role} no longer and is signed out everywhere");
            let unchanged = format!("did not have the role {role}");
            let change = StandingChanges::roles(RoleChange::Revoke(role));
            let changed = service::update(state, caller, (Who::Name(&name), change)).await.map_err(said)?;
            tell(&changed, (&done, &unchanged), output)
        }
        UserCommand::Unlock { name } => {
            let (account, is_new) = service::unlock(state, caller, Who::Name(&name)).await.map_err(said)?;
            let what = if is_new { "may try again" } else { "has no failed sign-ins" };
            Ok(output.line(&format!("{} {what}", shown(&account)))?)
        }
        UserCommand::Password { name } => hand_over_link(state, caller, &name, output).await,
        UserCommand::SignOut { name, .. } => sign_out(state, caller, name.as_deref(), output).await,
        UserCommand::Delete { name, yes } => delete(state, caller, (&name, yes), output).await,
        UserCommand::Import { file, dry_run } => import_file(state, caller, (&file, dry_run), output).await,
    }
}

async fn add(state: &AppState, caller: &Caller, fields: NewAccountFields, output: &mut Output) -> Result<(), Failure> {
    let has_password = fields.password.is_some();
    let account = service::add(state, caller, fields).await.map_err(|error| refusal(state, &error))?;
    let role = account.roles.iter().find(|role| **role != Role::USER);
    let role = role.map(|role| format!(" with the role {role}")).unwrap_or_default();
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
    let link = link.map_err(|error| refusal(state, &error).with(&advice))?;
    show_link(&link, output).map_err(|error| unread(&error, &advice))
}

async fn hand_over_link(state: &AppState, caller: &Caller, name: &str, output: &mut Output) -> Result<(), Failure> {
    let link = password_links::make_link(state, caller, name).await.map_err(|error| refusal(state, &error))?;
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

async fn sign_out(state: &AppState, caller: &Caller, name: Option<&str>, output: &mut Output) -> Result<(), Failure> {
    let whose = name.map_or(Whose::Everybody, |name| Whose::Account(Who::Name(name)));
    let ended = service::sign_out(state, caller, whose).await.map_err(|error| refusal(state, &error))?;
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
        let account = service::delete(state, caller, Who::Name(name)).await.map_err(|error| refusal(state, &error))?;
        return Ok(output.line(&format!("{} is deleted", shown(&account)))?);
    }
    let details = service::show(state, caller, Who::Name(name)).await.map_err(|error| refusal(state, &error))?;
    let (who, sessions) = (shown(&details.account), details.sessions.len());
    Err(Failure::usage(format!(
        "this would delete {who} for good, with live sessions: {sessions}, roles: {}; add --yes to do it",
        super::output::roles(&details.account)
    )))
}

/// Says who was changed, or that there was nothing to change.
fn tell(changed: &Changed, (done, unchanged): (&str, &str), output: &mut Output) -> Result<(), Failure> {
    let what = if changed.is_new() { done } else { unchanged };
    Ok(output.line(&format!("{} {what}", shown(&changed.after)))?)
}

fn shown(account: &AccountView) -> String {
    printable(&format!("{} <{}>", account.username, account.email))
}

/// A service's refusal in the operator's words.
pub(super) fn refusal(state: &AppState, error: &AuthError) -> Failure {
    let line = match error {
        AuthError::Invalid(errors) => {
            let line = errors.iter().map(|error| problem(state, error)).collect::<Vec<_>>().join("; ");
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

fn problem(state: &AppState, FieldError { field, problem }: FieldError) -> String {
    let name = match field {
        Field::Email => "EMAIL",
        Field::Username => "USERNAME",
        Field::FirstName => "--first-name",
        Field::LastName => "--last-name",
        Field::Roles => "the role",
        Field::Search => "--search",
        _ => "the password",
    };
    let what = match (problem, field) {
        (Problem::Required, _) => "is empty".to_owned(),
        (Problem::Invalid, Field::Roles) => "user is everybody's; it can be neither given nor taken away".to_owned(),
        (Problem::Unknown, Field::Roles) => {
            format!("must be one of: {}; LATCHKEY_ROLES defines more", state.config.roles.names())
        }
        (Problem::Invalid, Field::Email) => "must be one e-mail address, such as anna@example.com".to_owned(),
        (Problem::Invalid, Field::Username) => "may not begin with -".to_owned(),
        (Problem::Characters, Field::Username) => "may have letters, digits, - and _ only".to_owned(),
        (Problem::Invalid | Problem::Characters, _) => "has characters that cannot be used".to_owned(),
        (Problem::TooShort(least), _) => format!("must have at least {least} characters"),
        (Problem::TooLong(most), _) => format!("must have at most {most} characters"),
        (Problem::Taken, _) => "is another account's already".to_owned(),
        (Problem::Common, _) => "is one that guessers try first; choose another".to_owned(),
        (Problem::Wrong | Problem::Unknown, _) => "is wrong".to_owned(),
    };
    format!("{name} {what}")
}
