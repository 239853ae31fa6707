//! Three real processes on one PostgreSQL behind a real nginx, which is set up as deploy/nginx.conf says; and who comes to them.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use latchkey::paths::{self, api};
use rustix::process::{Pid, Signal, getuid, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::Request;

use crate::support::Kind;
use crate::support::binary::{Running, complaints, finish, latchkey, start_as};

pub const PASSWORD: &str = "canary-Scale-Kx7-pw";
/// Generous: what it waits for takes milliseconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "canary-scale-out-secret-0123456789-abcdefghijk";

/// A port that is free at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The binary in `folder`, as each process of a service has it.
pub fn process(folder: &Path, database: &str, url: &str) -> Command {
    let mut command = latchkey(folder);
    command.env("DATABASE_URL", database).env("SECRET_KEY", SECRET).env("LATCHKEY_PUBLIC_URL", url);
    command
}

pub struct Cluster {
    folder: TempDir,
    database: String,
    /// Where nginx is.
    pub url: String,
    ports: [u16; 3],
    processes: [Option<Running>; 3],
    nginx: Child,
}

impl Cluster {
    /// None where there is no PostgreSQL.
    pub fn start(settings: &[(&str, &str)]) -> Option<Self> {
        if !Kind::Postgres.is_here() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let database = Kind::Postgres.database(folder.path());
        let ports = [(); 3].map(|()| free_port());
        let port = free_port();
        let nginx = nginx(folder.path(), port, &ports);
        let url = format!("http://127.0.0.1:{port}");
        let mut cluster = Self { folder, database, url, ports, processes: [None, None, None], nginx };
        // All at once, on an empty database.
        let starts: Vec<_> = (0..3).map(|at| cluster.prepared(at, settings)).collect();
        let starts: Vec<_> = starts.into_iter().map(|command| thread::spawn(|| start_as(command))).collect();
        for (process, start) in cluster.processes.iter_mut().zip(starts) {
            *process = Some(start.join().unwrap());
        }
        until("nginx listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(cluster)
    }

    fn prepared(&self, at: usize, settings: &[(&str, &str)]) -> Command {
        let mut command = process(self.folder.path(), &self.database, &self.url);
        command.env("LATCHKEY_LISTEN", format!("127.0.0.1:{}", self.ports[at]));
        command.env("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1").env("LATCHKEY_DATABASE_POOL", "8");
        // Nobody reads the log before the end, and a full pipe would stop the process. All come from this machine.
        command.env("LATCHKEY_LOG", "warn");
        command.env("LATCHKEY_SOURCE_ATTEMPTS", "100000").envs(settings.iter().copied());
        command
    }

    /// Ends a process as its supervisor does, waits for its end, and starts it again at the same port. How long the end took.
    pub fn restart(&mut self, at: usize) -> Duration {
        let begun = Instant::now();
        let log = self.processes[at].take().unwrap().terminate();
        let took = begun.elapsed();
        assert!(!log.contains("were cut off"), "{log}");
        self.processes[at] = Some(start_as(self.prepared(at, &[])));
        took
    }

    /// Runs a command of the operator's.
    pub fn command(&self, args: &[&str], stdin: &str) -> String {
        let output = finish(process(self.folder.path(), &self.database, &self.url).args(args), stdin);
        let errors = complaints(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{args:?} said {errors:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Somebody who comes through nginx.
    pub fn client(&self) -> Client {
        Client::new(&self.url, &self.url)
    }

    /// Somebody who comes to one process alone.
    pub fn client_of(&self, at: usize) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.ports[at]), &self.url)
    }

    /// The same person at each of the processes.
    pub fn everywhere(&self, client: &Client) -> Vec<Client> {
        (0..3).map(|at| client.at(&format!("http://127.0.0.1:{}", self.ports[at]))).collect()
    }

    /// Ends all, in peace; how many requests nginx has sent to each.
    pub fn end(mut self) -> [usize; 3] {
        // First nginx, which keeps connections to them.
        kill_process(Pid::from_child(&self.nginx), Signal::QUIT).unwrap();
        self.nginx.wait().unwrap();
        for process in &mut self.processes {
            let log = process.take().unwrap().terminate();
            assert!(!log.contains("ERROR"), "{log}");
        }
        let log = std::fs::read_to_string(self.folder.path().join("nginx/spread")).unwrap();
        self.ports.map(|port| log.lines().filter(|line| line.ends_with(&format!(":{port}"))).count())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // So that its worker ends, too.
        let _ = kill_process(Pid::from_child(&self.nginx), Signal::TERM);
        let _ = self.nginx.wait();
    }
}

/// Waits until something is so.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it did not come to pass: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What stands between two texts.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("deploy/nginx.conf has no {begin:?}"));
    rest.split_once(end).unwrap().0
}

/// nginx at `port` with the upstream and the location of deploy/nginx.conf, but for the ports.
fn nginx(folder: &Path, port: u16, backends: &[u16]) -> Child {
    let printed = include_str!("../../../deploy/nginx.conf");
    let upstream = between(printed, "\nupstream latchkey {", "\n}\n");
    let one = "server 127.0.0.1:3000";
    assert_eq!(upstream.matches(one).count(), 1);
    let line = upstream.lines().find(|line| line.contains(one)).unwrap();
    let servers: String = backends.iter().map(|port| line.replace("3000", &port.to_string()) + "\n").collect();
    let upstream = upstream.replace(line, &servers);
    let location = between(printed, "    # Latchkey takes 16 KiB.", "\n}\n");
    let home = folder.join("nginx");
    std::fs::create_dir(&home).unwrap();
    let home = home.display();
    let user = if getuid().is_root() { "user root;" } else { "" };
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = folders.map(|kind| format!("{kind}_temp_path {home}/{kind};\n")).concat();
    let text = format!(
        "daemon off; worker_processes 1; pid {home}/pid; error_log {home}/log warn; {user} events {{ }}\n\
         http {{ log_format spread '$upstream_addr'; access_log {home}/spread spread;\n{folders}upstream latchkey {{{upstream}\n}}\n\
         server {{ listen 127.0.0.1:{port};\n #{location}\n}} }}\n"
    );
    let file = folder.join("nginx/nginx.conf");
    std::fs::write(&file, text).unwrap();
    let known = [PathBuf::from("/usr/sbin/nginx"), PathBuf::from("/usr/local/sbin/nginx")];
    let program = known.into_iter().find(|path| path.exists()).unwrap_or("nginx".into());
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-p"]).arg(folder.join("nginx")).arg("-c").arg(file);
    command.stdin(Stdio::null()).spawn().expect("nginx starts; scripts/setup.sh test installs it")
}

/// A browser and a program in one: it has cookies and tokens.
pub struct Client {
    agent: Agent,
    /// Where it asks.
    at: String,
    /// What it takes for the service's address.
    origin: String,
    cookies: BTreeMap<String, String>,
    tokens: Option<(String, String)>,
    /// As whom the program has signed in.
    name: String,
}

/// An answer: status, where it leads, body.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Client {
    pub fn new(at: &str, origin: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = agent.timeout_global(Some(PATIENCE)).build().into();
        Self {
            agent,
            at: at.to_owned(),
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
            tokens: None,
            name: String::new(),
        }
    }

    /// The same person at another address.
    pub fn at(&self, at: &str) -> Self {
        let (cookies, tokens, name) = (self.cookies.clone(), self.tokens.clone(), self.name.clone());
        Self { cookies, tokens, name, ..Self::new(at, &self.origin) }
    }

    /// Any request; an error is a connection that ended without an answer.
    fn exchange(&mut self, (method, path): (&str, &str), kind: &str, body: &str) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.at));
        let is_page = kind != "application/json";
        if let (Some((access, _)), false) = (&self.tokens, is_page) {
            request = request.header("authorization", format!("Bearer {access}"));
        }
        if is_page {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let accept = if path.starts_with(paths::rpc::PREFIX) { "application/json" } else { "text/html" };
            request =
                request.header("cookie", cookies.join("; ")).header("accept", accept).header("origin", &self.origin);
        }
        let is_form = is_page && method == "POST";
        let mut response = if body.is_empty() && !is_form {
            self.agent.run(request.body(()).unwrap())?
        } else {
            self.agent.run(request.header("content-type", kind).body(body.to_owned()).unwrap())?
        };
        for line in response.headers().get_all("set-cookie") {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let location = response.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        Ok(Answer { status: response.status().as_u16(), location, body: response.body_mut().read_to_string()? })
    }

    /// A page.
    pub fn page(&mut self, path: &str) -> Answer {
        self.try_page(path).unwrap()
    }

    pub fn try_page(&mut self, path: &str) -> Result<Answer, ureq::Error> {
        self.exchange(("GET", path), "text/html", "")
    }

    /// A form at either door of the browser's.
    pub fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.exchange(("POST", path), "application/x-www-form-urlencoded", &body).unwrap()
    }

    /// A request of a program.
    pub fn try_api(&mut self, method: &str, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.exchange((method, path), "application/json", &body)?;
        if [api::TOKEN, api::REFRESH].contains(&path) && answer.status == 200 {
            let tokens = answer.json();
            let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
            self.tokens = Some((text("access_token"), text("refresh_token")));
        }
        Ok(answer)
    }

    pub fn api(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_api(method, path, body).unwrap()
    }

    pub fn sign_in_as(&mut self, name: &str, password: &str) -> u16 {
        name.clone_into(&mut self.name);
        self.api("POST", api::TOKEN, &json!({"username": name, "password": password})).status
    }

    pub fn try_refresh(&mut self) -> Result<Answer, ureq::Error> {
        let refresh = self.tokens.as_ref().unwrap().1.clone();
        self.try_api("POST", api::REFRESH, &json!({"refresh_token": refresh}))
    }

    /// Who a program is told that it is: the status of `/users/me`.
    pub fn me(&mut self) -> u16 {
        self.api("GET", api::ME, &Value::Null).status
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn access(&self) -> &str {
        &self.tokens.as_ref().unwrap().0
    }

    /// Whether the browser is signed in.
    pub fn is_in(&mut self) -> bool {
        self.page(paths::HOME).location == paths::PROFILE
    }
}
