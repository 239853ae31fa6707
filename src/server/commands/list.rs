//! `latchkey user list`: page by page, so that any number of accounts fits.

use super::Failure;
use super::output::{Output, Table, account_json, json_line, moment, printable, roles, state};
use super::user::refusal;
use crate::domain::AccountView;
use crate::server::accounts::service::{self, ListInput};
use crate::server::caller::Caller;
use crate::server::state::AppState;

/// Prints all pages from `input` on.
pub(super) async fn list(
    app: &AppState,
    caller: &Caller,
    mut input: ListInput,
    json: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut table = Table::new();
    let mut rows = vec![["USERNAME", "E-MAIL", "ROLES", "STATE", "LAST SIGN-IN"].map(str::to_owned)];
    loop {
        let page = service::list(app, caller, input.clone()).await.map_err(|error| refusal(app, &error))?;
        if json {
            for account in &page.accounts {
                output.line(&json_line(&account_json(account)))?;
            }
        } else {
            rows.extend(page.accounts.iter().map(row));
            for line in table.lines(&rows) {
                output.line(&line)?;
            }
            rows.clear();
        }
        // A reader that has gone is noticed between two pages.
        output.flush()?;
        if page.next_cursor.is_none() {
            return Ok(());
        }
        input.cursor = page.next_cursor;
    }
}

fn row(account: &AccountView) -> [String; 5] {
    [
        printable(&account.username),
        printable(&account.email),
        roles(account),
        state(account).to_owned(),
        account.last_login.map_or("never".to_owned(), moment),
    ]
}
