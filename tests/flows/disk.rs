//! SQLite's disk is full, or cannot be written: whoever writes is told 503, whoever reads goes on, and all is well again when there
//! is room. And a clock that is a day off gives nobody back what has ended (DAT-6).

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use latchkey::paths::api::{LOGOUT, ME, REFRESH};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use tempfile::TempDir;

use crate::support::binary::{Running, WORLD, latchkey, refusal, start_with_log};
use crate::support::program::Program;
use crate::support::{Kind, TestApp};

const PASSWORD: &str = "canary-Disk-Kx7-pw";

fn command(folder: &TempDir, database: &Path) -> Command {
    let mut command = latchkey(folder.path());
    command.env("DATABASE_URL", format!("sqlite:///{}", database.display())).env("LATCHKEY_LOG", "warn");
    command.env("LATCHKEY_SOURCE_ATTEMPTS", "100000");
    command
}

fn start(folder: &TempDir, database: &Path) -> Running {
    start_with_log(command(folder, database), File::create(folder.path().join("log")).unwrap())
}

/// Takes the room away under a server, and gives it back.
fn live_through_a_full_disk(server: &Running, take: impl FnOnce(), give: impl FnOnce()) {
    server.register("anna", PASSWORD);
    let mut client = Program::sign_in(server, "anna", PASSWORD);
    let cookies = server.register("boris", PASSWORD);
    assert_eq!((client.refresh(), client.ask(ME), server.get("/profile", &cookies)), (200, 200, 200));
    take();
    // What is left of the last page may do for a write or two.
    let begun = Instant::now();
    loop {
        let status = client.refresh();
        if status == 503 {
            break;
        }
        assert_eq!(status, 200);
        assert!(begun.elapsed() < Duration::from_secs(30), "the disk does not fill");
    }
    for round in 0..10 {
        assert_eq!((round, client.refresh()), (round, 503), "refresh");
        assert_eq!(client.register(&format!("late-{round}"), PASSWORD), 503, "registration");
        assert_eq!(client.post("/token", &json!({"username": "anna", "password": PASSWORD})).0, 503, "sign-in");
        assert_eq!(client.post(LOGOUT, &json!({"refresh_token": client.refresh_token()})).0, 503, "sign-out");
        let (status, taken_back) = server.post("/login", &[("username", "anna"), ("password", PASSWORD)]);
        assert_eq!((status, taken_back), (503, Vec::new()));
        // Who reads goes on.
        assert_eq!((client.ask(ME), server.get("/profile", &cookies)), (200, 200));
        assert_eq!((client.ask("/healthz"), client.ask("/readyz")), (200, 200));
    }
    give();
    let begun = Instant::now();
    while client.refresh() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(5), "there is room again, and no write");
        thread::sleep(Duration::from_millis(20));
    }
    for round in 0..10 {
        assert_eq!(client.register(&format!("late-{round}"), PASSWORD), 200, "what was refused has left nothing");
    }
    assert_eq!((client.refresh(), client.ask(ME), server.get("/profile", &cookies)), (200, 200, 200));
    assert_eq!(client.post(LOGOUT, &json!({"refresh_token": client.refresh_token()})).0, 204);
    assert_eq!(client.refresh(), 401);
}

fn is_elsewhere() -> bool {
    Kind::of_this_run() != Kind::Sqlite
}

/// The system says so with a signal besides; and the log, a file like any other, cannot be written either.
#[test]
fn dat_6_a_file_that_may_not_grow_is_503_for_who_writes_and_nothing_for_who_reads() {
    if is_elsewhere() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("latchkey.db");
    let server = start(&folder, &database);
    let limit = |current: Option<u64>| {
        let id = Pid::from_raw(server.id().try_into().unwrap());
        prlimit(id, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    };
    live_through_a_full_disk(&server, || limit(Some(1)), || limit(None));
}

/// A small disk in memory.
struct Disk(PathBuf);

impl Disk {
    /// None where it may not be mounted.
    #[expect(clippy::print_stderr, reason = "nobody is to believe that it was tested")]
    fn mount(folder: &TempDir) -> Option<Self> {
        let path = folder.path().join("disk");
        fs::create_dir(&path).unwrap();
        let is_mounted = mount(&["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs"], &path);
        if !is_mounted {
            eprintln!("SKIPPED: no disk may be mounted here; run this test as root");
        }
        is_mounted.then_some(Self(path))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], path: &Path) -> bool {
    Command::new("mount").args(arguments).arg(path).status().is_ok_and(|status| status.success())
}

#[test]
fn dat_6_a_full_disk_is_503_for_who_writes_and_nothing_for_who_reads() {
    if is_elsewhere() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&folder) else { return };
    let server = start(&folder, &disk.0.join("latchkey.db"));
    let filler = disk.0.join("filler");
    let fill = || {
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    };
    live_through_a_full_disk(&server, fill, || fs::remove_file(&filler).unwrap());
    drop(server);
}

#[test]
fn dat_6_a_disk_that_cannot_be_written_is_refused_in_one_line_and_used_when_it_can() {
    if is_elsewhere() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&folder) else { return };
    let database = disk.0.join("latchkey.db");
    let server = start(&folder, &database);
    server.register("anna", PASSWORD);
    let mut client = Program::sign_in(&server, "anna", PASSWORD);
    server.kill();
    assert!(mount(&["-o", "remount,ro"], &disk.0));
    let line = refusal(&mut command(&folder, &database), WORLD);
    assert!(line.contains("latchkey.db"), "{line}");
    assert!(mount(&["-o", "remount,rw"], &disk.0));
    let server = start(&folder, &database);
    client.url.clone_from(&server.url);
    assert_eq!(client.refresh(), 200, "nobody is signed out");
}

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn dat_6_a_clock_that_is_a_day_off_gives_nobody_back_what_has_ended() {
    // To and fro, in every order.
    for moments in [[DAY, 0, -DAY], [-DAY, 0, DAY], [DAY, -DAY, 0], [0, DAY, -DAY]] {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        let (signed_out, copied, living) = (
            app.api_as("anna", PASSWORD).await,
            app.api_as("anna", PASSWORD).await,
            app.api_as("anna", PASSWORD).await,
        );
        let body = json!({"refresh_token": signed_out.refresh_token()});
        assert_eq!(app.api().post(LOGOUT, &body).await.status, 204);
        // A token that comes back too late ends its session.
        let old = copied.refresh_token();
        assert_eq!(copied.refresh().await.status, 200);
        app.advance(60);
        assert_eq!(app.api().post(REFRESH, &json!({"refresh_token": old})).await.status, 401);
        let ends = "select expires_at from sessions where ended_at is null and kind = 'api'";
        let end = app.count(ends).await;
        for moment in moments {
            app.set_clock(60 + moment);
            for gone in [&signed_out, &copied] {
                assert_eq!(gone.get(ME).await.status, 401, "{moment}");
                assert_eq!(gone.refresh().await.status, 401, "{moment}");
            }
            let access = living.access_token();
            let refreshed = living.refresh().await;
            assert_eq!(refreshed.status, 200, "{moment}: {}", refreshed.body);
            assert_eq!(living.get(ME).await.status, 200, "{moment}: a new token is good at once");
            assert_eq!(app.count(ends).await, end, "{moment}: no session lasts longer for it");
            if moment.abs() == DAY {
                assert_eq!(bearer(&app, &access).await, 401, "{moment}: a token of another day");
            }
        }
        app.set_clock(60);
        for gone in [&signed_out, &copied] {
            assert_eq!(
                (gone.get(ME).await.status, gone.refresh().await.status),
                (401.try_into().unwrap(), 401.try_into().unwrap())
            );
        }
    }
}

async fn bearer(app: &TestApp, token: &str) -> u16 {
    let request = axum::http::Request::get(ME).header("authorization", format!("Bearer {token}"));
    let request = request.header("host", "127.0.0.1:3000").body(axum::body::Body::empty()).unwrap();
    app.send(request).await.status.as_u16()
}
