use super::*;
use crate::server::crypto::random_bytes;

const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
const ACCOUNT: Rule = Rule::Account { free: 10, kept: None };
const SOURCE: Rule = Rule::Window { free: 20 };

/// Fails once at `now`, if it is let through.
fn fail(rule: Rule, tally: &mut Tally, now: Timestamp) -> Result<(), Wait> {
    rule.admit(tally, now)?;
    *tally = rule.reserve(tally, now);
    Ok(())
}

#[test]
fn log_5_ten_failures_are_free_and_each_further_lock_is_twice_as_long_up_to_an_hour() {
    let (mut tally, mut now) = (Tally::default(), START);
    for _ in 0..10 {
        assert_eq!(fail(ACCOUNT, &mut tally, now), Ok(()));
    }
    for seconds in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] {
        assert_eq!(fail(ACCOUNT, &mut tally, now), Err(seconds), "at once");
        let end = now.plus_seconds(seconds.into());
        assert_eq!(fail(ACCOUNT, &mut tally, Timestamp::from_micros(end.as_micros() - 1)), Err(1), "a moment before");
        now = end;
        assert_eq!(fail(ACCOUNT, &mut tally, now), Ok(()), "to the second");
    }
}

#[test]
fn log_5_after_a_hundred_failures_nobody_passes_however_long_they_wait() {
    let (mut tally, mut now) = (Tally::default(), START);
    let mut passed = 0;
    for _ in 0..1_000 {
        passed += i32::from(fail(ACCOUNT, &mut tally, now).is_ok());
        now = now.plus_seconds(LONGEST_LOCK_SECONDS);
    }
    assert_eq!((passed, lock(&tally, now)), (100, Lock::Closed));
    assert_eq!(ACCOUNT.admit(&tally, now.plus_seconds(365 * 86_400)), Err(3600));
}

#[test]
fn a_window_takes_its_number_and_then_nothing_until_it_ends() {
    let mut tally = Tally::default();
    for second in 0..20 {
        assert_eq!(fail(SOURCE, &mut tally, START.plus_seconds(second)), Ok(()));
    }
    assert_eq!(fail(SOURCE, &mut tally, START.plus_seconds(20)), Err(580));
    assert_eq!(fail(SOURCE, &mut tally, START.plus_seconds(600)), Ok(()));
    assert_eq!(tally.failures, 1, "a new window");
}

#[test]
fn log_1_a_name_s_free_failures_are_kept_for_a_while_and_for_longer_once_they_have_locked_it() {
    let rule = Rule::Account { free: 3, kept: Some(Kept { free: 60, locked: 600 }) };
    let (mut tally, mut ends) = (Tally::default(), Vec::new());
    for _ in 0..4 {
        tally = rule.reserve(&tally, START);
        ends.push(tally.expires_at);
    }
    assert_eq!(ends, [60, 60, 600, 600].map(|seconds| START.plus_seconds(seconds)));
}

#[test]
fn what_was_not_looked_at_is_given_back_with_the_lock_that_it_made() {
    let mut tally = Tally::default();
    for _ in 0..9 {
        fail(ACCOUNT, &mut tally, START).unwrap();
    }
    let before = tally;
    let reserved = ACCOUNT.reserve(&tally, START.plus_seconds(1));
    assert!(ACCOUNT.is_last(&reserved) && ACCOUNT.admit(&reserved, START.plus_seconds(1)).is_err());
    assert_eq!(ACCOUNT.give_back(&reserved, &reserved), before);
    // Cleared in the meantime: there is nothing to give back.
    assert_eq!(ACCOUNT.give_back(&Tally::default(), &reserved), Tally::default());
    let window = SOURCE.reserve(&Tally::default(), START);
    let next = SOURCE.reserve(&window, START.plus_seconds(700));
    assert_eq!(SOURCE.give_back(&next, &window), next, "another window");
    assert!(SOURCE.give_back(&window, &window).is_empty());
}

#[test]
fn log_5_the_owner_s_sign_in_at_a_known_device_leaves_the_lock_to_the_flood() {
    let mut tally = Tally::default();
    let mut now = START;
    while tally.failures < 50 {
        let _ = fail(ACCOUNT, &mut tally, now);
        now = now.plus_seconds(LONGEST_LOCK_SECONDS);
    }
    let softened = ACCOUNT.soften(&tally);
    assert_eq!((softened.failures, softened.locked_until), (10, tally.locked_until));
    assert!(ACCOUNT.is_last(&ACCOUNT.reserve(&softened, now)), "the next failure locks at once");
}

#[test]
fn a_clock_that_steps_back_locks_for_no_longer_than_the_longest_lock() {
    let mut tally = Tally::default();
    for _ in 0..10 {
        fail(ACCOUNT, &mut tally, START).unwrap();
    }
    let yesterday = START.plus_seconds(-86_400);
    assert_eq!(fail(ACCOUNT, &mut tally, yesterday), Ok(()));
    assert_eq!(fail(ACCOUNT, &mut tally, yesterday), Err(60), "and it counted");
    let mut tally = Tally::default();
    for _ in 0..20 {
        fail(SOURCE, &mut tally, START).unwrap();
    }
    assert_eq!(fail(SOURCE, &mut tally, START.plus_seconds(-1)), Err(601), "two clocks differ a little");
    assert_eq!(fail(SOURCE, &mut tally, yesterday), Ok(()));
}

/// Ten thousand random steps of time, forward and back, with guesses given back by the way.
#[test]
fn whatever_the_clock_does_a_wait_is_bounded_and_the_failures_in_a_row_are_too() {
    for rule in [ACCOUNT, SOURCE, Rule::Account { free: 3, kept: Some(Kept { free: 60, locked: 60 }) }] {
        let (mut tally, mut now, mut failed) = (Tally::default(), START, 0_i64);
        for _ in 0..10_000 {
            let [step, luck, ..] = random_bytes::<4>().unwrap();
            now = now.plus_seconds(i64::from(step) * if luck < 64 { -60 } else { 60 });
            match rule.admit(&tally, now) {
                Err(wait) => assert!((1..=3600).contains(&wait), "{wait}"),
                Ok(()) => {
                    let reserved = rule.reserve(&tally, now);
                    assert!(!reserved.is_empty() && reserved.failures <= tally.failures + 1);
                    let is_given_back = luck % 4 == 0;
                    failed += i64::from(!is_given_back);
                    tally = if is_given_back { rule.give_back(&reserved, &reserved) } else { reserved };
                }
            }
            if let Rule::Account { .. } = rule {
                assert_eq!(tally.failures, failed);
                assert!(failed <= MOST_FAILURES);
            }
        }
    }
}
