//! The real binary: run to its end, refused, or serving.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use ureq::Agent;

/// Generous, because the test machine is busy; what is waited for takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Stands in secrets and passwords; must never come back.
pub const CANARY: &str = "hush-canary";

/// Exit code: the operator's settings, or the command line.
pub const USAGE: i32 = 2;
/// Exit code: the world around the binary, or the data.
pub const WORLD: i32 = 1;

/// The real binary in an empty environment, in `folder`. Port 0, so that a start that should have failed disturbs nobody.
pub fn latchkey(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.env_clear().env("LATCHKEY_LISTEN", "127.0.0.1:0").current_dir(folder).stdin(Stdio::null());
    if let Some(url) = super::database_for(folder) {
        command.env("DATABASE_URL", url);
    }
    command
}

/// Runs `command` to its end, which must come.
pub fn finish(command: &mut Command, stdin: &str) -> Output {
    let stdio = if stdin.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command.stdin(stdio).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut pipe) = child.stdin.take() {
        // Who refuses at once does not read it.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let (id, (send, receive)) = (Pid::from_child(&child), mpsc::channel());
    thread::spawn(move || drop(send.send(child.wait_with_output())));
    let Ok(output) = receive.recv_timeout(PATIENCE) else {
        kill_process(id, Signal::KILL).unwrap();
        panic!("{command:?} did not end");
    };
    output.unwrap()
}

/// Runs `command` to its end, checks that it refused in one line, and returns the line.
pub fn refusal(command: &mut Command, code: i32) -> String {
    let (output, errors) = failure(command, code);
    assert_eq!(output, "", "{command:?} wrote to stdout");
    errors
}

/// The same for a command that may say something before it refuses: both outputs.
pub fn failure(command: &mut Command, code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = finish(command, "");
    let [output, errors] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(status.code(), Some(code), "{command:?} said {errors:?}");
    assert_eq!(errors.lines().count(), 1, "{command:?} said {errors:?}");
    assert!(errors.starts_with("latchkey: ") && errors.ends_with('\n'), "{command:?} said {errors:?}");
    assert!(!format!("{output}{errors}").contains(CANARY), "{command:?} gave the secret away: {output:?} {errors:?}");
    (output, errors)
}

/// Standard error without what it holds when all is well: the log of what was changed, and word of a new database.
pub fn complaints(stderr: &[u8]) -> String {
    let is_fine = |line: &&str| {
        line.contains(r#""level":"INFO""#) && line.contains(r#""target":"latchkey::audit""#)
            || line.starts_with("latchkey: made a new database: ")
    };
    str::from_utf8(stderr).unwrap().lines().filter(|line| !is_fine(line)).collect::<Vec<_>>().join("\n")
}

/// Runs `latchkey` with `args` in `folder`; it must succeed and have nothing to complain of. Gives what it said.
pub fn run(folder: &Path, args: &[impl AsRef<OsStr> + Debug]) -> String {
    let Output { status, stdout, stderr } = finish(latchkey(folder).args(args), "");
    let errors = complaints(&stderr);
    assert!(status.success() && errors.is_empty(), "{args:?} said {errors:?}");
    String::from_utf8(stdout).unwrap()
}

/// A server, which ends with this value.
pub struct Running {
    child: Child,
    /// Where it is.
    pub url: String,
    /// What it logs, unless that goes elsewhere.
    log: Option<JoinHandle<String>>,
}

/// Starts a server in `folder` and waits until it says where it is.
pub fn start(folder: &Path, settings: &[(&str, &str)]) -> Running {
    let mut command = latchkey(folder);
    command.envs(settings.iter().copied());
    start_as(command)
}

/// The same, of a command that leads to a server.
pub fn start_as(command: Command) -> Running {
    start_with_log(command, Stdio::piped())
}

/// The same, with its log in a file: one that says much would wait for somebody to read a pipe.
pub fn start_with_log(mut command: Command, log: impl Into<Stdio>) -> Running {
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().last().unwrap_or_else(|| panic!("it did not start")).to_owned();
    // Read from the beginning: a server whose log nobody takes waits for ever once the pipe is full.
    let log = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        })
    });
    Running { child, url, log }
}

impl Running {
    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The end that cannot be prepared for.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The polite end; gives what it logged.
    pub fn terminate(self) -> String {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended by itself, with success; gives what it logged.
    pub fn wait(mut self) -> String {
        let log = self.log.take().unwrap().join().unwrap();
        assert!(self.child.wait().unwrap().success());
        log
    }

    /// Posts a form; gives the status and the cookies, without those that are taken back.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Vec<String>) {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let response = agent.post(format!("{}{path}", self.url)).send_form(fields.iter().copied()).unwrap();
        let cookies = response.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let given = cookies.filter(|cookie| !cookie.contains("Max-Age=0"));
        let cookies = given.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        (response.status().as_u16(), cookies.collect())
    }

    /// The status of a page.
    pub fn get(&self, path: &str, cookies: &str) -> u16 {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let request = agent.get(format!("{}{path}", self.url)).header("accept", "text/html");
        request.header("cookie", cookies).call().unwrap().status().as_u16()
    }

    /// Registers; gives the cookies of somebody signed in.
    pub fn register(&self, username: &str, password: &str) -> String {
        let email = format!("{username}@example.com");
        let fields = [("email", email.as_str()), ("username", username), ("password", password)];
        let (status, cookies) = self.post("/register", &fields);
        assert_eq!(status, 303);
        cookies.into_iter().filter(|cookie| !cookie.contains("notice")).collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
