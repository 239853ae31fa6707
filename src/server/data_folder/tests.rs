//! The data folder against real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use secrecy::ExposeSecret;

use std::path::Path;
use std::time::{Duration, Instant};

use super::lock::is_still_there;
use super::{DataFolder, DataFolderError};

fn open(path: &Path) -> Result<DataFolder, DataFolderError> {
    DataFolder::open(path, Some(&path.join("latchkey.db")))
}

fn private_folder() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_data_folder_is_private() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("deep/data");
    let folder = open(&path).unwrap();
    let _serving = folder.serve().unwrap();
    let _setting_up = folder.set_up().await.unwrap();
    assert_eq!(mode(folder.path()), 0o700);
    for lock in ["latchkey.lock", "latchkey.db.lock", "set-up.lock"] {
        assert_eq!(mode(path.join(lock)), 0o600, "{lock}");
    }
}

#[test]
fn a_data_folder_that_others_can_read_is_refused_with_the_remedy() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("it's data");
    fs::create_dir(&path).unwrap();
    for refused in [0o755, 0o750, 0o710, 0o701, 0o720] {
        fs::set_permissions(&path, fs::Permissions::from_mode(refused)).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("mode {refused:04o}")), "{error}");
        let remedy = format!("run: chmod 700 '{}'", path.to_str().unwrap().replace('\'', r"'\''"));
        assert!(error.ends_with(&remedy), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    open(&path).unwrap();
}

#[test]
fn the_database_s_files_are_made_private() {
    let parent = private_folder();
    let files = ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"].map(|name| parent.path().join(name));
    for file in &files {
        fs::write(file, "").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o664)).unwrap();
    }
    open(parent.path()).unwrap();
    assert_eq!(files.map(mode), [0o600; 3]);
}

#[test]
fn only_one_serves_from_a_data_folder_at_a_time() {
    let parent = private_folder();
    let folder = open(parent.path()).unwrap();
    let first = folder.serve().unwrap();
    let error = open(parent.path()).unwrap().serve().unwrap_err().to_string();
    assert!(error.contains("data folder") && error.contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    folder.serve().unwrap();
}

#[test]
fn only_one_serves_from_a_database_at_a_time_whatever_its_name() {
    let parent = tempfile::tempdir().unwrap();
    let database = parent.path().join("shared.db");
    let link = parent.path().join("link.db");
    fs::write(&database, "").unwrap();
    symlink(&database, &link).unwrap();
    let one = DataFolder::open(&parent.path().join("one"), Some(&database)).unwrap();
    let two = DataFolder::open(&parent.path().join("two"), Some(&link)).unwrap();
    let _first = one.serve().unwrap();
    let error = two.serve().unwrap_err().to_string();
    assert!(error.contains("the database") && error.contains("shared.db"), "{error}");
    assert!(error.contains(&format!("process {}", std::process::id())) && error.contains("DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn a_lock_that_is_a_link_or_has_a_second_name_is_refused_and_what_it_leads_to_is_left_alone() {
    let parent = private_folder();
    let folder = open(parent.path()).unwrap();
    let precious = parent.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    for (name, is_served) in [("latchkey.lock", true), ("latchkey.db.lock", true), ("set-up.lock", false)] {
        let lock = parent.path().join(name);
        let take = async || if is_served { folder.serve().map(drop) } else { folder.set_up().await.map(drop) };
        let refuse = async || {
            let error = take().await.unwrap_err().to_string();
            assert!(error.contains(lock.to_str().unwrap()) && error.contains("remove it"), "{error}");
            assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{name}");
        };
        let _ = fs::remove_file(&lock);
        symlink(&precious, &lock).unwrap();
        refuse().await;
        fs::remove_file(&lock).unwrap();
        fs::hard_link(&precious, &lock).unwrap();
        refuse().await;
        fs::remove_file(&lock).unwrap();
        fs::create_dir(&lock).unwrap();
        refuse().await;
        fs::remove_dir(&lock).unwrap();
        take().await.unwrap();
    }
}

#[test]
fn a_lock_file_that_was_removed_or_replaced_is_not_the_one_at_its_path() {
    let parent = private_folder();
    let path = parent.path().join("lock");
    let file = fs::File::create(&path).unwrap();
    assert!(is_still_there(&file, &path).unwrap());
    fs::remove_file(&path).unwrap();
    assert!(!is_still_there(&file, &path).unwrap());
    fs::write(&path, "").unwrap();
    assert!(!is_still_there(&file, &path).unwrap());
}

#[test]
fn a_lock_file_of_somebody_else_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let parent = private_folder();
    let lock = parent.path().join("latchkey.lock");
    fs::write(&lock, "12").unwrap();
    std::os::unix::fs::chown(&lock, Some(998), Some(998)).unwrap();
    let error = open(parent.path()).unwrap().serve().unwrap_err();
    assert!(matches!(error, DataFolderError::NotALock(_)), "{error}");
    assert_eq!(fs::read_to_string(&lock).unwrap(), "12");
}

#[test]
fn a_database_where_others_may_write_is_refused_with_the_remedy() {
    let parent = private_folder();
    let (shared, own) = (parent.path().join("shared"), parent.path().join("own"));
    for folder in [&shared, &own] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(own.join("real.db"), "").unwrap();
    symlink(own.join("real.db"), shared.join("link.db")).unwrap();
    symlink(shared.join("elsewhere.db"), own.join("link.db")).unwrap();
    fs::write(shared.join("elsewhere.db"), "").unwrap();
    for (mode, is_refused) in [(0o1777, true), (0o702, true), (0o777, true), (0o775, false)] {
        fs::set_permissions(&shared, fs::Permissions::from_mode(mode)).unwrap();
        // Both where the link lies and where it leads to.
        for database in [shared.join("new.db"), shared.join("link.db"), own.join("link.db")] {
            let opened = DataFolder::open(&parent.path().join("data"), Some(&database));
            assert_eq!(opened.is_err(), is_refused, "{database:?} {mode:o}");
            let Err(error) = opened else { continue };
            let remedy = format!("(mode {mode:04o}); run: chmod o-w {}", shared.display());
            assert!(error.to_string().contains(&remedy), "{error}");
        }
    }
}

#[test]
fn a_database_that_is_a_link_to_nothing_is_refused() {
    let parent = private_folder();
    let link = parent.path().join("link.db");
    symlink(parent.path().join("real.db"), &link).unwrap();
    let error = DataFolder::open(&parent.path().join("data"), Some(&link)).unwrap_err().to_string();
    assert!(error.contains("link.db is a link to a file that is not there"), "{error}");
    fs::write(parent.path().join("real.db"), "").unwrap();
    DataFolder::open(&parent.path().join("data"), Some(&link)).unwrap();
}

#[tokio::test]
async fn the_set_up_is_waited_for_but_not_for_ever() {
    let parent = tempfile::tempdir().unwrap();
    let database = parent.path().join("shared.db");
    let one = DataFolder::open(&parent.path().join("one"), Some(&database)).unwrap();
    let two = DataFolder::open(&parent.path().join("two"), Some(&database)).unwrap();
    let first = one.set_up().await.unwrap();
    for other in [&one, &two] {
        let begun = Instant::now();
        let error = other.set_up_within(Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(error, DataFolderError::SettingUp(_)), "{error}");
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }
    let waiting = tokio::spawn(async move { two.set_up().await.map(drop) });
    drop(first);
    waiting.await.unwrap().unwrap();
}

#[test]
fn the_generated_secret_is_made_once_and_kept() {
    let parent = private_folder();
    let folder = open(parent.path()).unwrap();
    fs::write(parent.path().join("secret_key.new"), "left over").unwrap();
    let made = folder.secret_key(|bytes| bytes.fill(0xa5)).unwrap();
    assert_eq!(made.expose_secret(), "a5".repeat(32));
    assert_eq!(mode(parent.path().join("secret_key")), 0o600);
    assert!(!parent.path().join("secret_key.new").exists());

    let path = parent.path().join("secret_key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let read = folder.secret_key(|_| panic!("the secret was made again")).unwrap();
    assert_eq!(read.expose_secret(), made.expose_secret());
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_damaged_secret_is_refused_and_left_alone() {
    let parent = private_folder();
    let folder = open(parent.path()).unwrap();
    for content in [&b""[..], b"a5a5", &[b'g'; 64], &[b'a'; 65], &[0xff; 64]] {
        fs::write(parent.path().join("secret_key"), content).unwrap();
        let error = folder.secret_key(|_| panic!("the secret was made again")).unwrap_err();
        assert!(matches!(error, DataFolderError::DamagedSecret(_)), "{error}");
        assert_eq!(fs::read(parent.path().join("secret_key")).unwrap(), content);
    }
}

#[test]
fn a_place_that_cannot_be_a_data_folder_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("below"), "/proc/latchkey".into()] {
        let error = open(&place).unwrap_err().to_string();
        assert!(error.contains(place.to_str().unwrap()) && !error.contains('\n'), "{error}");
    }
}
