//! No hot question reads a whole table or sorts one: what it costs does not depend on how many accounts there are. The statements are
//! those that the store really sends, from its log; the plans are those of a database that knows nothing of what is in its tables.

use std::collections::BTreeSet;

use latchkey::domain::{Login, Role};
use latchkey::server::store::{AccountFilter, AccountSort, Position, RoleChange, StandingChanges, subject_of_account};
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::support::{Kind, MadeUp, TestApp, connect, log_text};

const PASSWORD: &str = "canary-Plans-Kx7-pw";
/// More than are gathered without a walk, every other one of them disabled.
const MANY: i64 = 1200;
/// Those that are as long as the list of accounts, of sessions or of what is counted.
const LONG: [&str; 5] = ["accounts", "account_roles", "sessions", "attempts", "password_links"];

/// The statements that were logged behind the first `from` bytes. What other tests do meanwhile may be among them.
fn logged(from: usize) -> BTreeSet<String> {
    let log = log_text();
    let lines = log[from..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let statements = lines.filter(|line| line["target"] == "sqlx::query").map(|line| {
        let whole = line["db.statement"].as_str().unwrap_or_default().trim().to_owned();
        if whole.is_empty() { line["summary"].as_str().unwrap_or_default().to_owned() } else { whole }
    });
    let verbs = ["select ", "update ", "delete ", "insert "];
    statements.filter(|statement| verbs.iter().any(|verb| statement.starts_with(verb))).collect()
}

fn speaks_of(statement: &str, tables: &[&str]) -> bool {
    statement.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| tables.contains(&word))
}

/// Everything hot, once each way.
async fn ask_everything(app: &TestApp) {
    let anna = app.register("anna", PASSWORD).await;
    let client = app.api_as("anna", PASSWORD).await;
    assert_eq!(client.get("/users/me").await.status, 200);
    assert_eq!(app.api().sign_in("anna@example.com", "canary-wrong-pw").await.status, 401);
    assert_eq!(app.api().sign_in("nobody", "canary-wrong-pw").await.status, 401);
    assert_eq!(client.refresh().await.status, 200);
    anna.get("/sessions").await;
    let (store, now) = (&app.state.store, app.now());
    for login in ["anna", "anna@example.com"] {
        store.account_by_login(&Login::parse(login).unwrap()).await.unwrap();
    }
    let created_at: Position = serde_json::from_str("[1, 1]").unwrap();
    let text: Position = serde_json::from_str("[\"m\", 1]").unwrap();
    for sort in AccountSort::ALL {
        let is_text = !sort.as_str().ends_with("created_at");
        for after in [None, Some(if is_text { &text } else { &created_at })] {
            for number in 0..12 {
                let filter = AccountFilter {
                    role: (number % 2 == 1).then_some(Role::ADMIN),
                    is_active: [None, Some(true), Some(false)][number / 2 % 3],
                    prefix: if number < 6 { String::new() } else { "m".to_owned() },
                };
                store.accounts(&filter, sort, after, 5).await.unwrap();
            }
        }
    }
    let id = store.account_by_login(&Login::parse("anna").unwrap()).await.unwrap().unwrap().view.id;
    let grant = StandingChanges::roles(RoleChange::Grant(Role::ADMIN));
    store.change_standing(None, id, &grant, now).await.unwrap();
    store.end_sessions(None, Some(id), now).await.unwrap();
    store.gone_sessions(id, (now, now), 10).await.unwrap();
    store.unlock_account(None, id).await.unwrap();
    store.tally(&subject_of_account(id)).await.unwrap();
    store.purge_tallies(now).await.unwrap();
    store.remove_account(None, id).await.unwrap();
}

/// Whether a plan of SQLite's reads a table from end to end, or sorts what it walks through for a list.
async fn sqlite_fault(connection: &mut AnyConnection, statement: &str) -> Option<String> {
    let text = AssertSqlSafe(format!("explain query plan {statement}"));
    let rows = sqlx::query(text).fetch_all(connection).await.unwrap();
    let lines: Vec<(i64, String)> = rows.iter().map(|row| (row.get::<i32, _>(1).into(), row.get(3))).collect();
    let is_list = statement.contains(") a left join");
    let is_walk = (is_list && !statement.contains("cross join")) || statement.contains(" as walked");
    let is_bad = |(parent, line): &(i64, String)| {
        let words: Vec<&str> = line.split(' ').collect();
        match *words.as_slice() {
            // What a limited part of the statement gives.
            ["SCAN", "a" | "found" | "walk" | "stale" | "newest" | "kept"] => !statement.contains("limit"),
            ["SCAN", _, "USING", ..] => !is_walk,
            ["SCAN", "CONSTANT", "ROW"] => false,
            ["SCAN", ..] => {
                !line.starts_with("SCAN (subquery") && !line.starts_with("SCAN x") && !line.starts_with("SCAN y")
            }
            ["USE", "TEMP", "B-TREE", ..] => is_walk && *parent != 0,
            _ => false,
        }
    };
    lines.iter().any(is_bad).then(|| format!("{statement}\n{lines:#?}"))
}

/// Whether PostgreSQL finds no other way than to read a whole table, whatever the values are.
async fn postgres_fault(connection: &mut AnyConnection, statement: &str) -> Option<String> {
    connection.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off").await.unwrap();
    let values = vec!["null"; statement.matches('$').count()].join(", ");
    let values = if values.is_empty() { String::new() } else { format!("({values})") };
    for text in ["deallocate all".to_owned(), format!("prepare question as {statement}")] {
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await.unwrap();
    }
    let explain = AssertSqlSafe(format!("explain execute question{values}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let is_bad = lines.iter().any(|line| LONG.iter().any(|table| line.contains(&format!("Seq Scan on {table} "))));
    is_bad.then(|| format!("{statement}\n{lines:#?}"))
}

async fn fault(kind: Kind, connection: &mut AnyConnection, statement: &str) -> Option<String> {
    match kind {
        Kind::Postgres => postgres_fault(connection, statement).await,
        _ => sqlite_fault(connection, statement).await,
    }
}

#[tokio::test]
async fn no_hot_question_reads_a_whole_table() {
    let kind = Kind::of_this_run();
    if kind == Kind::MariaDb {
        // Its plans depend on how full the tables are, and it tells them of statements with values alone.
        return;
    }
    let app = TestApp::with(&[("LATCHKEY_LOG_SQL", "true")]).await;
    let made_up = |id| MadeUp { id, username: format!("M{id}"), email: format!("m{id}@example.com"), created_at: id };
    app.insert_accounts((1..=MANY).map(made_up)).await;
    let before = log_text().len();
    ask_everything(&app).await;
    let statements = logged(before);
    let lists = statements.iter().filter(|statement| statement.contains("limit ")).count();
    assert!(lists > 60 && statements.len() > lists + 20, "{} and {lists}", statements.len());
    let mut connection = connect(&app.database).await;
    let mut faults = Vec::new();
    for statement in statements.iter().filter(|statement| speaks_of(statement, &LONG)) {
        faults.extend(fault(kind, &mut connection, statement).await);
    }
    // It would notice.
    for bad in
        ["select id from accounts where first_name = 'x'", "update sessions set ended_at = 1 where user_agent = 'x'"]
    {
        assert!(fault(kind, &mut connection, bad).await.is_some(), "{bad}");
    }
    connection.close().await.unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
