//! The catalogue of texts, read from the tree: a text that lacks a language does not compile, so that two things are left to look for,
//! one that nobody shows and one that was not translated.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
}

fn is_of_catalogue(path: &Path) -> bool {
    path.starts_with(root().join("domain/text")) || path == root().join("domain/text.rs")
}

/// The names of the constants, with the module that they stand in: `sign_in::TITLE`.
fn names(catalogue: &str, file: &str) -> Vec<String> {
    let mut module = file.to_owned();
    let mut names = Vec::new();
    for line in catalogue.lines() {
        if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(" {")) {
            module = name.to_owned();
        } else if line == "}" {
            module = file.to_owned();
        }
        if let Some((name, kind)) = line.trim_start().strip_prefix("pub const ").and_then(|rest| rest.split_once(':'))
            && kind.trim_start().starts_with("Text")
        {
            names.push(format!("{module}::{name}"));
        }
    }
    names
}

/// Every `Text("…", "…")`: what it says in English and in Russian.
fn pairs(catalogue: &str) -> Vec<(String, String)> {
    let literal = |text: &str| -> Option<(String, usize)> {
        let begin = text.find('"')? + 1;
        let rest = text.get(begin..)?;
        let end = rest.char_indices().find(|(at, c)| *c == '"' && !rest[..*at].ends_with('\\'))?.0;
        Some((rest[..end].to_owned(), begin + end + 1))
    };
    let texts = catalogue.match_indices("Text(").map(|(at, begin)| &catalogue[at + begin.len()..]);
    let pair = |text: &str| {
        let (english, end) = literal(text)?;
        Some((english, literal(&text[end..])?.0))
    };
    texts.filter(|text| text.trim_start().starts_with('"')).filter_map(pair).collect()
}

fn is_translated(english: &str, russian: &str) -> bool {
    let is_cyrillic = |c: char| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c)) || c == 'ё';
    english != russian && russian.chars().any(is_cyrillic) && !english.chars().any(is_cyrillic)
}

/// Whether the text is named outside of the catalogue, or put together with others inside.
fn is_shown(name: &str, outside: &str, inside: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let names = |text: &str, name: &str| text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..]));
    let (module, short) = name.split_once("::").unwrap();
    let is_top = ["screens", "text"].contains(&module);
    let used_inside = ["END", "MONTHS"].contains(&short) && inside.contains(&format!("{short}.say"));
    names(outside, &format!("text::{name}")) || (is_top && names(outside, &format!("text::{short}"))) || used_inside
}

#[test]
fn every_text_is_shown_somewhere() {
    let mut files = Vec::new();
    rust_files(&root(), &mut files);
    let shown: String = files.iter().filter(|(path, _)| !is_of_catalogue(path)).map(|(_, text)| &**text).collect();
    let inside: String = files.iter().filter(|(path, _)| is_of_catalogue(path)).map(|(_, text)| &**text).collect();
    let mut looked_at = 0;
    for (path, text) in files.iter().filter(|(path, _)| is_of_catalogue(path)) {
        for name in names(text, path.file_stem().unwrap().to_str().unwrap()) {
            looked_at += 1;
            assert!(is_shown(&name, &shown, &inside), "{name} is shown nowhere: take it out");
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn every_text_is_translated() {
    let mut files = Vec::new();
    rust_files(&root(), &mut files);
    let catalogue = files.iter().filter(|(path, _)| is_of_catalogue(path));
    let pairs: Vec<_> = catalogue.flat_map(|(_, text)| pairs(text)).collect();
    for (english, russian) in &pairs {
        assert!(is_translated(english, russian), "{english:?} is {russian:?} in Russian");
    }
    assert!(pairs.len() > 200, "{}", pairs.len());
}

#[test]
fn what_the_tests_above_look_for_they_would_find() {
    let bad = "pub mod a {\n    pub const B: Text = Text(\"Say \\\"yes\\\".\", \"Say.\");\n}\npub const C: Text =\n    Text(\"x\", \"икс\");\n";
    assert_eq!(names(bad, "file"), ["a::B", "file::C"]);
    let found = pairs(bad);
    assert_eq!(found, [("Say \\\"yes\\\".".to_owned(), "Say.".to_owned()), ("x".to_owned(), "икс".to_owned())]);
    assert!(!is_translated(&found[0].0, &found[0].1));
    assert!(is_translated(&found[1].0, &found[1].1));
    assert!(!is_translated("да", "да"));
    assert!(is_shown("a::B", "say(text::a::B)", ""));
    for nowhere in ["say(text::a::B_TITLE)", "say(text::c::B)", "say(text::B)"] {
        assert!(!is_shown("a::B", nowhere, "B.say"), "{nowhere}");
    }
}
