//! `docs/assurance.md` says which test shows what: it must be whole, and true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Requirements that a release does not ship without a test of: those of sessions, tokens, keys and guesses.
const NEEDED: [(&str, u8); 8] =
    [("REF", 7), ("SES", 7), ("JWT", 7), ("OUT", 3), ("KEY", 2), ("RST", 1), ("LOG", 8), ("CFG", 2)];

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// By id, what shows the requirement.
fn rows() -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for line in text("docs/assurance.md").lines() {
        let cells: Vec<_> = line.split(" | ").map(str::trim).collect();
        let Some(id) = cells[0].strip_prefix("| ").filter(|id| is_id(id)) else { continue };
        let cell = |at: usize| cells.get(at).map_or("", |cell| cell.trim_end_matches('|').trim()).to_owned();
        let twice = rows.insert(id.to_owned(), cell(2));
        assert!(twice.is_none(), "{id} has two rows");
    }
    rows
}

fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(group, number)| {
        group.bytes().all(|byte| byte.is_ascii_uppercase()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The names of all tests: of Rust and Python as they are called, of the browser by their titles.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests", "end2end/tests"] {
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    tests
}

fn visit(folder: &Path, tests: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, tests);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                for after in text.split("#[test]").chain(text.split("#[tokio::test")).skip(1) {
                    let name = after.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
                    tests.extend(name.map(str::to_owned));
                }
            }
            Some("py") => {
                let names = text.lines().filter_map(|line| line.strip_prefix("def test_")?.split('(').next());
                tests.extend(names.map(|name| format!("test_{name}")));
            }
            Some("ts") => {
                let titles =
                    text.lines().filter_map(|line| line.trim_start().strip_prefix("test('")?.split("',").next());
                tests.extend(titles.map(str::to_owned));
            }
            _ => {}
        }
    }
}

/// `ref_2_and_ref_3_a_hundred…` shows REF-2 and REF-3: the ids that a name begins with.
fn ids_in(test: &str) -> Vec<String> {
    let mut words = test.strip_prefix("test_").unwrap_or(test).split('_').peekable();
    let mut ids = Vec::new();
    while let (Some(group), Some(number)) = (words.next(), words.next()) {
        let is_id = group.len() == 3 && group.bytes().all(|b| b.is_ascii_lowercase()) && number.parse::<u8>().is_ok();
        if !is_id {
            break;
        }
        ids.push(format!("{}-{number}", group.to_uppercase()));
        if words.next_if_eq(&"and").is_none() {
            break;
        }
    }
    ids
}

/// What stands in backticks and can be the name of a test.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).filter(|name| {
        name.matches('_').count() >= 2
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
}

#[test]
fn every_requirement_that_is_built_has_a_row_with_a_test_of_its_name() {
    let rows = rows();
    let tests = tests();
    for (group, last) in NEEDED {
        for id in (1..=last).map(|number| format!("{group}-{number}")) {
            let row = rows.get(&id).unwrap_or_else(|| panic!("{id} has no row in docs/assurance.md"));
            let own = named(row).find(|name| tests.contains(*name) && ids_in(name).contains(&id));
            assert!(own.is_some(), "no test of its row names {id}");
        }
    }
}

#[test]
fn every_test_that_a_row_names_is_there() {
    let tests = tests();
    let rows = rows();
    let missing: Vec<_> = rows
        .iter()
        .flat_map(|(id, row)| named(row).map(move |name| (id, name)))
        .filter(|(_, name)| !tests.contains(*name))
        .map(|(id, name)| format!("{id}: {name}"))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "named in docs/assurance.md, but no test is called so");
}

#[test]
fn every_test_that_names_a_requirement_stands_in_its_row() {
    let rows = rows();
    let mut missing = Vec::new();
    for test in tests() {
        for id in ids_in(&test) {
            if rows.get(&id).is_none_or(|row| !row.contains(&test)) {
                missing.push(format!("{id}: {test}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "tests that docs/assurance.md does not name");
}

#[test]
fn the_names_of_tests_are_read() {
    assert_eq!(ids_in("ref_2_and_ref_3_a_hundred_at_once"), ["REF-2", "REF-3"]);
    assert_eq!(ids_in("test_jwt_1_forged_tokens_are_refused"), ["JWT-1"]);
    assert_eq!(ids_in("api_5_a_page_has_1_to_100_accounts"), ["API-5"]);
    assert_eq!(ids_in("a_fifty_first_session_ends_the_oldest"), Vec::<String>::new());
    assert!(tests().contains("the_names_of_tests_are_read") && rows().contains_key("REF-1"));
}
