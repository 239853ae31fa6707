//! The binary itself, over TCP: what survives its death, and how it refuses a database that it must not touch.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;
use ureq::Agent;

const PASSWORD: &str = "canary-Process-Kx7-pw";

/// A running binary, which ends with this value.
struct Running {
    child: Child,
    url: String,
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.current_dir(folder).env_clear().env("LATCHKEY_LISTEN", "127.0.0.1:0");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(folder: &Path, settings: &[(&str, &str)]) -> Running {
    let mut child = command(folder).envs(settings.iter().copied()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().last().unwrap_or_else(|| panic!("it did not start")).to_owned();
    Running { child, url }
}

fn refusal(folder: &Path) -> String {
    let Output { status, stderr, .. } = command(folder).output().unwrap();
    assert!(!status.success());
    let line = String::from_utf8(stderr).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

impl Running {
    /// The end that cannot be prepared for.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The polite end; gives what it logged.
    fn terminate(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let mut log = String::new();
        std::io::Read::read_to_string(self.child.stderr.as_mut().unwrap(), &mut log).unwrap();
        assert!(self.child.wait().unwrap().success());
        log
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Vec<String>) {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let response = agent.post(format!("{}{path}", self.url)).send_form(fields.iter().copied()).unwrap();
        let cookies = response.headers().get_all("set-cookie").iter();
        let cookies = cookies.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
        (response.status().as_u16(), cookies.collect())
    }

    fn get(&self, path: &str, cookies: &str) -> u16 {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let request = agent.get(format!("{}{path}", self.url)).header("accept", "text/html");
        request.header("cookie", cookies).call().unwrap().status().as_u16()
    }
}

fn register(running: &Running, username: &str) -> String {
    let email = format!("{username}@example.com");
    let fields = [("email", email.as_str()), ("username", username), ("password", PASSWORD)];
    let (status, cookies) = running.post("/register", &fields);
    assert_eq!(status, 303);
    cookies.into_iter().filter(|cookie| !cookie.contains("notice")).collect::<Vec<_>>().join("; ")
}

#[test]
fn dat_1_accounts_and_sessions_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    // The session's token names its issuer, so that the second start must have the first one's address.
    let address = running.url.trim_start_matches("http://").to_owned();
    let cookies = register(&running, "survivor");
    running.kill();
    let again = start(folder.path(), &[("LATCHKEY_LISTEN", &address)]);
    assert_eq!(again.get("/profile", &cookies), 200, "the session lives on");
    assert_eq!(again.post("/login", &[("username", "survivor"), ("password", PASSWORD)]).0, 303);
    again.kill();
}

#[test]
fn sigterm_ends_it_politely_and_the_log_has_statements_but_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("LATCHKEY_LOG_SQL", "true")]);
    let cookies = register(&running, "canary-visitor");
    assert_eq!(running.get("/profile", &cookies), 200);
    let log = running.terminate();
    assert!(log.contains("insert into accounts") && log.contains("answered POST"));
    let tokens = cookies.split("; ").map(|cookie| cookie.split_once('=').unwrap().1.to_owned());
    let secret = std::fs::read_to_string(folder.path().join("data/secret_key")).unwrap();
    let secrets: Vec<String> = tokens.chain([PASSWORD.to_owned(), secret.trim().to_owned()]).collect();
    assert_eq!(secrets.len(), 4);
    for needle in secrets.iter().map(String::as_str).chain(["$argon2", "canary-visitor"]) {
        assert!(!log.contains(needle), "the log holds {needle:?}");
    }
}

#[test]
fn without_log_sql_no_statement_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    register(&running, "quiet");
    let log = running.terminate();
    assert!(log.contains("answered POST") && !log.contains("insert into"));
}

fn sqlite(folder: &TempDir, statements: &str) {
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}?mode=rwc", data.join("latchkey.db").display());
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}

#[test]
fn a_database_of_a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).kill();
    sqlite(
        &folder,
        "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
         values (9999, 'later', current_timestamp, 1, x'00', 0)",
    );
    let line = refusal(folder.path());
    assert!(line.contains("newer latchkey") && line.contains("9999"), "{line}");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sqlite(&folder, "create table users (id integer primary key, email text)");
    let before = std::fs::read(folder.path().join("data/latchkey.db")).unwrap();
    let line = refusal(folder.path());
    assert!(line.contains("another program") && line.contains("users"), "{line}");
    assert!(std::fs::read(folder.path().join("data/latchkey.db")).unwrap() == before, "it was changed");
}

#[test]
fn a_database_sealed_with_another_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).kill();
    std::fs::remove_file(folder.path().join("data/secret_key")).unwrap();
    let line = refusal(folder.path());
    assert!(line.contains("SECRET_KEY is not the one"), "{line}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(
        folder.path().join("data/latchkey.db"),
        "not a database, but long enough to be mistaken for one".repeat(40),
    )
    .unwrap();
    let line = refusal(folder.path());
    assert!(line.contains("latchkey.db"), "{line}");
}
