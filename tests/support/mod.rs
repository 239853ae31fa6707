//! `TestApp`: a whole Latchkey on a database of its own, and `Browser`: a client with cookies that uses either door.

mod api;
pub mod binary;
mod browser;
pub mod database;
pub mod forge;
mod log;
pub mod own_postgres;
pub mod program;
mod reply;
mod reply_page;
pub mod verify_token;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use latchkey::domain::{AuthError, Timestamp};
use latchkey::paths;
use latchkey::server::caller::Caller;
use latchkey::server::clock::Clock;
use latchkey::server::config::{Config, Flags, HashingSettings, SecretSource};
use latchkey::server::password_links::service as password_links;
use latchkey::server::router;
use latchkey::server::state::{AppState, StateError};
use latchkey::server::store::{Store, StoreSettings};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub use api::ApiClient;
pub use browser::{Browser, Door};
pub use database::{Dump, Kind, MadeUp, all_kinds, certificate_authority, connect, database_for, new_database, placed};
pub use log::{length as log_length, log_contains, log_since, log_text};
pub use reply::{Reply, Verdict};

/// The public address of every test application.
pub const ORIGIN: &str = "http://127.0.0.1:3000";
/// Where every test begins: 2027-01-15T08:00:00Z.
pub const START: i64 = 1_800_000_000_000_000;
/// The root secret of every test application, unless its settings give another one.
pub const SECRET: &str = "canary-root-secret-0123456789-abcdefghijklmnop";

/// For tests that sign in with wrong passwords again and again, and are about something else: what most an operator may set.
pub const PATIENT: [(&str, &str); 2] = [("LATCHKEY_SIGN_IN_ATTEMPTS", "50"), ("LATCHKEY_SOURCE_ATTEMPTS", "100000")];

/// How often a race is run: a tenth of `full` in `make test`, all of it in `make races`.
pub fn rounds(full: usize) -> usize {
    rounds_of(full / 10, full)
}

/// So often in `make test`, and so often in `make races`.
#[expect(clippy::disallowed_methods, reason = "not a setting of the program: `make races` says it to the tests")]
pub fn rounds_of(few: usize, full: usize) -> usize {
    if std::env::var_os("RACES_IN_FULL").is_some() { full } else { few }
}

/// Says what a test has measured; `--nocapture` shows it.
#[expect(clippy::print_stdout, reason = "the figures of a test are for who runs it")]
pub fn figure(text: &str) {
    println!("{text}");
}

/// A running application. When it goes, it checks that nothing it said or logged held a secret (PWD-6).
pub struct TestApp {
    /// The application's state, to look into the store.
    pub state: AppState,
    /// The folder of its database, if that is a file.
    pub folder: Arc<TempDir>,
    /// The `DATABASE_URL`.
    pub database: String,
    router: Router,
    now: Arc<AtomicI64>,
    transcript: Arc<Mutex<Transcript>>,
    /// How long the log of all tests was when this application began to write into it.
    log_began: usize,
}

/// All that was said to clients, and all that must not be in it.
#[derive(Default)]
struct Transcript {
    said: Vec<String>,
    secrets: BTreeSet<String>,
}

impl TestApp {
    /// With the default settings.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these settings in the environment.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        log::capture();
        Self::build(settings, HashingSettings { memory_kib: 64, iterations: 1, permits: 4 }).await
    }

    /// With the real hashing cost, for tests about time.
    pub async fn at_full_cost() -> Self {
        log::capture();
        Self::build(&[], HashingSettings { memory_kib: 19_456, iterations: 2, permits: 1 }).await
    }

    /// With hashing so dear that one at a time keeps a queue waiting, on any machine.
    pub async fn with_slow_hashing() -> Self {
        log::capture();
        Self::build(&[], HashingSettings { memory_kib: 65_536, iterations: 16, permits: 1 }).await
    }

    async fn build(settings: &[(&str, &str)], hashing: HashingSettings) -> Self {
        let (folder, now) = (Arc::new(tempfile::tempdir().unwrap()), Arc::new(AtomicI64::new(START)));
        let database = new_database(Kind::of_this_run(), folder.path()).await;
        Self::open((folder, database, now), settings, hashing).await.unwrap()
    }

    /// Another process on the same database, with the same clock, and with these settings.
    pub async fn another(&self, settings: &[(&str, &str)]) -> Result<Self, StateError> {
        let hashing = HashingSettings { memory_kib: 64, iterations: 1, permits: 4 };
        let world = (Arc::clone(&self.folder), self.database.clone(), Arc::clone(&self.now));
        Self::open(world, settings, hashing).await
    }

    async fn open(
        (folder, database, now): (Arc<TempDir>, String, Arc<AtomicI64>),
        settings: &[(&str, &str)],
        hashing: HashingSettings,
    ) -> Result<Self, StateError> {
        let log_began = log::length();
        let mut environment: Vec<(OsString, OsString)> = vec![("SECRET_KEY".into(), SECRET.into())];
        environment.retain(|_| settings.iter().all(|(name, _)| *name != "SECRET_KEY"));
        environment.push(("DATABASE_URL".into(), (&database).into()));
        // Many tests run at once; each opens connections as it needs them.
        environment.push(("LATCHKEY_DATABASE_POOL".into(), "1".into()));
        environment.extend(settings.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
        let config = *Config::load(Flags::default(), environment, folder.path()).config.unwrap();
        let settings = StoreSettings {
            database: config.database.clone(),
            pool: config.pool,
            patience: Duration::ZERO,
            log_statements: config.logging.sql,
        };
        let store = Store::open(&settings).await.unwrap();
        let SecretSource::Given(secret) = &config.secret else { panic!("a secret is given") };
        let secret = secret.clone();
        let state = AppState::new(config, &secret, store, Clock::Manual(Arc::clone(&now)), hashing).await?;
        // As at the start of a server.
        state.keys.start().await?;
        let router = router::build(state.clone()).unwrap();
        let transcript = Transcript { said: Vec::new(), secrets: BTreeSet::from([secret.expose_secret().to_owned()]) };
        let transcript = Arc::new(Mutex::new(transcript));
        Ok(Self { state, folder, database, router, now, transcript, log_began })
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// The application's present moment.
    pub fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let reply = Reply::read(response).await;
        self.transcript.lock().unwrap().said.push(reply.said());
        reply
    }

    /// The same, without a word of it in the transcript: for tests that ask so often that nobody could read it again.
    pub async fn send_unrecorded(&self, request: Request<Body>) -> Reply {
        Reply::read(self.router().oneshot(request).await.unwrap()).await
    }

    /// The router, for tests that ask from several threads. None of it is in the transcript.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Sets the clock, in seconds after [`START`].
    pub fn set_clock(&self, seconds: i64) {
        self.now.store(START + seconds * 1_000_000, Ordering::SeqCst);
    }

    /// A browser without cookies that uses `door`.
    pub fn browser(&self, door: Door) -> Browser<'_> {
        Browser::new(self, door)
    }

    /// An API client that is not signed in.
    pub fn api(&self) -> ApiClient<'_> {
        ApiClient::new(self)
    }

    /// An API client that is signed in as `username`.
    pub async fn api_as(&self, username: &str, password: &str) -> ApiClient<'_> {
        let client = self.api();
        assert_eq!(client.sign_in(username, password).await.status, 200);
        client
    }

    /// Makes an account through the form and gives its signed-in browser back.
    pub async fn register(&self, username: &str, password: &str) -> Browser<'_> {
        let browser = self.browser(Door::Form);
        let email = format!("{username}@example.com");
        let fields = [("email", email.as_str()), ("username", username), ("password", password)];
        assert_eq!(browser.submit("registration", &fields).await.verdict(), Verdict::goes_to("/profile"));
        browser
    }

    /// The path of a new password link for the account `name`, made by the operator.
    pub async fn try_link(&self, name: &str) -> Result<String, AuthError> {
        let link = password_links::make_link(&self.state, &Caller::operator(), name).await?;
        let path = link.url.strip_prefix(self.state.config.public_url.origin()).unwrap().to_owned();
        self.is_secret(path.strip_prefix(&paths::password_link("")).unwrap());
        Ok(path)
    }

    /// A browser that has followed a new password link of `name`: its token is in a cookie from now on.
    pub async fn link_holder(&self, name: &str, door: Door) -> Browser<'_> {
        let browser = self.browser(door);
        let path = self.try_link(name).await.unwrap();
        assert_eq!(browser.get(&path).await.verdict(), Verdict::goes_to(paths::SET_PASSWORD));
        browser
    }

    /// Notes a value that no answer and no log line may hold.
    pub fn is_secret(&self, value: &str) {
        if value.len() >= 8 {
            self.transcript.lock().unwrap().secrets.insert(value.to_owned());
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let transcript = self.transcript.lock().unwrap();
        let secrets = AhoCorasick::new(&transcript.secrets).unwrap();
        let folder = self.folder.path().display().to_string();
        let sql = ["select ", "insert into", "update accounts", "delete from", "sqlite"];
        let inner = ["$argon2", "/src/", ".rs:", "panicked", "__err", &folder];
        let words = sql.into_iter().chain(inner);
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(words).unwrap();
        for said in &transcript.said {
            assert!(!secrets.is_match(said), "an answer holds a secret: {said}");
            let word = words.find(said).map_or("", |found| &said[found.range()]);
            assert!(word.is_empty(), "an answer holds {word:?}: {said}");
        }
        assert!(!log::matches_since(self.log_began, &secrets), "the log holds a secret");
    }
}
