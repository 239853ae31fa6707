//! People who ask all the while, and notes of what they were told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

/// Of each sort.
const CLIENTS: usize = 4;
/// Between two requests of one client.
const PAUSE: Duration = Duration::from_millis(20);

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub what: &'static str,
    pub status: u16,
    pub took: Duration,
    /// When the answer was there.
    pub at: Instant,
    pub clears_cookies: bool,
}

impl Asked {
    pub const fn is_fine(&self) -> bool {
        matches!(self.status, 200 | 303)
    }
}

#[derive(Default)]
struct Notes {
    asked: Mutex<Vec<Asked>>,
    flat: Mutex<Vec<Asked>>,
    ready: Mutex<Vec<Asked>>,
    is_over: AtomicBool,
}

pub struct Load {
    notes: Arc<Notes>,
    threads: Vec<JoinHandle<()>>,
}

struct Http {
    agent: Agent,
    url: String,
}

struct Told {
    asked: Asked,
    body: String,
    cookies: Vec<String>,
}

impl Http {
    fn new(url: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        Self { agent: agent.timeout_global(Some(Duration::from_secs(30))).build().into(), url: url.to_owned() }
    }

    /// A GET with these headers, or a POST of that JSON.
    fn ask(&self, what: &'static str, headers: &[(&str, &str)], body: Option<&Value>) -> Told {
        let begun = Instant::now();
        let url = format!("{}{what}", self.url);
        let reply = match body {
            None => {
                headers.iter().fold(self.agent.get(url), |request, (name, value)| request.header(*name, *value)).call()
            }
            Some(body) => self.agent.post(url).header("content-type", "application/json").send(body.to_string()),
        };
        let mut reply = reply.unwrap_or_else(|error| panic!("{what} after {:?}: {error}", begun.elapsed()));
        let cookies: Vec<_> =
            reply.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        let body = reply.body_mut().read_to_string().unwrap();
        let clears_cookies = cookies.iter().any(|cookie| cookie.contains("Max-Age=0"));
        let status = reply.status().as_u16();
        let asked = Asked { what, status, took: begun.elapsed(), at: Instant::now(), clears_cookies };
        Told { asked, body, cookies }
    }
}

/// Whoever asks until the end.
trait Client: Send + 'static {
    fn ask(&mut self, round: usize) -> Told;
}

/// A client of the API, which refreshes now and then.
struct Program {
    http: Http,
    name: String,
    password: String,
    access: String,
    refresh: String,
}

impl Program {
    fn keep(&mut self, told: &Told) {
        if told.asked.status == 200 {
            let body: Value = serde_json::from_str(&told.body).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            (self.access, self.refresh) = (text("access_token"), text("refresh_token"));
        }
    }

    fn sign_in(&mut self) -> Told {
        let body = json!({"username": self.name, "password": self.password});
        let told = self.http.ask("/token", &[], Some(&body));
        self.keep(&told);
        told
    }
}

impl Client for Program {
    fn ask(&mut self, round: usize) -> Told {
        match round % 20 {
            0 => self.sign_in(),
            1 | 6 | 11 | 16 => {
                let told = self.http.ask("/refresh", &[], Some(&json!({"refresh_token": self.refresh})));
                self.keep(&told);
                told
            }
            _ => self.http.ask("/users/me", &[("authorization", &format!("Bearer {}", self.access))], None),
        }
    }
}

/// A browser: its access cookie is gone now and then, as when it has run out.
struct Browser {
    http: Http,
    access: String,
    refresh: String,
}

impl Browser {
    fn keep(&mut self, cookies: &[String]) {
        for cookie in cookies {
            let cookie = cookie.split(';').next().unwrap();
            if cookie.contains("latchkey-access=") {
                cookie.clone_into(&mut self.access);
            } else if cookie.contains("latchkey-refresh=") {
                cookie.clone_into(&mut self.refresh);
            }
        }
    }
}

impl Client for Browser {
    fn ask(&mut self, round: usize) -> Told {
        let cookies =
            if round.is_multiple_of(3) { self.refresh.clone() } else { format!("{}; {}", self.access, self.refresh) };
        let path = if round.is_multiple_of(2) { "/profile" } else { "/sessions" };
        let told = self.http.ask(path, &[("accept", "text/html"), ("cookie", &cookies)], None);
        // A page that sends its visitor to sign in has forgotten them.
        assert!(told.asked.status != 303, "signed out");
        self.keep(&told.cookies);
        told
    }
}

/// Somebody whose patience ends before the answer comes.
fn hang_up(url: &str, access: &str) {
    let agent = Agent::config_builder().timeout_global(Some(Duration::from_millis(150))).build();
    let agent: Agent = agent.into();
    let _ = agent.get(format!("{url}/users/me")).header("authorization", format!("Bearer {access}")).call();
}

impl Load {
    /// Registers everybody, and lets them ask.
    pub fn start(url: &str, password: &str) -> Self {
        let notes = Arc::new(Notes::default());
        let mut clients: Vec<Box<dyn Client>> = Vec::new();
        let mut hasty = Vec::new();
        for number in 0..CLIENTS {
            let http = Http::new(url);
            let name = format!("visitor-{number}");
            let body = json!({"username": name, "email": format!("{name}@example.com"), "password": password});
            assert!(http.ask("/register", &[], Some(&body)).asked.status == 200);
            let fields = [("username", name.as_str()), ("password", password)];
            let reply = http.agent.post(format!("{url}/login")).send_form(fields).unwrap();
            let cookies: Vec<_> = reply
                .headers()
                .get_all("set-cookie")
                .iter()
                .map(|cookie| cookie.to_str().unwrap().to_owned())
                .collect();
            let mut browser = Browser { http: Http::new(url), access: String::new(), refresh: String::new() };
            browser.keep(&cookies);
            assert!(!browser.refresh.is_empty(), "{cookies:?}");
            let (access, refresh) = (String::new(), String::new());
            let mut program = Program { http, name, password: password.to_owned(), access, refresh };
            assert_eq!(program.sign_in().asked.status, 200);
            hasty.push(program.access.clone());
            clients.push(Box::new(browser));
            clients.push(Box::new(program));
        }
        let mut threads: Vec<_> =
            clients.into_iter().enumerate().map(|(at, client)| people(&notes, client, at)).collect();
        for access in hasty {
            let (notes, url) = (Arc::clone(&notes), url.to_owned());
            threads.push(thread::spawn(move || {
                while !notes.is_over.load(Ordering::SeqCst) {
                    hang_up(&url, &access);
                    thread::sleep(PAUSE);
                }
            }));
        }
        threads.push(watch(&notes, Http::new(url), &["/readyz"], |notes| &notes.ready));
        threads.push(watch(&notes, Http::new(url), &["/healthz", "/login", "/openapi.json"], |notes| &notes.flat));
        Self { notes, threads }
    }

    pub fn run_until(&self, is_enough: impl Fn(&[Asked]) -> bool) {
        let begun = Instant::now();
        while !is_enough(&self.notes.asked.lock().unwrap()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not get going");
            thread::sleep(PAUSE);
        }
    }

    pub fn run_for(&self, time: Duration) {
        assert!(!self.threads.iter().any(JoinHandle::is_finished), "somebody gave up");
        thread::sleep(time);
    }

    /// All that was asked; whoever met a fault fails the test here.
    pub fn stop(self) -> (Vec<Asked>, Vec<Asked>, Vec<Asked>) {
        self.notes.is_over.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let take = |list: &Mutex<Vec<Asked>>| std::mem::take(&mut *list.lock().unwrap());
        (take(&self.notes.asked), take(&self.notes.flat), take(&self.notes.ready))
    }
}

fn people(notes: &Arc<Notes>, mut client: Box<dyn Client>, at: usize) -> JoinHandle<()> {
    let notes = Arc::clone(notes);
    thread::spawn(move || {
        // Not everybody does the same at once.
        let mut round = at * 3;
        while !notes.is_over.load(Ordering::SeqCst) {
            let asked = client.ask(round).asked;
            notes.asked.lock().unwrap().push(asked);
            round += 1;
            thread::sleep(PAUSE);
        }
    })
}

fn watch(
    notes: &Arc<Notes>,
    http: Http,
    paths: &'static [&'static str],
    list: fn(&Notes) -> &Mutex<Vec<Asked>>,
) -> JoinHandle<()> {
    let notes = Arc::clone(notes);
    thread::spawn(move || {
        for path in paths.iter().cycle() {
            if notes.is_over.load(Ordering::SeqCst) {
                return;
            }
            let asked = http.ask(path, &[], None).asked;
            list(&notes).lock().unwrap().push(asked);
            thread::sleep(PAUSE);
        }
    })
}
