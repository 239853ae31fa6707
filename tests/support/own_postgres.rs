//! A PostgreSQL that one test has for itself, to kill, to stop and to start again. It keeps what it has acknowledged.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use super::database::block_on;

/// Generous, because the test machine is busy.
const PATIENCE: Duration = Duration::from_secs(60);
const DATABASE: &str = "latchkey";

/// Ends with this value.
pub struct OwnPostgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    server: Child,
}

impl OwnPostgres {
    /// A new one with an empty database.
    pub fn new() -> Self {
        let (folder, programs) = (tempfile::tempdir().unwrap(), programs());
        if is_root() {
            // It refuses to run as root; Debian's package brings a user for it.
            let owned = Command::new("chown").arg("postgres:").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let mut command = as_postgres(&programs.join("initdb"));
        command.args(["--auth", "trust", "--username", "latchkey", "--encoding", "UTF8", "--locale", "C.UTF-8"]);
        let output = command.arg("--no-sync").arg("--pgdata").arg(folder.path().join("data")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let port = free_port();
        let server = spawn(&programs, folder.path(), port);
        let mut server = Self { folder, programs, port, server };
        server.wait();
        let address = server.address("postgres");
        block_on(async move {
            let mut connection = AnyConnection::connect(&address).await.unwrap();
            sqlx::query("create database latchkey").execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
        server
    }

    /// Its `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.address(DATABASE)
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://latchkey@127.0.0.1:{}/{database}", self.port)
    }

    /// The end that cannot be prepared for, of the process that all others belong to.
    pub fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// The end that an operator asks for, without waiting for clients.
    pub fn stop(&mut self) {
        kill_process(Pid::from_child(&self.server), Signal::INT).unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it again, and waits until it answers.
    pub fn start(&mut self) {
        self.server = spawn(&self.programs, self.folder.path(), self.port);
        self.wait();
    }

    /// None of its processes does anything from now on.
    pub fn freeze(&self) {
        for process in self.processes() {
            // One may just have ended.
            let _ = kill_process(process, Signal::STOP);
        }
    }

    /// All go on.
    pub fn thaw(&self) {
        for process in self.processes() {
            let _ = kill_process(process, Signal::CONT);
        }
    }

    /// The first one, and its children: each has a group of its own.
    fn processes(&self) -> Vec<Pid> {
        let first = self.server.id();
        let is_child = |id: &i32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
            parent == Some(first)
        };
        let names = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        let children = names.filter_map(|name| name.parse().ok()).filter(is_child).filter_map(Pid::from_raw);
        [Pid::from_child(&self.server)].into_iter().chain(children).collect()
    }

    /// Until it answers. The processes of one that was killed may have to end first, so that it is started again and again.
    fn wait(&mut self) {
        sqlx::any::install_default_drivers();
        let begun = Instant::now();
        let address = self.address("postgres");
        loop {
            let address = address.clone();
            let answers = block_on(async move {
                let connecting = tokio::time::timeout(Duration::from_secs(5), AnyConnection::connect(&address));
                matches!(connecting.await, Ok(Ok(_)))
            });
            if answers {
                return;
            }
            let log = self.folder.path().join("log");
            assert!(begun.elapsed() < PATIENCE, "{}", fs::read_to_string(log).unwrap());
            if self.server.try_wait().unwrap().is_some() {
                self.server = spawn(&self.programs, self.folder.path(), self.port);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.thaw();
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// A port that nobody has, nor gets by chance while its server is away: the system gives others to who asks for any.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    let mut ports =
        std::iter::repeat_with(|| first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % 10_000 + 20_000);
    let mut ports = ports.by_ref().map(|port| u16::try_from(port).unwrap());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

fn spawn(programs: &Path, folder: &Path, port: u16) -> Child {
    let mut command = as_postgres(&programs.join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100"]);
    // After a crash it would first sync every file of its folder by itself, which takes seconds.
    command.args(["-c", "recovery_init_sync_method=syncfs"]);
    command.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
    let log = File::options().append(true).create(true).open(folder.join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// A process of ours with the rights of the user that Debian made for it.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The newest one of Debian's, or that of the `PATH`.
fn programs() -> PathBuf {
    let mut found: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().collect();
    found.sort_by_key(|entry| entry.as_ref().unwrap().file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    if let Some(Ok(newest)) = found.pop() {
        return newest.path().join("bin");
    }
    let output = Command::new("sh").args(["-c", "command -v initdb"]).output().unwrap();
    assert!(output.status.success(), "PostgreSQL is missing; run: scripts/setup.sh test");
    Path::new(str::from_utf8(&output.stdout).unwrap().trim()).parent().unwrap().to_owned()
}
