//! Ten thousand `Cookie` headers that no browser of ours would send (SES-7).

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::support::TestApp;

const PASSWORD: &str = "canary-Cookies-Kx7-pw";
const HEADERS: u32 = 10_000;

/// What happens to a header on its way.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index),
    Insert(Index, Vec<u8>),
    /// A part of it, once more somewhere else.
    Repeat(Index, Index, Index),
    /// Longer than is read.
    Pad,
    /// In a second header of that name.
    Split(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let odd = proptest::sample::select(vec![
        &b";"[..],
        b"; ",
        b"=",
        b"\xff",
        b"\t",
        b" ",
        b"\"",
        b",",
        b"latchkey-access=",
        b"; latchkey-access=x",
        b"latchkey-refresh=lk1.a.b.0.c; ",
    ]);
    prop_oneof![
        4 => (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        2 => at().prop_map(Change::Cut),
        2 => at().prop_map(Change::Drop),
        3 => (at(), odd).prop_map(|(at, odd)| Change::Insert(at, odd.to_vec())),
        2 => (at(), at(), at()).prop_map(|(from, to, at)| Change::Repeat(from, to, at)),
        1 => Just(Change::Pad),
        1 => at().prop_map(Change::Split),
    ]
}

fn apply(change: &Change, lines: &mut Vec<Vec<u8>>) {
    let Some(line) = lines.last_mut().filter(|line| !line.is_empty()) else { return };
    let place = |at: &Index, line: &Vec<u8>| at.index(line.len());
    match change {
        Change::Flip(at, bit) => {
            let at = place(at, line);
            line[at] ^= 1 << bit;
        }
        Change::Cut(at) => line.truncate(place(at, line)),
        Change::Drop(at) => drop(line.remove(place(at, line))),
        Change::Insert(at, odd) => drop(line.splice(place(at, line)..place(at, line), odd.iter().copied()).count()),
        Change::Repeat(from, to, at) => {
            let (from, to) = (place(from, line), place(to, line));
            let part = line[from.min(to)..=from.max(to)].to_vec();
            let at = place(at, line);
            line.splice(at..at, part);
        }
        Change::Pad => line.extend([b"; pad=".to_vec(), vec![b'x'; 9000]].concat()),
        Change::Split(at) => {
            let rest = line.split_off(place(at, line));
            lines.push(rest);
        }
    }
}

/// Whether these headers hold our cookie once, whole and readable: then they may pass.
fn is_intact(lines: &[Vec<u8>], access: &str) -> bool {
    if lines.iter().map(Vec::len).sum::<usize>() > 8192 {
        return false;
    }
    let values = lines.iter().flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        (pair[..at].trim_ascii() == b"latchkey-access").then(|| pair[at + 1..].trim_ascii().to_vec())
    });
    values.collect::<Vec<_>>() == [access.as_bytes()]
}

#[test]
fn ses_7_ten_thousand_mutated_cookies_are_nobody_unless_ours_is_whole_and_never_a_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::new());
    let access = runtime.block_on(app.register("anna", PASSWORD)).cookie("latchkey-access").unwrap();
    let whole = format!("theme=dark; latchkey-access={access}; latchkey-refresh=lk1.AAAAAAAA.AAAA.0.AAAA");
    let config = Config { cases: HEADERS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let passed = std::cell::Cell::new(0_u32);
    let outcome = runner.run(&proptest::collection::vec(change(), 1..5), |changes| {
        let mut lines = vec![whole.clone().into_bytes()];
        for change in &changes {
            apply(change, &mut lines);
        }
        let Ok(values) = lines.iter().map(|line| HeaderValue::from_bytes(line)).collect::<Result<Vec<_>, _>>() else {
            // No client can send it.
            return Ok(());
        };
        let mut request = Request::get("/").header("host", "127.0.0.1:3000").body(Body::empty()).unwrap();
        for value in values {
            request.headers_mut().append("cookie", value);
        }
        let reply = runtime.block_on(app.send_unrecorded(request));
        prop_assert_eq!(reply.status.as_u16(), 303);
        let is_somebody = reply.header("location") == "/profile";
        passed.set(passed.get() + u32::from(is_somebody));
        prop_assert_eq!(is_somebody, is_intact(&lines, &access));
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, changes)) => panic!("{why}: {changes:?}"),
        Err(other) => panic!("{other}"),
    }
    // Neither all nor none: the search looks at both sides.
    assert!((100..HEADERS - 100).contains(&passed.get()), "{} passed", passed.get());
}
