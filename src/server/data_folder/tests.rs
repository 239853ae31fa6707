//! The data folder against real files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;

use super::{DataFolder, DataFolderError};

fn mode(path: impl AsRef<std::path::Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_data_folder_is_private() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("deep/data");
    let folder = DataFolder::open(&path).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
    assert_eq!(mode(path.join("latchkey.lock")), 0o600);
}

#[test]
fn only_one_opens_a_data_folder_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let first = DataFolder::open(parent.path()).unwrap();
    let error = DataFolder::open(parent.path()).unwrap_err();
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    DataFolder::open(parent.path()).unwrap();
}

#[test]
fn the_generated_secret_is_made_once_and_kept() {
    let parent = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(parent.path()).unwrap();
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
    let parent = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(parent.path()).unwrap();
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
        let error = DataFolder::open(&place).unwrap_err().to_string();
        assert!(error.contains(place.to_str().unwrap()) && !error.contains('\n'), "{error}");
    }
}
