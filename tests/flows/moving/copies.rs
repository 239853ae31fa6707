//! `latchkey db copy`: goes on where it was cut off, merges nothing, and leaves no half of a copy that could be served.

use std::process::Stdio;
use std::time::Instant;

use super::{Place, assert_same, done, fill};
use crate::support::binary::{CANARY, USAGE, WORLD, failure, finish, refusal};
use crate::support::{Kind, all_kinds};

/// The version of the mark of a half-done copy: any other program of ours refuses a migration that it does not know.
const MARK: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                    select 9000000000000001, 'a copy is under way', success, checksum, 0 from _sqlx_migrations where version = 1";

/// A database with its schema and `accounts` accounts.
fn filled(accounts: usize) -> Place {
    let place = Place::new(Kind::Sqlite);
    done(place.command().arg("migrate"));
    fill(&place, accounts);
    place
}

#[test]
fn dat_5_a_copy_that_is_killed_at_any_moment_is_refused_by_servers_and_goes_on() {
    let here = filled(4_000);
    for kind in all_kinds() {
        let begin = Instant::now();
        done(&mut here.copy_to(&Place::new(kind)));
        let lasts = begin.elapsed();
        let mut halves = 0;
        for part in [1, 3, 4, 5, 6, 8] {
            let there = Place::new(kind);
            let mut copying = here.copy_to(&there).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
            std::thread::sleep(lasts * part / 10);
            copying.kill().unwrap();
            if copying.wait().unwrap().success() {
                continue;
            }
            let found = finish(there.command().args(["user", "list"]), "");
            if found.status.success() {
                // It came after the comparison.
                assert_same(&here, &there);
                continue;
            }
            let said = String::from_utf8(found.stderr).unwrap();
            let is_half = said.contains("holds a copy that was not finished");
            halves += u32::from(is_half);
            assert!(
                is_half || said.contains("is empty") || said.contains("there is no database"),
                "{kind:?} {part}: {said}"
            );
            done(&mut here.copy_to(&there));
            assert_same(&here, &there);
        }
        assert!(halves >= 2, "{kind:?}: {halves} of 6 kills came in the middle");
    }
}

#[test]
fn dat_5_half_a_copy_is_served_by_nobody_and_gone_on_with() {
    let here = filled(2_500);
    for kind in all_kinds() {
        let there = Place::new(kind);
        done(&mut here.copy_to(&there));
        there.sql(&[
            MARK,
            "delete from sessions",
            "delete from password_links",
            "delete from signing_keys",
            "delete from attempts",
            "delete from account_roles where role like 'editor%' and account_id > 4003199000000",
            "delete from account_roles where account_id > 4003199000000",
            "delete from accounts where id > 6003199000000",
        ]);
        for command in [&["serve"][..], &["migrate"], &["user", "list"], &["backup", "b.db"], &["keys", "list"]] {
            let said = refusal(there.command().args(command), WORLD);
            assert!(said.contains("holds a copy that was not finished; run the same"), "{command:?}: {said}");
        }
        done(&mut here.copy_to(&there));
        assert_same(&here, &there);
        done(there.command().arg("migrate"));
    }
}

#[test]
fn dat_5_a_target_that_has_something_else_is_refused_and_left_as_it_is() {
    let here = filled(1_500);
    for kind in all_kinds() {
        let there = Place::new(kind);
        done(&mut here.copy_to(&there));
        let said = refusal(&mut here.copy_to(&there), WORLD);
        assert!(said.contains("is not empty, and nothing is copied over accounts"), "{said}");
        // A mark does not make somebody else's rows ours.
        for (change, table) in [
            ("update accounts set first_name = 'Eve' where id = 4003199000", "accounts"),
            (
                "insert into signing_keys (kid, algorithm, public_key, sealed_private_key, created_at) values ('k', 'a', 'p', 's', 1)",
                "signing_keys",
            ),
            ("delete from accounts where id = 4003199000", "accounts"),
        ] {
            let there = Place::new(kind);
            done(&mut here.copy_to(&there));
            there.sql(&[MARK, change]);
            let before = there.dump();
            let said = refusal(&mut here.copy_to(&there), WORLD);
            assert!(said.contains(&format!("the target has rows in {table} that differ")), "{said}");
            assert_eq!(there.dump(), before);
            let said = refusal(there.command().arg("serve"), WORLD);
            assert!(said.contains("not finished"), "{said}");
        }
        let foreign = Place::new(kind);
        foreign.sql(&["create table users (id bigint)"]);
        let output = finish(&mut here.copy_to(&foreign), "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(WORLD) && said.contains("belongs to another program"), "{said}");
        assert_eq!(foreign.count("select count(*) from users"), 0);
    }
}

#[test]
fn a_copy_keeps_servers_from_its_files_and_asks_for_a_source_that_is_up_to_date() {
    let (here, there) = (filled(3), Place::new(Kind::Sqlite));
    let server = here.serve(None);
    let said = refusal(&mut here.copy_to(&there), WORLD);
    assert!(said.contains(&server.id().to_string()), "it names the process: {said}");
    server.terminate();
    here.sql(&["delete from _sqlx_migrations where version = 14", "drop index attempts_by_end"]);
    assert!(refusal(&mut here.copy_to(&there), WORLD).contains("older schema"));
    done(here.command().arg("migrate"));
    here.sql(&["insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99, '', true, x'', 0)"]);
    assert!(refusal(&mut here.copy_to(&there), WORLD).contains("newer latchkey (schema 99;"));
    let missing = Place::new(Kind::Sqlite);
    assert!(refusal(&mut missing.copy_to(&there), WORLD).contains("there is no database at"));
    assert!(!there.folder.path().join("latchkey.db").exists(), "nothing was made");
}

#[test]
fn a_copy_that_cannot_be_is_refused_without_a_word_of_the_password() {
    let here = filled(1);
    for (from, to, code, expected) in [
        ("-", "-", USAGE, "FROM and TO are the same database"),
        ("-", "file.db", USAGE, "TO has an unknown kind of database"),
        ("postgres://anna:hush-canary@", "-", USAGE, "FROM names no "),
        ("mysql://anna:hush-canary@localhost:1/accounts?hush-canary=1", "-", USAGE, "FROM may have only these options"),
        (
            "-",
            "postgres://anna:hush-canary@127.0.0.1:1/accounts",
            WORLD,
            "cannot open the database postgres://127.0.0.1:1/accounts",
        ),
    ] {
        let (said, errors) = failure(here.command().args(["db", "copy", from, to]), code);
        assert!(said.is_empty() && errors.contains(expected), "{errors}");
        assert!(!errors.contains(CANARY));
    }
}
