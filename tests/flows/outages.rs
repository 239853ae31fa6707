//! The database goes away, stalls or says nothing, under load: whoever asks is told so soon and in these words, nobody is signed
//! out, and all is well again by itself (AVL-4, AVL-5).

mod load;
mod proxy;

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::binary::{Running, latchkey, start_with_log};
use crate::support::database::block_on;
use crate::support::own_postgres::OwnPostgres;
use crate::support::program::Program;
use crate::support::{Kind, connect};
use load::{Asked, Load};
use proxy::Proxy;

const PASSWORD: &str = "canary-Outages-Kx7-pw";
/// `LATCHKEY_DATABASE_TIMEOUT` of these tests, in seconds.
const STATEMENT: u64 = 2;
/// From the moment that the database answers again.
const RECOVERY: Duration = Duration::from_secs(5);

#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the program: whoever wants a longer outage says it to the tests"
)]
fn outage() -> Duration {
    Duration::from_secs(std::env::var("OUTAGE_SECONDS").map_or(5, |seconds| seconds.parse().unwrap()))
}

fn start(folder: &TempDir, database: &str) -> Running {
    let mut command = latchkey(folder.path());
    command.env("DATABASE_URL", database).env("LATCHKEY_LOG", "warn");
    command.env("LATCHKEY_DATABASE_TIMEOUT", STATEMENT.to_string());
    command.env("LATCHKEY_SOURCE_ATTEMPTS", "100000");
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    start_with_log(command, log)
}

/// The `DATABASE_URL` of what lies behind the proxy.
fn by_way_of(proxy: &Proxy, postgres: &OwnPostgres) -> String {
    postgres.url().replace(&postgres.port().to_string(), &proxy.port().to_string())
}

/// A server whose database lies behind a stretch of network.
struct Distant {
    server: Running,
    proxy: Proxy,
    _postgres: OwnPostgres,
    _folder: TempDir,
}

impl Distant {
    /// None in a run that is about another kind of database.
    fn start() -> Option<Self> {
        if is_elsewhere() {
            return None;
        }
        let (folder, postgres) = (tempfile::tempdir().unwrap(), OwnPostgres::new());
        let proxy = Proxy::to(postgres.port());
        let server = start(&folder, &by_way_of(&proxy, &postgres));
        Some(Self { server, proxy, _postgres: postgres, _folder: folder })
    }
}

/// What happened under load while the database was away.
struct Story {
    /// All requests of people, in the order of their ends.
    asked: Vec<Asked>,
    /// What needs no database.
    flat: Vec<Asked>,
    ready: Vec<Asked>,
    /// When the database went, and when it was back.
    gone: Instant,
    back: Instant,
}

/// A second of health, an outage, and health again until everybody has seen it, or it is late.
fn story(server: &Running, begin: impl FnOnce(), end: impl FnOnce()) -> Story {
    let load = Load::start(&server.url, PASSWORD);
    load.run_until(|asked| asked.iter().filter(|one| one.is_fine()).count() >= 200);
    let gone = Instant::now();
    begin();
    thread::sleep(outage());
    end();
    let back = Instant::now();
    load.run_for(RECOVERY + Duration::from_secs(2));
    let (asked, flat, ready) = load.stop();
    Story { asked, flat, ready, gone, back }
}

impl Story {
    /// Checks what holds in every outage, and says how it was. `slowest`: what a refusal may take.
    #[expect(clippy::print_stdout, reason = "the figures of the outage")]
    fn check(&self, what: &str, slowest: Duration) {
        let strange = self.asked.iter().filter(|one| !one.is_fine() && one.status != 503);
        let strange: Vec<_> = strange.map(|one| (one.what, one.status)).collect();
        assert!(strange.is_empty(), "{what}: neither success nor 503: {strange:?}");
        let cleared: Vec<_> = self.asked.iter().filter(|one| one.clears_cookies).collect();
        assert!(cleared.is_empty(), "{what}: cookies were taken back: {:?}", &cleared[..cleared.len().min(5)]);
        let mut refused: Vec<_> = self.asked.iter().filter(|one| one.status == 503).map(|one| one.took).collect();
        refused.sort();
        let last = self.asked.iter().rev().find(|one| one.status == 503).unwrap();
        // A sign-in hashes before it asks again; and the machine may be busy with other tests.
        let room = |one: &Asked| Duration::from_millis(if one.what == "/token" { 1500 } else { 500 });
        let is_slow = |one: &&Asked| one.status == 503 && one.took > slowest + room(one);
        let slow: Vec<_> = self.asked.iter().filter(is_slow).collect();
        let recovered = last.at.saturating_duration_since(self.back);
        let flat = self.flat.iter().map(|one| one.took).max().unwrap();
        let (half, most) = (refused[refused.len() / 2], refused[refused.len() - 1]);
        let late = refused[refused.len() * 99 / 100];
        println!(
            "{what}: {:.1?} away, {} answers, {} of them 503 (p50 {half:.2?}, p99 {late:.2?}, max {most:.2?}); last 503 {recovered:.2?} after \
             it was back; what needs no database took at most {flat:.0?} ({} requests)",
            self.back - self.gone,
            self.asked.len(),
            refused.len(),
            self.flat.len()
        );
        assert!(refused.len() >= 20, "{what}: it was hardly noticed");
        assert!(late <= slowest && slow.is_empty(), "{what}: refusals took their time: p99 {late:?}, {slow:?}");
        assert!(recovered <= RECOVERY, "{what}: refusals still {recovered:?} after it was back");
        assert!(self.flat.iter().all(|one| one.status == 200), "{what}: {:?}", self.flat);
        assert!(flat <= Duration::from_millis(500), "{what}: what needs no database took {flat:?}");
        let after: Vec<_> = self.asked.iter().filter(|one| one.at >= self.back + RECOVERY).collect();
        assert!(after.len() >= 20 && after.iter().all(|one| one.is_fine()), "{what}: {} afterwards", after.len());
        // Readiness: yes, no, and yes again.
        let mut states: Vec<u16> = self.ready.iter().map(|one| one.status).collect();
        states.dedup();
        assert_eq!((states.first(), states.last()), (Some(&200), Some(&200)), "{what}: {states:?}");
        assert!(states.contains(&503) && states.iter().all(|status| [200, 503].contains(status)), "{what}: {states:?}");
    }
}

/// These have a database of their own: one of the runs is enough.
fn is_elsewhere() -> bool {
    Kind::of_this_run() != Kind::Sqlite
}

#[test]
fn avl_4_a_database_that_stops_under_load_is_503_within_a_second_and_nobody_is_signed_out() {
    if is_elsewhere() {
        return;
    }
    let (folder, postgres) = (tempfile::tempdir().unwrap(), std::cell::RefCell::new(OwnPostgres::new()));
    let server = start(&folder, &postgres.borrow().url());
    let story = story(&server, || postgres.borrow_mut().stop(), || postgres.borrow_mut().start());
    story.check("stopped", Duration::from_secs(1));
}

#[test]
fn avl_5_a_database_that_stalls_is_503_in_time_and_keeps_nothing_else_waiting() {
    if is_elsewhere() {
        return;
    }
    let (folder, postgres) = (tempfile::tempdir().unwrap(), OwnPostgres::new());
    let server = start(&folder, &postgres.url());
    let story = story(&server, || postgres.freeze(), || postgres.thaw());
    story.check("stalled", Duration::from_secs(STATEMENT + 2));
}

#[test]
fn avl_5_a_network_that_swallows_everything_is_503_in_time_and_its_connections_are_replaced() {
    let Some(Distant { server, proxy, .. }) = &Distant::start() else { return };
    let story = story(server, || proxy.swallow(true), || proxy.swallow(false));
    story.check("swallowed", Duration::from_secs(STATEMENT + 2));
}

/// Whoever waits for a lock in the one connection there is, in a network that dies, and hangs up.
#[test]
fn avl_5_who_hangs_up_in_a_dead_network_leaves_the_connection_to_others() {
    if is_elsewhere() {
        return;
    }
    let (folder, postgres) = (tempfile::tempdir().unwrap(), OwnPostgres::new());
    let proxy = Proxy::to(postgres.port());
    let database = by_way_of(&proxy, &postgres);
    let mut command = latchkey(folder.path());
    command.env("DATABASE_URL", database).env("LATCHKEY_DATABASE_TIMEOUT", STATEMENT.to_string());
    command.env("LATCHKEY_DATABASE_POOL", "1").env("LATCHKEY_DATABASE_OVERFLOW", "0");
    let server = start_with_log(command, std::fs::File::create(folder.path().join("log")).unwrap());
    let cookies = server.register("anna", PASSWORD);
    let refresh = cookies.split("; ").find(|cookie| cookie.contains("-refresh=")).unwrap();
    block_on(async {
        let mut owner = connect(&postgres.url()).await;
        sqlx::raw_sql("begin; select * from sessions for update").execute(&mut owner).await.unwrap();
        let mut socket = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
        write!(socket, "GET /profile HTTP/1.1\r\nhost: localhost\r\ncookie: {refresh}\r\n\r\n").unwrap();
        let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
        let begun = Instant::now();
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut owner).await.unwrap() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody waits for the lock");
        }
        proxy.swallow(true);
        drop(socket);
    });
    // Long enough for every wait of ours to end, had it an end.
    thread::sleep(Duration::from_secs(STATEMENT));
    proxy.swallow(false);
    let begun = Instant::now();
    while server.get("/profile", &cookies) != 200 {
        let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(begun.elapsed() < RECOVERY, "its connection is lost for ever: {}", log());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn avl_5_a_slow_database_is_slow_and_nothing_else() {
    let Some(Distant { server, proxy, .. }) = &Distant::start() else { return };
    let story = story(server, || proxy.delay(Duration::from_secs(5)), || proxy.delay(Duration::ZERO));
    story.check("slowed by 5 s", Duration::from_secs(STATEMENT + 2));
}

/// A third of a second for each question and its answer: slow, and alive.
#[test]
fn avl_5_a_database_far_away_is_worked_with() {
    let Some(Distant { server, proxy, .. }) = &Distant::start() else { return };
    let cookies = server.register("anna", PASSWORD);
    proxy.delay(Duration::from_millis(165));
    for number in 1..=5 {
        assert_eq!(server.get("/profile", &cookies), 200, "request {number}");
    }
}

/// As a NAT, a load balancer or a failover leaves them behind.
#[test]
fn avl_4_connections_that_died_in_silence_cost_nobody_an_answer() {
    let Some(Distant { server, proxy, .. }) = &Distant::start() else { return };
    // It has opened ten of them before it served.
    let cookies = server.register("anna", PASSWORD);
    proxy.forget();
    for number in 1..=15 {
        assert_eq!(server.get("/profile", &cookies), 200, "request {number}");
    }
}

/// As after a switchover: the connections that were there go on answering, and let nobody write.
#[test]
fn avl_4_a_server_that_could_only_be_read_is_written_to_when_it_may_be() {
    if is_elsewhere() {
        return;
    }
    let (folder, postgres) = (tempfile::tempdir().unwrap(), OwnPostgres::new());
    let url = postgres.url();
    let server = start(&folder, &url);
    server.register("anna", PASSWORD);
    let mut program = Program::sign_in(&server, "anna", PASSWORD);
    drop(server);
    let tell = |text: &'static str| {
        block_on(async { sqlx::raw_sql(text).execute(&mut connect(&url).await).await.unwrap() });
    };
    tell("alter role current_user set default_transaction_read_only = on");
    let server = start(&folder, &url);
    program.url.clone_from(&server.url);
    assert_eq!(program.register("berta", PASSWORD), 503);
    tell("begin read write; alter role current_user reset default_transaction_read_only; commit");
    // Each of its ten connections is tried once, and found to be of no use.
    let statuses: Vec<u16> = (1..=11).map(|number| program.register(&format!("person{number}"), PASSWORD)).collect();
    assert_eq!(statuses.last(), Some(&200), "{statuses:?}");
}

#[test]
fn avl_5_a_connection_that_is_slow_to_make_is_made_all_the_same() {
    let Some(Distant { server, proxy, .. }) = &Distant::start() else { return };
    // Longer than any request waits for one.
    proxy.greet_after(Duration::from_secs(1));
    proxy.forget();
    let begun = Instant::now();
    while server.get("/readyz", "") != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never gets a connection");
        thread::sleep(Duration::from_millis(20));
    }
}
