//! `kill -9` at any moment, again and again: whatever was acknowledged is there, nothing is half done, and all heals by itself
//! (DAT-1). `make crash` does 500 rounds of each kind.

mod ledger;
mod writers;

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::binary::{Running, latchkey, start_with_log};
use crate::support::own_postgres::{OwnPostgres, free_port};
use crate::support::{Kind, connect, database_for};
use ledger::Ledger;
use writers::{Api, Random, write};

const WRITERS: usize = 4;
/// From the moment that the database answers again.
const RECOVERY: Duration = Duration::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "not a setting of the program: `make crash` says it to the tests")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// What is killed, and starts again.
trait World {
    fn api(&self) -> Api;
    fn database(&self) -> &str;
    fn log(&self) -> PathBuf;
    fn kill(&mut self);
    /// Gives how long it took.
    fn start(&mut self) -> Duration;
}

/// The server itself on whichever database the run is about.
struct Server {
    folder: TempDir,
    database: String,
    address: String,
    running: Option<Running>,
}

fn command(folder: &TempDir, database: &str, address: &str) -> Command {
    let mut command = latchkey(folder.path());
    command.env("DATABASE_URL", database).env("LATCHKEY_LISTEN", address).env("LATCHKEY_LOG", "warn");
    command.env("LATCHKEY_SOURCE_ATTEMPTS", "100000").env("LATCHKEY_SIGN_IN_ATTEMPTS", "50");
    command.env("LATCHKEY_REFRESH_GRACE", "60");
    command
}

fn log(folder: &TempDir) -> File {
    File::options().append(true).create(true).open(folder.path().join("log")).unwrap()
}

impl Server {
    fn new(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = || format!("sqlite:///{}", folder.path().join("latchkey.db").display());
        let database = database.or_else(|| database_for(folder.path())).unwrap_or_else(file);
        // Tokens name their issuer: it has one address all the time.
        let address = format!("127.0.0.1:{}", free_port());
        let mut server = Self { folder, database, address, running: None };
        server.start();
        server
    }
}

impl World for Server {
    fn api(&self) -> Api {
        Api::at(format!("http://{}", self.address))
    }

    fn database(&self) -> &str {
        &self.database
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn kill(&mut self) {
        self.running.take().unwrap().kill();
        last_words(&self.database);
    }

    fn start(&mut self) -> Duration {
        let begun = Instant::now();
        let command = command(&self.folder, &self.database, &self.address);
        self.running = Some(start_with_log(command, log(&self.folder)));
        begun.elapsed()
    }
}

/// Waits until a database server has done what the killed process had sent it: a commit that is under way still counts.
fn last_words(database: &str) {
    let others = match Kind::of_this_run() {
        Kind::Sqlite => return,
        Kind::Postgres => {
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        }
        Kind::MariaDb => {
            "select count(*) from information_schema.processlist where db = database() and id <> connection_id()"
        }
    };
    let begun = Instant::now();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut connection = connect(database).await;
        while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut connection).await.unwrap() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "the database server does not let go of who was killed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

/// The database's server, under a server of ours that goes on.
struct Database {
    postgres: OwnPostgres,
    server: Server,
}

impl World for Database {
    fn api(&self) -> Api {
        self.server.api()
    }

    fn database(&self) -> &str {
        self.server.database()
    }

    fn log(&self) -> PathBuf {
        self.server.log()
    }

    fn kill(&mut self) {
        self.postgres.kill();
    }

    fn start(&mut self) -> Duration {
        self.postgres.start();
        let (begun, api) = (Instant::now(), self.api());
        while api.get("/readyz") != Some(200) {
            assert!(begun.elapsed() < RECOVERY, "not ready {:?} after its database", begun.elapsed());
            thread::sleep(Duration::from_millis(10));
        }
        begun.elapsed()
    }
}

/// Writes, kills, starts, and looks: so many times.
#[expect(clippy::print_stdout, reason = "make crash says what was done")]
fn live_through(what: &str, world: &mut impl World) {
    let (rounds, seed) = (number("CRASH_ROUNDS", 20), number("CRASH_SEED", 20_270_115));
    let mut ledgers: Vec<Ledger> = (0..WRITERS).map(Ledger::of_writer).collect();
    let (mut unsure, mut slowest, begun) = (0, Duration::ZERO, Instant::now());
    for round in 0..rounds {
        let mut random = Random::new(seed.wrapping_add(round));
        let acknowledged = AtomicU64::new(0);
        thread::scope(|scope| {
            for ledger in &mut ledgers {
                let (api, random, acknowledged) = (world.api(), random.fork(), &acknowledged);
                scope.spawn(move || write(ledger, &api, random, acknowledged));
            }
            // However busy the machine is, there is something to lose; in every other round at any moment, the very first too.
            let (enough, moment) = (random.below(2) * 20, Duration::from_micros(random.below(400_000)));
            let begun = Instant::now();
            while acknowledged.load(Ordering::SeqCst) < enough && begun.elapsed() < RECOVERY {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(moment);
            world.kill();
        });
        unsure += ledgers.iter().filter(|ledger| ledger.is_unsure()).count();
        slowest = slowest.max(world.start());
        let api = world.api();
        ledger::check(&mut ledgers, world.database(), &api).unwrap_or_else(|fault| {
            let log = std::fs::read_to_string(world.log()).unwrap();
            let row = ledger::rows(world.database());
            panic!("{what}, round {round} of seed {seed}: {fault}\n{row}\n{log}");
        });
    }
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged).sum();
    println!(
        "{what}: {rounds} kills (seed {seed}), {acknowledged} acknowledged writes, none lost or half done; {unsure} cut off; \
         slowest start {slowest:.2?}; {:.0?} in all",
        begun.elapsed()
    );
    assert!(
        acknowledged as u64 > rounds * 5 && unsure > 0,
        "{acknowledged} writes, {unsure} cut off: that shows nothing"
    );
}

#[test]
fn dat_1_a_server_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    live_through(&format!("the server on {:?}", Kind::of_this_run()), &mut Server::new(None));
}

#[test]
fn dat_1_a_database_killed_at_any_moment_costs_nothing_and_the_server_heals_by_itself() {
    if Kind::of_this_run() != Kind::Sqlite {
        return; // It has a database of its own: once is enough.
    }
    let postgres = OwnPostgres::new();
    let server = Server::new(Some(postgres.url()));
    live_through("PostgreSQL under the server", &mut Database { postgres, server });
}
