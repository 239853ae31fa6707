//! Locks, schema, owner and permissions of the data folder and the database.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Output;

use sqlx::migrate::Migrator;
use tempfile::TempDir;

use super::{block_on, count, database, folder, refused, say};
use crate::support::binary::{WORLD, complaints, finish, latchkey, refusal, start};

#[test]
fn two_servers_with_two_data_folders_cannot_share_a_database() {
    let folder = folder();
    let shared = format!("sqlite:////{}/shared.db", folder.path().display());
    let secret = "3f6c1d0be2a94758a0c4e19b7d52f86e91c07a5d64b8e2f3175da96c08be43f2";
    let settings = [("DATABASE_URL", shared.as_str()), ("SECRET_KEY", secret)];
    let first = start(folder.path(), &settings);
    let mut second = latchkey(folder.path());
    let line = refusal(second.envs(settings).args(["--data", "other"]), WORLD);
    assert!(line.contains("the database") && line.contains("shared.db"), "{line}");
    assert!(line.contains(&format!("process {}", first.id())) && line.contains("DATABASE_URL"), "{line}");
    // A command may.
    let mut command = latchkey(folder.path());
    let output = finish(command.envs(settings).args(["--data", "other", "user", "list"]), "");
    assert!(output.status.success(), "{output:?}");
}

/// A database as a version with the first `count` migrations would have left it.
fn old_database(folder: &TempDir, count: usize) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let old = tempfile::tempdir().unwrap();
    for file in files.iter().take(count) {
        fs::copy(file, old.path().join(file.file_name().unwrap())).unwrap();
    }
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    fs::write(data.join("latchkey.db"), "").unwrap();
    fs::set_permissions(data.join("latchkey.db"), Permissions::from_mode(0o600)).unwrap();
    block_on(async {
        let mut connection = database(folder).await;
        Migrator::new(old.path()).await.unwrap().run(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}

#[test]
fn an_older_schema_is_left_to_migrate_and_serve() {
    let names = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let latest = names.iter().map(|name| name.split('_').next().unwrap().parse::<u32>().unwrap()).max().unwrap();
    let folder = folder();
    old_database(&folder, 3);
    let line = refused(&folder, "user list", WORLD);
    assert!(line.contains("older schema (3; this latchkey has") && line.contains("run: latchkey migrate"), "{line}");
    assert_eq!(count(&folder, "select count(*) from _sqlx_migrations"), 3, "it was migrated by the way");
    let said = say(&folder, "migrate");
    assert_eq!(said, format!("the database is at schema {latest}; {} migrations applied\n", names.len() - 3));
    assert!(say(&folder, "migrate").contains("nothing was to be done"));
    say(&folder, "user list");
}

#[test]
fn an_empty_database_file_is_a_new_database() {
    let folder = folder();
    say(&folder, "migrate");
    fs::write(folder.path().join("data/latchkey.db"), "").unwrap();
    assert!(refused(&folder, "user list", WORLD).contains("there is no database at"));
    say(&folder, "user add anna anna@example.com");
}

#[test]
fn a_command_in_the_wrong_place_refuses_and_makes_nothing() {
    let folder = folder();
    let file = folder.path().join("data/latchkey.db");
    for line in [
        "user list",
        "user list --json",
        "user show anna",
        "user disable anna",
        "user enable anna",
        "user grant anna admin",
        "user revoke anna admin",
        "user password anna",
        "user sign-out anna",
        "user sign-out --all",
        "user delete anna --yes",
    ] {
        let said = refused(&folder, line, WORLD);
        let words = format!("there is no database at {}; is --config or --data missing?", file.display());
        assert!(said.contains(&words), "{line} said {said:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{line} made something");
    }
    // A folder that is there stays as it is, too.
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::set_permissions(folder.path().join("data"), Permissions::from_mode(0o700)).unwrap();
    refused(&folder, "user list", WORLD);
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0);
}

#[test]
fn who_makes_a_database_says_where() {
    for line in ["user add anna anna@example.com", "user import users.jsonl --dry-run"] {
        let folder = folder();
        fs::write(folder.path().join("users.jsonl"), "{}").unwrap();
        let errors = || {
            let output = finish(latchkey(folder.path()).args(line.split(' ')), "");
            String::from_utf8(output.stderr).unwrap()
        };
        let words = format!("latchkey: made a new database: {}/data/latchkey.db\n", folder.path().display());
        let first = errors();
        assert!(first.contains(&words), "{line} said {first:?}");
        assert!(!errors().contains("made a new database"), "{line}: it was there");
    }
}

#[test]
fn a_data_folder_that_others_can_read_is_refused_by_every_command() {
    let folder = folder();
    say(&folder, "migrate");
    let data = folder.path().join("data");
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    for line in ["serve", "migrate", "user list"] {
        let said = refused(&folder, line, WORLD);
        let remedy = format!("(mode 0755); run: chmod 700 {}", data.display());
        assert!(said.contains(&remedy), "{line} said {said:?}");
    }
}

#[test]
fn files_that_others_could_read_are_made_private_with_a_warning() {
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    for (name, what) in [("latchkey.db", "the database"), ("secret_key", "the secret")] {
        let path = folder.path().join("data").join(name);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let Output { status, stderr, .. } = finish(latchkey(folder.path()).args(["user", "list"]), "");
        let warning = String::from_utf8(stderr).unwrap();
        assert!(status.success() && warning.lines().count() == 1, "{warning}");
        assert!(warning.contains(what) && warning.contains("mode 0640") && warning.contains("copied"), "{warning}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        say(&folder, "user list");
    }
}

#[test]
fn root_leaves_the_folder_and_the_database_of_another_user_alone() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = folder();
    say(&folder, "user add anna anna@example.com");
    let data = folder.path().join("data");
    for (path, what) in [
        (data.clone(), "the data folder"),
        (data.join("latchkey.db"), "the database"),
        (data.join("secret_key"), "the secret"),
    ] {
        chown(&path, Some(998), Some(998)).unwrap();
        for line in ["serve", "migrate", "user list"] {
            let said = refused(&folder, line, WORLD);
            let words = [what, "belongs to user 998", "sudo -u '#998' latchkey …", path.to_str().unwrap()];
            assert!(words.iter().all(|word| said.contains(word)), "{line} said {said:?}");
        }
        chown(&path, Some(0), Some(0)).unwrap();
    }
    say(&folder, "user list");
}

/// As a container's volume is: root's, with the service's group.
#[test]
fn a_folder_of_another_user_will_do_when_its_group_may_write_and_others_may_not_read() {
    const SERVICE: u32 = 998;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(0), Some(SERVICE)).unwrap();
    let as_service = |mode| {
        fs::set_permissions(&data, Permissions::from_mode(mode)).unwrap();
        let mut command = latchkey(folder.path());
        command.args(["user", "add", "anna", "anna@example.com"]).uid(SERVICE).gid(SERVICE);
        command
    };
    // The build's folder may be out of another user's reach.
    if latchkey(folder.path()).arg("--version").uid(SERVICE).gid(SERVICE).output().is_err() {
        return;
    }
    assert!(refusal(&mut as_service(0o775), WORLD).contains("(mode 0775); run: chmod o-rwx "));
    // Its owner is away: a folder in it will do, as the refusal says.
    let inside = data.join("latchkey");
    let words = format!(", or take a folder in it: --data {}\n", inside.display());
    assert!(refusal(&mut as_service(0o2775), WORLD).ends_with(&words));
    let output = finish(as_service(0o2775).arg("--data").arg(&inside), "");
    assert!(output.status.success(), "{output:?}");
    assert!(refusal(&mut as_service(0o750), WORLD).contains("belongs to user 0; run this as that user"));
    let output = finish(&mut as_service(0o770), "");
    assert!(output.status.success() && complaints(&output.stderr).is_empty(), "{output:?}");
    for name in ["latchkey.db", "secret_key", "set-up.lock"] {
        let metadata = fs::metadata(data.join(name)).unwrap();
        assert_eq!((metadata.uid(), metadata.mode() & 0o777), (SERVICE, 0o600), "{name}");
    }
    // Root would make files there that the service cannot open.
    fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    assert!(refused(&folder, "user list", WORLD).contains("belongs to user 998"));
}
