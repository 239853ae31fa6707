//! Hashing, verifying and taking over hashes.

use super::*;
use crate::domain::PasswordPolicy;

fn hasher(memory_kib: u32, iterations: u32) -> PasswordHasher {
    PasswordHasher::new(HashingSettings { memory_kib, iterations, permits: 2 }).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

async fn hashed(hasher: &PasswordHasher, text: &str) -> StoredHash {
    let new = NewPassword::parse(password(text), PasswordPolicy { min_length: 1 }).unwrap();
    hasher.hash(&new).await.unwrap()
}

async fn rehash_of(hasher: &PasswordHasher, stored: &StoredHash, text: &str) -> Option<StoredHash> {
    match hasher.verify(Some(stored.clone()), password(text)).await.unwrap() {
        Verdict::Right { rehash } => rehash,
        Verdict::Wrong => panic!("the right password was refused"),
    }
}

#[tokio::test]
async fn pwd_4_a_hash_is_argon2id_with_a_salt_of_its_own() {
    let hasher = hasher(19_456, 2);
    let (first, second) = (hashed(&hasher, "secret").await, hashed(&hasher, "secret").await);
    assert!(first.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.expose());
    assert_ne!(first, second);
    assert!(rehash_of(&hasher, &first, "secret").await.is_none());
    let wrong = hasher.verify(Some(first), password("Secret")).await.unwrap();
    assert!(matches!(wrong, Verdict::Wrong));
}

#[tokio::test]
async fn a_standard_library_reads_our_hashes() {
    use argon2::password_hash::PasswordVerifier as _;
    let stored = hashed(&hasher(64, 1), "secret").await;
    assert!(Argon2::default().verify_password(b"secret", stored.expose()).is_ok());
}

#[tokio::test]
async fn nobody_has_the_stand_in_password() {
    let verdict = hasher(64, 1).verify(None, password("anything")).await.unwrap();
    assert!(matches!(verdict, Verdict::Wrong));
}

#[tokio::test]
async fn a_cheaper_hash_is_replaced_and_a_dearer_one_kept() {
    let cheap = hashed(&hasher(64, 1), "secret").await;
    let replaced = rehash_of(&hasher(128, 2), &cheap, "secret").await.unwrap();
    assert!(replaced.expose().contains("m=128,t=2"));
    assert!(rehash_of(&hasher(64, 1), &replaced, "secret").await.is_none());
}

#[tokio::test]
async fn a_bcrypt_hash_of_passlib_is_verified_and_replaced() {
    // Made by passlib 1.7.4: `bcrypt.using(rounds=4).hash("password123")`.
    let bcrypt = "$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC";
    let bcrypt = StoredHash::from_stored(bcrypt.to_owned());
    let hasher = hasher(64, 1);
    let replaced = rehash_of(&hasher, &bcrypt, "password123").await.unwrap();
    assert!(replaced.expose().starts_with("$argon2id$"));
    let wrong = hasher.verify(Some(bcrypt), password("password124")).await.unwrap();
    assert!(matches!(wrong, Verdict::Wrong));
}

#[tokio::test]
async fn a_stored_hash_that_would_exhaust_the_server_is_not_computed() {
    let hasher = hasher(64, 1);
    for costly in [
        "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2id$v=19$m=64,t=4000000,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2i$v=16$m=64,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=16,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "plain",
        "!",
        "",
    ] {
        let stored = StoredHash::from_stored(costly.to_owned());
        let refused = verify_with(&mut vec![Block::new(); 64], &stored, b"x");
        assert!(matches!(refused, Err(PasswordHasherError::Failed(_))), "{costly}");
        let verdict = hasher.verify(Some(stored), password("x")).await.unwrap();
        assert!(matches!(verdict, Verdict::Wrong), "LOG-1: {costly}");
    }
}

#[tokio::test]
async fn avl_1_a_full_queue_is_refused_at_once() {
    let hasher = hasher(64, 1);
    let held = Arc::clone(&hasher.queue).acquire_many_owned(2 * 64).await.unwrap();
    let refused = hasher.verify(None, password("x")).await;
    assert!(matches!(refused, Err(PasswordHasherError::Busy)));
    drop(held);
    assert!(hasher.verify(None, password("x")).await.is_ok());
}

#[tokio::test]
async fn arenas_are_used_again_and_never_more_than_the_permits() {
    let hasher = hasher(64, 1);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(None, password("x")).await.map(drop) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(hasher.arenas.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn pwd_4_every_kind_of_argon2_is_verified_and_replaced_by_argon2id() {
    // Made by argon2-cffi 25.1.0: `hash_secret(b"password123", b"saltsaltsaltsalt", 1, 64, 1, 16, TYPE)`.
    for foreign in [
        "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zx7ryAchBrw2kQDg6s2m1Q",
        "$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$roWP2KmU799AIUWZ4bQRcA",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$NM53St3XC9t+KDRNK2oiVg",
    ] {
        let stored = StoredHash::parse_foreign(foreign).unwrap();
        let hasher = hasher(128, 1);
        let replaced = rehash_of(&hasher, &stored, "password123").await.unwrap();
        assert!(replaced.expose().starts_with("$argon2id$v=19$m=128,t=1,p=1$"), "{foreign}");
        let wrong = hasher.verify(Some(stored), password("password124")).await.unwrap();
        assert!(matches!(wrong, Verdict::Wrong), "{foreign}");
    }
    let no_weaker =
        StoredHash::parse_foreign("$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zx7ryAchBrw2kQDg6s2m1Q").unwrap();
    assert!(rehash_of(&hasher(64, 1), &no_weaker, "password123").await.is_some(), "argon2i is replaced at any cost");
}

#[tokio::test]
async fn a_long_password_signs_in_as_bcrypt_knew_it_and_counts_in_full_from_then_on() {
    // Made by bcrypt 4.0.1: `hashpw(b"x" * 80, gensalt(4))`; that library looks at 72 bytes.
    let stored = StoredHash::parse_foreign("$2b$04$AF.ewxzevS7pHn5oJs6sYez0cqW1zTUDtQLYVjsrK.Vu8lyy0OjTK").unwrap();
    let hasher = hasher(64, 1);
    let long = "x".repeat(80);
    let replaced = rehash_of(&hasher, &stored, &long).await.unwrap();
    let cut = hasher.verify(Some(replaced.clone()), password(&long[..79])).await.unwrap();
    assert!(matches!(cut, Verdict::Wrong), "the new hash covers all of the password");
    assert!(rehash_of(&hasher, &replaced, &long).await.is_none());
}

#[test]
fn only_foreign_hashes_that_can_be_verified_are_taken_over() {
    let bcrypt = "$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC";
    let argon2 = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    for (text, family) in [
        (bcrypt.to_owned(), HashFamily::Bcrypt),
        (bcrypt.replace("$2b$", "$2a$"), HashFamily::Bcrypt),
        (bcrypt.replace("$2b$", "$2y$"), HashFamily::Bcrypt),
        (bcrypt.replace("$04$", "$15$"), HashFamily::Bcrypt),
        (argon2.to_owned(), HashFamily::Argon2),
        (argon2.replace("m=65536,t=3,p=4", "m=1048576,t=16,p=8"), HashFamily::Argon2),
    ] {
        assert_eq!(StoredHash::parse_foreign(&text).map(|hash| hash.family()), Ok(Some(family)), "{text}");
    }
    let (unknown, malformed, too_costly) =
        (ForeignHashError::Unknown, ForeignHashError::Malformed, ForeignHashError::TooCostly);
    for (text, error) in [
        (String::new(), unknown),
        ("!".to_owned(), unknown),
        ("password123".to_owned(), unknown),
        ("$5$rounds=5000$salt$hash".to_owned(), unknown),
        (bcrypt.replace("$2b$", "$2x$"), unknown),
        (bcrypt[..59].to_owned(), malformed),
        (format!("{bcrypt}x"), malformed),
        (bcrypt.replace("o5xI", "o5x!"), malformed),
        (bcrypt.replace("$04$", "$03$"), malformed),
        (bcrypt.replace("$04$", "$+4$"), malformed),
        (bcrypt.replace("$04$", "$16$"), too_costly),
        (argon2.replace("v=19", "v=16"), malformed),
        (argon2.replace("$v=19", ""), malformed),
        (argon2.replace("$aGFzaGhhc2hoYXNoaGFzaA", ""), malformed),
        (argon2.replace("c2FsdHNhbHRzYWx0", "c2Fsd"), malformed),
        (argon2.replace("t=3", "t=0"), malformed),
        (argon2.replace("m=65536", "m=1048577"), too_costly),
        (argon2.replace("t=3", "t=17"), too_costly),
        (argon2.replace("p=4", "p=9"), too_costly),
    ] {
        assert_eq!(StoredHash::parse_foreign(&text), Err(error), "{text}");
    }
}
