//! Hashing, verifying and taking over hashes.

use super::*;
use crate::domain::PasswordPolicy;

/// Made by passlib 1.7.4: `bcrypt.using(rounds=4).hash("password123")`.
const BCRYPT: &str = "$2b$04$o5xIuDQT0M89.vUznDypSu0c5aK6e2e/Av.nQQC.Lv4PICshruOuC";
/// Of the form of an Argon2id hash; nobody's.
const ARGON2: &str = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";

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
async fn log_2_a_hash_of_any_other_cost_is_replaced_by_one_of_today_s() {
    // Kept, a dearer one would tell its account by its time for good, and wait in the queue of dear ones for good.
    for (old, today) in [((64, 1), (128, 2)), ((128, 2), (64, 1)), ((64, 2), (128, 1)), ((128, 1), (64, 2))] {
        let stored = hashed(&hasher(old.0, old.1), "secret").await;
        let today_s = hasher(today.0, today.1);
        let replaced = rehash_of(&today_s, &stored, "secret").await.unwrap();
        assert!(replaced.expose().contains(&format!("$m={},t={},p=1$", today.0, today.1)), "{old:?}");
        assert!(rehash_of(&today_s, &replaced, "secret").await.is_none(), "{today:?}");
    }
}

#[tokio::test]
async fn avl_1_dear_hashes_keep_each_other_waiting_and_nobody_else() {
    let hasher = PasswordHasher::new(HashingSettings { memory_kib: 64, iterations: 1, permits: 1 }).unwrap();
    let (dear, ordinary) = (hashed(&self::hasher(1024, 2), "secret").await, hashed(&hasher, "secret").await);
    let bcrypt = StoredHash::from_stored(BCRYPT.to_owned());
    // As somebody does who guesses at a dear account all the time.
    let held = Arc::clone(&hasher.dear.permits).acquire_owned().await.unwrap();
    let waiting = [(&dear, "secret"), (&bcrypt, "password123")].map(|(stored, text)| {
        let (hasher, stored) = (hasher.clone(), stored.clone());
        tokio::spawn(async move { hasher.verify(Some(stored), password(text)).await })
    });
    assert!(rehash_of(&hasher, &ordinary, "secret").await.is_none(), "others sign in");
    assert!(matches!(hasher.verify(None, password("x")).await, Ok(Verdict::Wrong)));
    assert!(waiting.iter().all(|task| !task.is_finished()), "there is one permit for all dear ones");
    drop(held);
    for task in waiting {
        assert!(matches!(task.await.unwrap(), Ok(Verdict::Right { rehash: Some(_) })));
    }
    let places = Arc::clone(&hasher.dear.queue).acquire_many_owned(u32::try_from(DEAR_QUEUE).unwrap()).await.unwrap();
    let refused = hasher.verify(Some(dear.clone()), password("secret")).await;
    assert!(matches!(refused, Err(PasswordHasherError::Busy)), "its queue is bounded");
    assert!(rehash_of(&hasher, &ordinary, "secret").await.is_none(), "the others have a queue of their own");
    drop(places);
    // And the other way round: a dear one takes no permit from the others, and leaves no memory behind.
    let held = Arc::clone(&hasher.ordinary.permits).acquire_owned().await.unwrap();
    assert!(rehash_of(&hasher, &dear, "secret").await.is_some());
    drop(held);
    let arenas = hasher.ordinary.arenas.as_ref().unwrap().lock().unwrap();
    assert_eq!(arenas.iter().map(Vec::len).collect::<Vec<_>>(), [64]);
}

#[tokio::test]
async fn avl_1_who_guesses_at_one_dear_account_holds_up_no_other() {
    let hasher = PasswordHasher::new(HashingSettings { memory_kib: 64, iterations: 1, permits: 1 }).unwrap();
    let own = self::hasher(1024, 2);
    let (guessed_at, other) = (hashed(&own, "secret").await, hashed(&own, "secret").await);
    let held = Arc::clone(&hasher.dear.permits).acquire_owned().await.unwrap();
    let verify = |stored: &StoredHash| {
        let (hasher, stored) = (hasher.clone(), stored.clone());
        tokio::spawn(async move { hasher.verify(Some(stored), password("secret")).await })
    };
    let first = verify(&guessed_at);
    while hasher.dear.queue.available_permits() == DEAR_QUEUE {
        tokio::task::yield_now().await;
    }
    let more: Vec<_> = (0..2 * DEAR_QUEUE).map(|_| verify(&guessed_at)).collect();
    let second = verify(&other);
    while hasher.dear.queue.available_permits() > DEAR_QUEUE - 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.dear.queue.available_permits(), DEAR_QUEUE - 2, "a place for each account");
    drop(held);
    for task in [first, second].into_iter().chain(more) {
        assert!(matches!(task.await.unwrap(), Ok(Verdict::Right { .. })));
    }
}

#[test]
fn avl_1_what_costs_more_than_today_s_hashes_is_dear() {
    let own = Params::new(19_456, 2, 1, None).unwrap();
    let is_dear = |text: &str| Verifiable::read(text, &Bounds::STORED).unwrap().is_dearer_than(&own);
    for (cost, expected) in [
        ("m=19456,t=2,p=1", false),
        ("m=19456,t=2,p=4", false),
        ("m=9728,t=4,p=1", false),
        ("m=19456,t=3,p=1", true),
        ("m=19457,t=1,p=1", true),
        ("m=9728,t=5,p=1", true),
        ("m=1048576,t=16,p=8", true),
    ] {
        assert_eq!(is_dear(&ARGON2.replace("m=65536,t=3,p=4", cost)), expected, "{cost}");
    }
    for (cost, expected) in [("$04$", false), ("$07$", false), ("$08$", true), ("$13$", true)] {
        assert_eq!(is_dear(&BCRYPT.replace("$04$", cost)), expected, "{cost}");
    }
}

#[test]
fn a_hash_of_the_highest_setting_is_still_verified_and_no_foreign_one_like_it_is_taken_over() {
    let highest = ARGON2.replace("m=65536,t=3,p=4", "m=1048576,t=16,p=1");
    assert!(Verifiable::read(&highest, &Bounds::STORED).is_ok());
    let too_costly = ForeignHashError::TooCostly { memory_kib: 131_072, work: 311_296 };
    assert_eq!(hasher(19_456, 2).take_over(&highest), Err(too_costly));
    // Where ours are dearer than the bounds of an import, others may be as dear as ours.
    let own = Params::new(1_048_576, 3, 1, None).unwrap();
    let like_ours = |cost| Verifiable::read(&ARGON2.replace("m=65536,t=3,p=4", cost), &Bounds::of_import(&own)).is_ok();
    assert!(like_ours("m=1048576,t=3,p=1") && like_ours("m=524288,t=6,p=4") && !like_ours("m=1048576,t=4,p=1"));
}

#[tokio::test]
async fn a_bcrypt_hash_of_passlib_is_verified_and_replaced() {
    let bcrypt = StoredHash::from_stored(BCRYPT.to_owned());
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
        "$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2id$v=19$m=64,t=17,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2id$v=19$m=128,t=1,p=9$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "plain",
        "!",
        "",
    ] {
        let stored = StoredHash::from_stored(costly.to_owned());
        assert!(Verifiable::read(costly, &Bounds::STORED).is_err(), "{costly}");
        let no_dear_one = Arc::clone(&hasher.dear.permits).acquire_owned().await.unwrap();
        let verdict = hasher.verify(Some(stored), password("x")).await.unwrap();
        assert!(matches!(verdict, Verdict::Wrong), "LOG-1, LOG-2, as for nobody: {costly}");
        drop(no_dear_one);
    }
}

#[tokio::test]
async fn avl_1_a_full_queue_is_refused_at_once() {
    let hasher = hasher(64, 1);
    let held = Arc::clone(&hasher.ordinary.queue).acquire_many_owned(2 * 64).await.unwrap();
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
    assert_eq!(hasher.ordinary.arenas.as_ref().unwrap().lock().unwrap().len(), 2);
}

#[tokio::test]
async fn pwd_4_every_kind_of_argon2_is_verified_and_replaced_by_argon2id() {
    // Made by argon2-cffi 25.1.0: `hash_secret(b"password123", b"saltsaltsaltsalt", 1, 64, 1, 16, TYPE)`.
    for foreign in [
        "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zx7ryAchBrw2kQDg6s2m1Q",
        "$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$roWP2KmU799AIUWZ4bQRcA",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$NM53St3XC9t+KDRNK2oiVg",
    ] {
        let hasher = hasher(128, 1);
        let stored = hasher.take_over(foreign).unwrap();
        let replaced = rehash_of(&hasher, &stored, "password123").await.unwrap();
        assert!(replaced.expose().starts_with("$argon2id$v=19$m=128,t=1,p=1$"), "{foreign}");
        let wrong = hasher.verify(Some(stored), password("password124")).await.unwrap();
        assert!(matches!(wrong, Verdict::Wrong), "{foreign}");
    }
    let hasher = hasher(64, 1);
    let no_weaker =
        hasher.take_over("$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zx7ryAchBrw2kQDg6s2m1Q").unwrap();
    assert!(rehash_of(&hasher, &no_weaker, "password123").await.is_some(), "argon2i is replaced at any cost");
}

#[tokio::test]
async fn a_long_password_signs_in_as_bcrypt_knew_it_and_counts_in_full_from_then_on() {
    // Made by bcrypt 4.0.1: `hashpw(b"x" * 80, gensalt(4))`; that library looks at 72 bytes.
    let hasher = hasher(64, 1);
    let stored = hasher.take_over("$2b$04$AF.ewxzevS7pHn5oJs6sYez0cqW1zTUDtQLYVjsrK.Vu8lyy0OjTK").unwrap();
    let long = "x".repeat(80);
    let replaced = rehash_of(&hasher, &stored, &long).await.unwrap();
    let cut = hasher.verify(Some(replaced.clone()), password(&long[..79])).await.unwrap();
    assert!(matches!(cut, Verdict::Wrong), "the new hash covers all of the password");
    assert!(rehash_of(&hasher, &replaced, &long).await.is_none());
}

#[test]
fn only_foreign_hashes_that_can_be_verified_are_taken_over() {
    let (hasher, bcrypt, argon2) = (hasher(19_456, 2), BCRYPT, ARGON2);
    for (text, family) in [
        (bcrypt.to_owned(), HashFamily::Bcrypt),
        (bcrypt.replace("$2b$", "$2a$"), HashFamily::Bcrypt),
        (bcrypt.replace("$2b$", "$2y$"), HashFamily::Bcrypt),
        (bcrypt.replace("$04$", "$13$"), HashFamily::Bcrypt),
        (argon2.to_owned(), HashFamily::Argon2),
        // The defaults of PHP, of Django, of older passlib, and the dearest there is.
        (argon2.replace("m=65536,t=3,p=4", "m=65536,t=4,p=1"), HashFamily::Argon2),
        (argon2.replace("m=65536,t=3,p=4", "m=102400,t=2,p=8"), HashFamily::Argon2),
        (argon2.replace("m=65536,t=3,p=4", "m=131072,t=2,p=8"), HashFamily::Argon2),
        (argon2.replace("m=65536,t=3,p=4", "m=19456,t=16,p=1"), HashFamily::Argon2),
    ] {
        assert_eq!(hasher.take_over(&text).map(|hash| hash.family()), Ok(Some(family)), "{text}");
    }
    let (unknown, malformed) = (ForeignHashError::Unknown, ForeignHashError::Malformed);
    let too_costly = ForeignHashError::TooCostly { memory_kib: 131_072, work: 311_296 };
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
        (bcrypt.replace("$04$", "$14$"), too_costly),
        (argon2.replace("v=19", "v=16"), malformed),
        (argon2.replace("$v=19", ""), malformed),
        (argon2.replace("$aGFzaGhhc2hoYXNoaGFzaA", ""), malformed),
        (argon2.replace("c2FsdHNhbHRzYWx0", "c2Fsd"), malformed),
        (argon2.replace("t=3", "t=0"), malformed),
        (argon2.replace("m=65536,t=3", "m=131073,t=1"), too_costly),
        (argon2.replace("t=3", "t=5"), too_costly),
        (argon2.replace("m=65536,t=3", "m=64,t=17"), too_costly),
        (argon2.replace("m=65536,t=3", "m=1048576,t=16"), too_costly),
        (argon2.replace("p=4", "p=9"), too_costly),
    ] {
        assert_eq!(hasher.take_over(&text), Err(error), "{text}");
    }
}
