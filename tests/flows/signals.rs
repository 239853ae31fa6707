//! How a server ends, and whom its log is for.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::binary::{Running, latchkey, start, start_as};

/// Generous: what it waits for takes milliseconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn ctrl_c_and_a_closed_terminal_end_it_as_politely_as_sigterm() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = tempfile::tempdir().unwrap();
        let running = start(folder.path(), &[]);
        // Tests that run by nohup hand its wish down.
        if signal == Signal::HUP && has_no_use_for_sighup(running.id()) {
            continue;
        }
        assert_eq!(running.get("/login", ""), 200);
        running.signal(signal);
        assert!(running.wait().contains("answered GET"), "{signal:?}");
    }
}

fn has_no_use_for_sighup(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1)
}

#[test]
#[cfg(target_os = "linux")]
fn nohup_keeps_it_from_ending_with_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("nohup");
    command.arg(latchkey(folder.path()).get_program()).current_dir(folder.path()).stdin(Stdio::null());
    command.env_clear().env("LATCHKEY_LISTEN", "127.0.0.1:0");
    let running = start_as(command);
    running.signal(Signal::HUP);
    assert_eq!(running.get("/login", ""), 200);
    running.terminate();
}

/// Set-up takes long where others set up too; a container's first process would not hear a signal that nobody listens for.
#[test]
fn avl_6_a_signal_during_the_set_up_ends_it_politely() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).unwrap();
        let setting_up = File::create(data.join("set-up.lock")).unwrap();
        setting_up.lock().unwrap();
        let mut starting = latchkey(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        let is_waiting = || std::fs::read_to_string(data.join("latchkey.lock")).is_ok_and(|id| id.ends_with('\n'));
        while !is_waiting() && starting.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it did not come as far as its set-up");
        }
        kill_process(Pid::from_child(&starting), signal).unwrap();
        let ended = starting.wait_with_output().unwrap();
        let log = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.success() && ended.stdout.is_empty(), "{signal:?}: {} {log:?}", ended.status);
        assert!(log.contains("stopped before it served") && Instant::now() < deadline, "{log:?}");
    }
}

/// A request whose body waits for its end, which the server has begun to read.
fn request_under_way(running: &Running) -> (TcpStream, &'static str) {
    let address = running.url.trim_start_matches("http://");
    let mut under_way = TcpStream::connect(address).unwrap();
    under_way.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = "username=nobody&password=wrong-password";
    let head = format!(
        "POST /login HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\nconnection: keep-alive\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let (begun, rest) = body.split_at(9);
    under_way.write_all(format!("{head}{begun}").as_bytes()).unwrap();
    // The server has read the head once another request, sent later, is answered.
    assert_eq!(running.get("/login", ""), 200);
    (under_way, rest)
}

/// The signal comes twice, and another with it, as some terminals and supervisors send it.
fn signal_and_wait_until_nothing_is_accepted(running: &Running, signal: Signal) {
    for signal in [signal, signal, Signal::TERM] {
        running.signal(signal);
    }
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(running.url.trim_start_matches("http://")).is_ok() {
        assert!(Instant::now() < deadline, "it takes connections after the signal");
    }
}

#[test]
fn avl_6_a_request_under_way_is_answered_and_no_new_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    let (mut under_way, rest) = request_under_way(&running);
    signal_and_wait_until_nothing_is_accepted(&running, Signal::TERM);
    under_way.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    under_way.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer:?}");
    assert!(answer.contains("</html>"), "it was cut off");
    running.wait();
}

/// Sends a request into a kept connection; the head of the answer.
fn ask(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    let mut bytes = [0; 1024];
    while !answer.ends_with('}') {
        let length = connection.read(&mut bytes).unwrap();
        assert!(length > 0, "it was closed: {answer:?}");
        answer.push_str(str::from_utf8(&bytes[..length]).unwrap());
    }
    answer.to_lowercase()
}

/// A proxy that sends a POST into a connection which is closed at that moment does not know whether it was taken, and must not send
/// it again. So it is told with an answer, and others are spared the wait.
#[test]
fn avl_6_a_connection_that_a_proxy_keeps_is_good_for_one_more_request_after_the_signal() {
    for (proxies, is_kept) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let folder = tempfile::tempdir().unwrap();
        let running = start(folder.path(), &[("LATCHKEY_TRUSTED_PROXIES", proxies)]);
        let mut kept = TcpStream::connect(running.url.trim_start_matches("http://")).unwrap();
        kept.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(!ask(&mut kept).contains("connection: close"));
        let begun = Instant::now();
        signal_and_wait_until_nothing_is_accepted(&running, Signal::TERM);
        if is_kept {
            assert!(ask(&mut kept).contains("connection: close"));
        }
        assert_eq!(kept.read(&mut [0; 16]).unwrap(), 0, "{proxies}");
        let log = running.wait();
        assert!(!log.contains("were cut off") && begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    }
}

/// A terminal's both ends: the person's, and the program's.
fn terminal() -> (File, File) {
    let pty = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&pty).unwrap();
    unlockpt(&pty).unwrap();
    let name = ptsname(&pty, Vec::new()).unwrap().into_string().unwrap();
    (File::from(pty), OpenOptions::new().write(true).read(true).open(name).unwrap())
}

#[test]
fn a_password_typed_at_a_terminal_is_asked_for_ends_with_its_line_and_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (mut person, terminal) = terminal();
    let mut command = latchkey(folder.path());
    command.args(["user", "add", "anna", "anna@example.com", "--password-stdin"]);
    command.stdin(terminal.try_clone().unwrap()).stderr(terminal.try_clone().unwrap()).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    let mut seen = Vec::new();
    let mut read = |until: &str| {
        let mut bytes = [0; 1024];
        while !String::from_utf8_lossy(&seen).contains(until) {
            let length = person.read(&mut bytes).unwrap();
            seen.extend_from_slice(&bytes[..length]);
        }
        if until == "Password: " {
            person.write_all(b"canary-Terminal-Kx7\n").unwrap();
        }
        String::from_utf8_lossy(&seen).into_owned()
    };
    // Before the question nothing may be typed: the echo is off when it is there.
    read("Password: ");
    let seen = read("was added by");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !seen.contains("canary"), "{seen:?}");
    drop(terminal);
    let server = start(folder.path(), &[]);
    assert_eq!(server.post("/login", &[("username", "anna"), ("password", "canary-Terminal-Kx7")]).0, 303);
}

#[test]
fn a_second_signal_does_not_wait_for_the_requests_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = start(folder.path(), &[]);
    let (under_way, _) = request_under_way(&running);
    signal_and_wait_until_nothing_is_accepted(&running, Signal::INT);
    let begun = Instant::now();
    // Again and again, as somebody does who has no patience: within the first second it is the same wish.
    while !running.has_ended() {
        running.signal(Signal::INT);
        assert!(begun.elapsed() < PATIENCE, "it waited for the request");
    }
    let log = running.wait();
    assert!(begun.elapsed() < PATIENCE, "it waited for the request");
    assert!(log.contains("once more to stop at once") && log.contains("were cut off"), "{log:?}");
    drop(under_way);
}

#[test]
fn the_log_is_words_on_a_terminal_and_json_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    assert_eq!(running.get("/login", ""), 200);
    let log = running.terminate();
    let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert!(line["message"].as_str().unwrap().contains("answered GET"));

    let (pty, terminal) = terminal();
    // A command that says something: whose file could be read by others.
    let secret = folder.path().join("data/secret_key");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    let status =
        latchkey(folder.path()).args(["user", "list"]).stdout(Stdio::null()).stderr(terminal).status().unwrap();
    assert!(status.success());
    let mut words = [0; 4096];
    let mut pty = pty;
    let length = pty.read(&mut words).unwrap();
    let words = String::from_utf8_lossy(&words[..length]);
    assert!(words.contains("WARN") && words.contains("secret_key") && !words.contains('{'), "{words:?}");
}
