//! What the hot questions cost with many accounts, beside what they cost with a thousand: to sign in, to be recognised, and to look
//! through the list. `make bench` runs it on SQLite, and on the servers that `scripts/with-databases.sh` names; nothing fails
//! here, the figures are for people. Small and large take turns, so that whatever else the machine does meets both, and each
//! question is measured in several passes, whose spread tells what a figure is worth.
//!
//! `BENCH_ACCOUNTS`: how many are many. `BENCH_FOLDER`: keeps SQLite's files there, and goes on with them and with the servers'
//! databases when they are full already.

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};

use latchkey::domain::{AccountId, Login, Role};
use latchkey::server::config::{Config, Flags};
use latchkey::server::store::{AccountFilter, AccountSort, Position, Store, StoreSettings};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

type Outcome<T> = Result<T, Box<dyn Error>>;
type Asked<'a> = Pin<Box<dyn Future<Output = Outcome<usize>> + 'a>>;

const FEW: usize = 1000;
const MANY: usize = 1_000_000;
/// Each is measured so often.
const PASSES: usize = 21;
/// In a pass, each is asked so often at once before the other has its turn: what is measured is the work, not how long it takes to wake
/// a thread for a single question,
const AT_ONCE: usize = 20;
/// and has so many turns.
const TURNS: usize = 6;
/// Questions of a pass.
const ROUNDS: usize = AT_ONCE * TURNS;
/// So many a page.
const PAGE: u8 = 50;
const NOW: i64 = 1_800_000_000_000_000;
const THREE_YEARS: u64 = 3 * 365 * 86_400 * 1_000_000;
/// As many in either: what is found by it costs what it costs to show it.
const ADMINS: usize = 5;
const DISABLED: usize = 20;
const ALIKE: usize = 12;
const ACCOUNTS: &str = "accounts (id, email, email_canonical, username, username_canonical, password_hash, is_active, \
                        email_verified, created_at, updated_at)";
/// As long as a real one.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$cccccccccccccccccccccc$hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh";

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let many = match variable("BENCH_ACCOUNTS") {
            Some(count) => count.parse()?,
            None => MANY,
        };
        let (folder, kept) = (tempfile::tempdir()?, variable("BENCH_FOLDER").map(PathBuf::from));
        let folder = kept.as_deref().unwrap_or(folder.path());
        let servers = ["TEST_POSTGRES", "TEST_MARIADB"].map(variable);
        for server in [None].into_iter().chain(servers.into_iter().flatten().map(Some)) {
            let few = Directory::open(server.as_deref(), folder, FEW).await?;
            let many = Directory::open(server.as_deref(), folder, many).await?;
            compare(&few, &many).await?;
            few.store.close().await;
            many.store.close().await;
        }
        Ok(())
    })
}

#[expect(clippy::disallowed_methods, reason = "not a setting of the program: scripts say it to the benchmark")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A database with accounts in it.
struct Directory {
    name: &'static str,
    store: Store,
    count: usize,
    /// Some of its accounts, and their sessions.
    emails: Vec<Login>,
    usernames: Vec<Login>,
    sessions: Vec<String>,
}

impl Directory {
    async fn open(server: Option<&str>, folder: &Path, count: usize) -> Outcome<Self> {
        let name = match server {
            None => "SQLite",
            Some(url) if url.starts_with("postgres") => "PostgreSQL",
            Some(_) => "MariaDB",
        };
        let (url, is_new) = place(server, folder, count).await?;
        let environment = [("SECRET_KEY", "benchmark-0123456789-0123456789-0123456789"), ("DATABASE_URL", &*url)];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let config = *Config::load(Flags::default(), environment, folder).config?;
        let settings = StoreSettings {
            database: config.database,
            pool: config.pool,
            patience: Duration::ZERO,
            log_statements: false,
        };
        let store = Store::open(&settings).await?;
        let mut connection = connect(&url).await?;
        if is_new {
            let begun = Instant::now();
            fill(&mut connection, count).await?;
            writeln!(stdout(), "{name}: {count} accounts made in {:.0} s", begun.elapsed().as_secs_f64())?;
        }
        // As a server does by itself after a while; SQLite never does.
        for statement in match name {
            "SQLite" => &[][..],
            "PostgreSQL" => &["vacuum analyze"],
            _ => &["analyze table accounts", "analyze table account_roles", "analyze table sessions"],
        } {
            sqlx::query(*statement).fetch_all(&mut connection).await?;
        }
        // What is asked for often is in the machine's memory, as it is in the servers'.
        if let Some(path) = url.strip_prefix("sqlite:///") {
            std::io::copy(&mut std::fs::File::open(path)?, &mut std::io::sink())?;
        }
        let some = "select a.email, a.username, s.id from \
                    (select id, email, username from accounts where id > ? order by id limit 1) a \
                    join sessions s on s.account_id = a.id";
        let (mut emails, mut usernames, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
        let mut random = Random(3);
        for _ in 0..(PASSES + 1) * ROUNDS {
            let some = if name == "PostgreSQL" { some.replace('?', "$1") } else { some.to_owned() };
            let some = sqlx::query(AssertSqlSafe(some)).bind(id(&mut random)?.get() / 2);
            let row = some.fetch_one(&mut connection).await?;
            emails.push(login(row.try_get(0)?)?);
            usernames.push(login(row.try_get(1)?)?);
            sessions.push(row.try_get(2)?);
        }
        Ok(Self { name, store, count, emails, usernames, sessions })
    }
}

fn login(text: &str) -> Outcome<Login> {
    Login::parse(text).map_err(|problem| format!("{problem:?}").into())
}

async fn connect(url: &str) -> Outcome<AnyConnection> {
    let url = url.strip_prefix("sqlite:///").map_or(url.to_owned(), |path| format!("sqlite:{path}?mode=rwc"));
    Ok(AnyConnection::connect(&url).await?)
}

/// Where the database is, and whether it is empty.
async fn place(server: Option<&str>, folder: &Path, count: usize) -> Outcome<(String, bool)> {
    let Some(server) = server else {
        let file = folder.join(format!("directory-{count}.db"));
        return Ok((format!("sqlite:///{}", file.display()), !file.exists()));
    };
    let (address, _) = server.rsplit_once('/').ok_or("no database in the URL")?;
    let mut connection = connect(server).await?;
    let create = format!("create database latchkey_directory_{count}");
    let is_new = sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.is_ok();
    Ok((format!("{address}/latchkey_directory_{count}"), is_new))
}

/// Numbers that are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn name(&mut self) -> String {
        let mut bits = self.next();
        let length = 8 + bits % 5;
        let letter = |_| {
            let letter = char::from(b'a' + u8::try_from(bits % 26).unwrap_or(0));
            bits /= 26;
            letter
        };
        (0..length).map(letter).collect()
    }
}

fn id(random: &mut Random) -> Outcome<AccountId> {
    AccountId::from_random(random.next()).ok_or_else(|| "zero".into())
}

/// Accounts with random ids, as the program makes them, and one live session each. Every other one has a role; a few are administrators,
/// are disabled, or have names that begin alike.
async fn fill(connection: &mut AnyConnection, count: usize) -> Outcome<()> {
    let is_sqlite = connection.backend_name() == "SQLite";
    if is_sqlite {
        // Random keys go everywhere into the indexes: all of them at hand, and nothing to be waited for.
        for pragma in ["pragma synchronous = off", "pragma cache_size = -1000000"] {
            sqlx::query(pragma).execute(&mut *connection).await?;
        }
    }
    if connection.backend_name() == "PostgreSQL" {
        // The tests' server answers before a commit is written; a vacuum that comes sooner than that finds nothing settled.
        sqlx::query("set synchronous_commit = on").execute(&mut *connection).await?;
    }
    let mut random = Random(1);
    let is_one = |number: usize, of: usize| number.is_multiple_of(count / of);
    let (mut accounts, mut roles) = (Vec::new(), Vec::new());
    sqlx::query("begin").execute(&mut *connection).await?;
    for number in 0..count {
        let (name, domain, id) = (random.name(), random.next() % 1000, id(&mut random)?.get());
        let name = if is_one(number + 3, ALIKE) { format!("quirk-{name}") } else { name };
        let email = format!("{name}@mail-{domain}.example");
        let created_at = NOW - i64::try_from(random.next() % THREE_YEARS)?;
        let is_active = i32::from(!is_one(number + 2, DISABLED));
        accounts.push(format!(
            "({id}, '{email}', '{email}', '{name}', '{name}', '{HASH}', {is_active}, 1, {created_at}, {created_at})"
        ));
        if is_one(number + 1, ADMINS) {
            roles.push(format!("({id}, 'admin')"));
        }
        if random.next().is_multiple_of(2) {
            roles.push(format!("({id}, 'member')"));
        }
        if accounts.len() == 1000 || number + 1 == count {
            insert(connection, ACCOUNTS, &mut accounts).await?;
            insert(connection, "account_roles (account_id, role)", &mut roles).await?;
        }
    }
    let token = match connection.backend_name() {
        "SQLite" => "lower(hex(randomblob(11)))",
        "PostgreSQL" => "substr(md5(cast(id as text)), 1, 22)",
        _ => "substr(md5(id), 1, 22)",
    };
    let sessions = format!(
        "insert into sessions (id, account_id, kind, seed, counter, created_at, authenticated_at, rotated_at, last_seen_at, \
         idle_expires_at, expires_at) select {token}, id, 'browser', 'abcdefghijklmnopqrstuv', 0, {NOW}, {NOW}, {NOW}, \
         {NOW}, {NOW}, {NOW} from accounts"
    );
    sqlx::query(AssertSqlSafe(sessions)).execute(&mut *connection).await?;
    sqlx::query("commit").execute(connection).await?;
    Ok(())
}

async fn insert(connection: &mut AnyConnection, into: &str, rows: &mut Vec<String>) -> Outcome<()> {
    let text = format!("insert into {into} values {}", rows.join(", "));
    sqlx::query(AssertSqlSafe(text)).persistent(false).execute(connection).await?;
    rows.clear();
    Ok(())
}

/// A question, put in that round.
type Question = Box<dyn for<'a> Fn(&'a Directory, usize) -> Asked<'a>>;

fn questions() -> Outcome<Vec<(String, Question)>> {
    let mut all: Vec<(String, Question)> = Vec::new();
    let mut ask = |name: &str, question: Question| all.push((name.to_owned(), question));
    ask("sign in, e-mail", Box::new(|d, round| sign_in(d, at(&d.emails, round))));
    ask("sign in, username", Box::new(|d, round| sign_in(d, at(&d.usernames, round))));
    let unknown = |end: &str| {
        let mut random = Random(2);
        (0..(PASSES + 1) * ROUNDS).map(|_| login(&format!("{}{end}", random.name()))).collect::<Outcome<Vec<_>>>()
    };
    let (emails, usernames) = (unknown("@mail-7.example.net")?, unknown("-x")?);
    ask("sign in, unknown e-mail", Box::new(move |d, round| sign_in(d, at(&emails, round))));
    ask("sign in, unknown username", Box::new(move |d, round| sign_in(d, at(&usernames, round))));
    ask(
        "session with account",
        Box::new(|d, round| {
            Box::pin(async move {
                let id = d.sessions.get(round).ok_or("no session")?;
                let found = d.store.session_with_account(id).await?;
                Ok(usize::from(found.is_some()))
            })
        }),
    );
    for sort in AccountSort::ALL {
        let after = match sort {
            AccountSort::CreatedAt | AccountSort::CreatedAtDescending => {
                json!([NOW - i64::try_from(THREE_YEARS / 2)?, 0])
            }
            _ => json!(["mm", 0]),
        };
        for after in [None, Some(serde_json::from_value::<Position>(after)?)] {
            let which = if after.is_some() { "middle" } else { "first" };
            let all = AccountFilter::default();
            ask(&format!("{which} page by {}", sort.as_str()), page(all, sort, after));
        }
    }
    let filter = |role: &str, is_active, prefix: &str| AccountFilter {
        role: Role::parse(role),
        is_active,
        prefix: prefix.to_owned(),
    };
    for sort in [AccountSort::Username, AccountSort::CreatedAtDescending] {
        for (what, filter) in [
            ("administrators", filter("admin", None, "")),
            ("members", filter("member", None, "")),
            ("disabled", filter("", Some(false), "")),
            ("active", filter("", Some(true), "")),
            ("beginning with quirk-", filter("", None, "quirk-")),
            ("beginning with z", filter("", None, "z")),
            ("active administrators", filter("admin", Some(true), "")),
            ("disabled members", filter("member", Some(false), "")),
        ] {
            ask(&format!("{what} by {}", sort.as_str()), page(filter, sort, None));
        }
    }
    Ok(all)
}

fn at<T: Clone>(all: &[T], round: usize) -> Option<T> {
    all.get(round).cloned()
}

fn sign_in(directory: &Directory, login: Option<Login>) -> Asked<'_> {
    Box::pin(async move {
        let login = login.ok_or("no login")?;
        let found = directory.store.credential_by_login(&login).await?;
        Ok(usize::from(found.is_some()))
    })
}

fn page(filter: AccountFilter, sort: AccountSort, after: Option<Position>) -> Question {
    let question = std::rc::Rc::new((filter, sort, after));
    Box::new(move |directory, _| {
        let question = std::rc::Rc::clone(&question);
        Box::pin(async move {
            let (filter, sort, after) = &*question;
            let found = directory.store.accounts(filter, *sort, after.as_ref(), PAGE).await?;
            Ok(black_box(found).accounts.len())
        })
    })
}

async fn compare(few: &Directory, many: &Directory) -> Outcome<()> {
    let mut out = stdout();
    writeln!(out, "\n{}, microseconds{:>33}{:>12}   ratio (of passes)   found", few.name, few.count, many.count)?;
    for (name, question) in questions()? {
        let (mut medians, mut ratios, mut found) = ([Vec::new(), Vec::new()], Vec::new(), [0, 0]);
        let begun = Instant::now();
        // The first pass is for warming up.
        for pass in 0..=PASSES {
            let mut times = [Vec::new(), Vec::new()];
            for turn in 0..TURNS {
                for (directory, (times, found)) in [few, many].into_iter().zip(times.iter_mut().zip(&mut found)) {
                    let first = (pass * TURNS + turn) * AT_ONCE;
                    let all = (first..).take(AT_ONCE).map(|round| question(directory, round));
                    let begun = Instant::now();
                    let all = futures_util::future::try_join_all(all).await?;
                    times.push(begun.elapsed().as_secs_f64() * 1e6 / all.len() as f64);
                    *found = all.first().copied().unwrap_or_default();
                }
            }
            if pass == 0 {
                continue;
            }
            let [few, many] = times.map(median);
            ratios.push(many / few);
            medians.iter_mut().zip([few, many]).for_each(|(all, one)| all.push(one));
            // What takes long is clear sooner.
            if pass >= 3 && begun.elapsed() > Duration::from_secs(6) {
                break;
            }
        }
        let [few, many] = medians.map(median);
        let (least, most) =
            ratios.iter().fold((f64::MAX, 0.0_f64), |(low, high), ratio| (low.min(*ratio), high.max(*ratio)));
        let (ratio, length) = (median(ratios), 44_usize.saturating_sub(name.len()) + 4);
        writeln!(out, "{name}{few:>length$.0}{many:>12.0}{ratio:>8.2} ({least:.2} to {most:.2})   {found:?}")?;
    }
    Ok(())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}
