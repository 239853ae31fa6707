//! `latchkey backup` and `latchkey restore`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{PASSWORD, Place, assert_same, done, exists, fill, post, sign_in};
use crate::support::binary::{Running, WORLD, refusal};
use crate::support::{Kind, all_kinds, figure};

fn back_up(place: &Place) -> PathBuf {
    let file = place.folder.path().join("backup.db");
    done(place.command().arg("backup").arg(&file));
    file
}

fn filled(kind: Kind, accounts: usize) -> Place {
    let place = Place::new(kind);
    done(place.command().arg("migrate"));
    fill(&place, accounts);
    place
}

/// Tells the threads of a test to end.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Gives the next refresh token.
#[track_caller]
fn refresh(server: &Running, token: &str) -> String {
    let (status, body) = post(server, "/refresh", &json!({"refresh_token": token}));
    assert_eq!(status, 200, "{body}");
    body["refresh_token"].as_str().unwrap().to_owned()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.contains("backup"));
    names.sort();
    names
}

#[test]
fn dat_5_a_backup_of_any_kind_is_restored_into_any_other_identical() {
    for from in all_kinds() {
        let here = filled(from, 1_200);
        let file = back_up(&here);
        assert_eq!(names_in(here.folder.path()), ["backup.db"], "nothing is left beside it");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
        let bytes = fs::read(&file).unwrap();
        for to in all_kinds() {
            let there = Place::new(to);
            let said = done(there.command().arg("restore").arg(&file));
            assert!(said.contains("holds 1200 accounts, compared row by row"), "{said}");
            assert_same(&here, &there);
            assert!(fs::read(&file).unwrap() == bytes, "the backup stays as it is");
            assert_eq!(names_in(here.folder.path()), ["backup.db"]);
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story: who writes, who backs up, and what must be there afterwards")]
fn dat_5_a_backup_under_load_has_every_account_that_was_acknowledged_before_it_began() {
    let here = Place::new(Kind::of_this_run());
    let server = here.serve(None);
    let (ledger, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let (mut restored, begin) = (Vec::new(), Instant::now());
    server.register("refresher", PASSWORD);
    let refreshing: Vec<_> = (0..3).map(|_| Mutex::new((sign_in(&server, "refresher"), 0))).collect();
    thread::scope(|scope| {
        // Also when something fails here: the threads are waited for.
        let ends = Ends(&is_over);
        for token in &refreshing {
            let (server, is_over) = (&server, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let next = refresh(server, &token.lock().unwrap().0);
                    let mut token = token.lock().unwrap();
                    *token = (next, token.1 + 1);
                }
            });
        }
        for writer in 0..2 {
            let (server, ledger, is_over) = (&server, &ledger, &is_over);
            scope.spawn(move || {
                for number in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let name = format!("writer-{writer}-{number}");
                    let account =
                        json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
                    let (status, body) = post(server, "/register", &account);
                    assert!(status == 200 || status == 201, "{status} {body}");
                    ledger.lock().unwrap().push(name);
                }
            });
        }
        let until = |count: usize| {
            let deadline = Instant::now() + Duration::from_secs(120);
            while ledger.lock().unwrap().len() < count {
                assert!(Instant::now() < deadline, "nobody can register: {} did", ledger.lock().unwrap().len());
                thread::sleep(Duration::from_millis(5));
            }
        };
        for round in 1..=4 {
            until(round * 8);
            let file = here.folder.path().join(format!("backup-{round}.db"));
            let before = ledger.lock().unwrap().clone();
            done(here.command().arg("backup").arg(&file));
            restored.push((file, before));
        }
        drop(ends);
    });
    let tokens: Vec<_> = refreshing.into_iter().map(|token| token.into_inner().unwrap()).collect();
    let writes = tokens.iter().map(|(_, count)| count).sum::<usize>() + ledger.into_inner().unwrap().len();
    figure(&format!("{writes} writes in {:.1?}, {} backups beside them", begin.elapsed(), restored.len()));
    let address = server.url.trim_start_matches("http://").to_owned();
    server.terminate();
    for (file, before) in restored {
        let there = Place::new(Kind::of_this_run());
        done(there.command().arg("restore").arg(&file));
        let listed = done(there.command().args(["user", "list"]));
        for name in &before {
            assert!(listed.contains(&format!("{name} ")), "{name} was acknowledged before {file:?} began");
        }
        assert_eq!(there.count("select count(*) from sessions where account_id not in (select id from accounts)"), 0);
        let again = there.serve(Some(&address));
        sign_in(&again, before.last().unwrap());
        // Their counters are ahead of the rows of then.
        for (token, _) in &tokens {
            refresh(&again, token);
        }
        again.register("newcomer", PASSWORD);
        again.terminate();
    }
}

#[test]
fn dat_5_a_restore_never_goes_over_what_is_there() {
    let here = filled(Kind::Sqlite, 20);
    let file = back_up(&here);
    for kind in all_kinds() {
        let there = filled(kind, 1);
        let before = there.dump();
        let said = refusal(there.command().arg("restore").arg(&file), WORLD);
        assert!(said.contains("is not empty, and nothing is copied over accounts"), "{said}");
        assert_eq!(there.dump(), before);
        there.sql(&["delete from accounts", "delete from attempts"]);
        let server = there.serve(None);
        let said = refusal(there.command().arg("restore").arg(&file), WORLD);
        assert!(said.contains("not empty") || said.contains(&server.id().to_string()), "{said}");
        server.terminate();
    }
}

#[test]
fn dat_5_a_damaged_backup_is_refused_and_nothing_is_written() {
    let here = filled(Kind::Sqlite, 60);
    let file = back_up(&here);
    let whole = fs::read(&file).unwrap();
    let damaged = here.folder.path().join("damaged.db");
    let refused = |bytes: &[u8]| {
        fs::write(&damaged, bytes).unwrap();
        let there = Place::new(Kind::Sqlite);
        let said = refusal(there.command().arg("restore").arg(&damaged), WORLD);
        assert!(said.contains("no backup, or a damaged one") || said.contains("not made by latchkey backup"), "{said}");
        assert_eq!(fs::read_dir(there.folder.path()).unwrap().count(), 0, "nothing was made");
    };
    for length in [0, 1, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        refused(&whole[..length]);
    }
    refused(b"not a database at all, but long enough to be looked at as one, if need be, and then some more of it");
    // One letter of one address, which SQLite itself finds nothing wrong with.
    let place = whole.windows(9).position(|bytes| bytes == b"person.42").unwrap();
    let mut changed = whole.clone();
    changed[place] ^= 1;
    refused(&changed);
    // Anywhere else: refused, or of no account.
    for at in (0..whole.len()).step_by(whole.len() / 25) {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        fs::write(&damaged, &changed).unwrap();
        let there = Place::new(Kind::Sqlite);
        let output = there.command().arg("restore").arg(&damaged).output().unwrap();
        if output.status.success() {
            assert_same(&here, &there);
        } else {
            assert_eq!(output.status.code(), Some(WORLD), "{at}");
            assert_eq!(fs::read_dir(there.folder.path()).unwrap().count(), 0, "{at}: nothing was made");
        }
    }
}

#[test]
fn a_backup_writes_over_nothing_is_no_database_and_cleans_up_after_a_kill() {
    let here = filled(Kind::of_this_run(), 3);
    let file = here.folder.path().join("backup.db");
    fs::write(&file, "mine").unwrap();
    let said = refusal(here.command().arg("backup").arg(&file), WORLD);
    assert!(said.contains("there is a file") && fs::read(&file).unwrap() == b"mine", "{said}");
    fs::remove_file(&file).unwrap();
    // What a killed backup left behind.
    fs::write(here.folder.path().join("backup.db.part"), "half of a").unwrap();
    fs::write(here.folder.path().join("backup.db.part-journal"), "journal").unwrap();
    assert_eq!(back_up(&here), file);
    assert_eq!(names_in(here.folder.path()), ["backup.db"]);
    let mut command = here.command();
    let said = refusal(command.env("DATABASE_URL", "sqlite:///backup.db").args(["user", "list"]), WORLD);
    assert!(said.contains("is a backup, to be kept as it is; make a database of it with: latchkey restore"), "{said}");
    let said = refusal(here.command().args(["backup", "no/such/folder/b.db"]), WORLD);
    assert!(said.contains("check that the folder exists"), "{said}");
    let said = refusal(here.command().args(["restore", "none.db"]), WORLD);
    assert!(said.contains("cannot read the backup"), "{said}");
    let nothing = Place::new(Kind::Sqlite);
    refusal(nothing.command().args(["backup", "b.db"]), WORLD);
    assert!(!exists(&nothing.folder.path().join("b.db")) && !exists(&nothing.folder.path().join("b.db.part")));
}
