//! The house rules of DESIGN.md, kept by reading the tree and not by memory.
//!
//! A rule is a plain function from files to findings. Two tests stand under each: the project keeps the rule, and a
//! small bad example is refused at exactly the right lines. So a rule that has gone blind is noticed: by its bad
//! example, or because it looked at fewer places than the project is known to have.
//!
//! From the top: how a file is read, how Rust is taken apart, then the rules in the order of DESIGN.md. The reader is
//! rough on purpose. Where it is in doubt it looks away; clippy and the compiler see the rest.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

// ---- Files ----------------------------------------------------------------------------------------------------------

/// One file. Its path starts at the project's root.
struct Source {
    path: String,
    text: String,
    /// The text at the same offsets, with comments, strings and test modules blanked: words about code are not code.
    code: String,
    /// The strings that were blanked in `code`, test modules aside.
    strings: Vec<Text>,
}

/// A string literal as it is written, escapes and all.
struct Text {
    at: usize,
    value: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let (code, strings) = match path {
            _ if is_test_module(path) => (blank(text), Vec::new()),
            _ if path.ends_with(".rs") => without_test_modules(mask(text)),
            _ => (text.to_owned(), Vec::new()),
        };
        Self { path: path.to_owned(), text: text.to_owned(), code, strings }
    }

    fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn is_rust_of(&self, folder: &str) -> bool {
        self.is_in(folder) && self.path.ends_with(".rs")
    }

    /// `file:line: what is wrong and what to do`
    fn fault(&self, at: usize, what: &str) -> String {
        let line = self.text[..at].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }

    fn strings_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Text> {
        self.strings.iter().filter(|text| range.contains(&text.at))
    }
}

fn is_test_module(path: &str) -> bool {
    path.starts_with("src/") && (path.contains("/tests/") || path.ends_with("/tests.rs"))
}

/// All files that a rule asks about, but this one, which is full of bad examples.
static PROJECT: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for name in ["Cargo.toml", "README.md", "clippy.toml", "migrations", "src", "tests"] {
        collect(root, &root.join(name), &mut files);
    }
    files
});

fn collect(root: &Path, path: &Path, files: &mut Vec<Source>) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().for_each(|path| collect(root, path, files));
        return;
    }
    let name = path.strip_prefix(root).unwrap().to_str().unwrap();
    if name == "tests/house_rules.rs" {
        return;
    }
    // A file that is missing or not text is missed by the rules that need it.
    if let Ok(text) = fs::read_to_string(path) {
        files.push(Source::new(name, &text));
    }
}

// ---- Rules ----------------------------------------------------------------------------------------------------------

type Rule = fn(&[Source]) -> Findings;

/// What a rule found: how many places it looked at, and what it refuses.
#[derive(Default)]
struct Findings {
    looked_at: usize,
    faults: Vec<String>,
}

impl Findings {
    fn look(&mut self, is_fine: bool, source: &Source, at: usize, what: &str) {
        self.looked_at += 1;
        if !is_fine {
            self.faults.push(source.fault(at, what));
        }
    }
}

/// The project keeps `rule`, which has at least `least` places to look at.
#[track_caller]
fn kept(rule: Rule, least: usize) {
    let found = rule(&PROJECT);
    let looked_at = found.looked_at;
    assert!(found.faults.is_empty(), "\n{}\n", found.faults.join("\n"));
    assert!(looked_at >= least, "looked at {looked_at} places, not {least}: has what the rule reads moved?");
}

/// `rule` refuses the example at these lines (`file:line`) and nowhere else.
#[track_caller]
fn refused(rule: Rule, example: &[(&str, &str)], at: &[&str]) {
    let files: Vec<_> = example.iter().map(|(path, text)| Source::new(path, text)).collect();
    let faults = rule(&files).faults;
    let places: Vec<_> = faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(places, at, "{faults:#?}");
}

/// None of `patterns` stands in the code of `files`.
fn forbid<'a>(files: impl Iterator<Item = &'a Source>, patterns: &[&str], what: &str) -> Findings {
    let mut found = Findings { looked_at: 0, faults: Vec::new() };
    for file in files {
        found.looked_at += 1;
        for pattern in patterns {
            let places = places(&file.code, pattern);
            found.faults.extend(places.iter().map(|at| file.fault(*at, &format!("`{pattern}`: {what}"))));
        }
    }
    found
}

fn file<'a>(files: &'a [Source], path: &str) -> Option<&'a Source> {
    files.iter().find(|file| file.path == path)
}

fn missing(path: &str) -> Findings {
    Findings { looked_at: 0, faults: vec![format!("{path}:1: this file is missing; the rule reads it")] }
}

// ---- Rust, roughly --------------------------------------------------------------------------------------------------

/// A stretch of text that is no code.
enum Opaque {
    Comment(usize),
    Character(usize),
    String { length: usize, value: Range<usize> },
}

/// Blanks what is no code, and collects the strings.
fn mask(text: &str) -> (String, Vec<Text>) {
    let (mut code, mut strings) = (String::new(), Vec::new());
    while let Some(next) = text[code.len()..].chars().next() {
        let at = code.len();
        let length = match opaque(&text[at..], code.ends_with(is_word)) {
            None => {
                code.push(next);
                continue;
            }
            Some(Opaque::Comment(length) | Opaque::Character(length)) => length,
            Some(Opaque::String { length, value }) => {
                strings.push(Text { at, value: text[at..][value].to_owned() });
                length
            }
        };
        code.push_str(&blank(&text[at..at + length]));
    }
    (code, strings)
}

/// Spaces of the same length in bytes, with the same line breaks.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn opaque(rest: &str, in_word: bool) -> Option<Opaque> {
    if rest.starts_with("//") {
        return Some(Opaque::Comment(rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some(Opaque::Comment(rest.find("*/").map_or(rest.len(), |end| end + 2)));
    }
    match rest.chars().next()? {
        'b' | 'r' if !in_word => raw_string(rest),
        '"' => string(rest),
        '\'' => character(rest),
        _ => None,
    }
}

/// `r"…"`, `r#"…"#`, `br"…"`; but not `r#type`.
fn raw_string(rest: &str) -> Option<Opaque> {
    let marks = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    let begin = rest.len() - marks.len() + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let body = marks[hashes..].strip_prefix('"')?;
    let end = begin + body.find(&close)?;
    Some(Opaque::String { length: end + close.len(), value: begin..end })
}

fn string(rest: &str) -> Option<Opaque> {
    let end = unescaped(rest, '"')?;
    Some(Opaque::String { length: end + 1, value: 1..end })
}

/// `'x'` and `'\n'`; but not the lifetime `'a`.
fn character(rest: &str) -> Option<Opaque> {
    let second = rest.chars().nth(1)?;
    let end = unescaped(rest, '\'')?;
    (second == '\\' || end == 1 + second.len_utf8()).then_some(Opaque::Character(end + 1))
}

/// Where `quote`, with which `rest` begins, closes.
fn unescaped(rest: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    rest.char_indices().skip(1).find_map(|(at, character)| {
        let closes = character == quote && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        closes.then_some(at)
    })
}

fn without_test_modules((mut code, mut strings): (String, Vec<Text>)) -> (String, Vec<Text>) {
    while let Some(at) = code.find("#[cfg(test)]") {
        let opens = code[at..].find(['{', ';']).map_or(code.len() - 1, |length| at + length);
        let end = if code[opens..].starts_with('{') { group_end(&code, opens) } else { opens };
        code.replace_range(at..end, &blank(&code[at..end]));
        strings.retain(|text| !(at..end).contains(&text.at));
    }
    (code, strings)
}

/// Behind the bracket that closes the one at `open`.
fn group_end(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, character) in code[open..].char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}

/// Where `pattern` stands, not as part of a longer word.
fn places(code: &str, pattern: &str) -> Vec<usize> {
    let found = code.match_indices(pattern).map(|(at, _)| at);
    let is_whole = |at: &usize| {
        let begins = !pattern.starts_with(is_word) || !code[..*at].ends_with(is_word);
        begins && (!pattern.ends_with(is_word) || !code[at + pattern.len()..].starts_with(is_word))
    };
    found.filter(is_whole).collect()
}

fn word_at(code: &str) -> &str {
    code.split(|character| !is_word(character)).next().unwrap_or_default()
}

struct Function<'a> {
    at: usize,
    name: &'a str,
    /// `pub`, without brackets behind it.
    is_public: bool,
    is_async: bool,
    parameters: Vec<&'a str>,
    returns: &'a str,
    /// With its braces.
    body: Range<usize>,
}

fn functions(code: &str) -> Vec<Function<'_>> {
    places(code, "fn ").into_iter().filter_map(|at| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function<'_>> {
    let name = word_at(&code[at + 3..]);
    let generics = at + 3 + name.len();
    let open = generics + top_level(&code[generics..], '(').next()?;
    let close = group_end(code, open);
    let body = close + code[close..].find(['{', ';'])?;
    let lead = code[..at].rsplit('\n').next().unwrap_or_default();
    let inner = &code[open + 1..close - 1];
    let mut parameters = Vec::new();
    let mut begin = 0;
    for end in top_level(inner, ',').chain([inner.len()]) {
        parameters.push(inner[begin..end].trim());
        begin = inner.len().min(end + 1);
    }
    parameters.retain(|parameter| !parameter.is_empty());
    Some(Function {
        at,
        name,
        is_public: !places(lead, "pub").is_empty() && !lead.contains("pub("),
        is_async: !places(lead, "async").is_empty(),
        parameters,
        returns: code[close..body].trim().trim_start_matches("->").trim(),
        body: body..group_end(code, body),
    })
}

/// Where `wanted` stands outside of all brackets, angle brackets too.
fn top_level(code: &str, wanted: char) -> impl Iterator<Item = usize> {
    let mut depth = 0;
    let mut last = ' ';
    code.char_indices().filter_map(move |(at, character)| {
        let is_found = depth == 0 && character == wanted;
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if last == '-' || last == '=' => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            _ => {}
        }
        last = character;
        is_found.then_some(at)
    })
}

/// Every `#[…]` with its name, without the path to it.
fn attributes(code: &str) -> Vec<(Range<usize>, &str)> {
    let found = code.match_indices("#[").map(|(at, _)| at..group_end(code, at + 1));
    let name = |range: &Range<usize>| code[range.start + 2..range.end - 1].split('(').next().unwrap_or_default().trim();
    found.map(|range| (range.clone(), name(&range).rsplit("::").next().unwrap_or_default())).collect()
}

/// What stands in the brackets of each `view!`, the inner ones included.
fn views(code: &str) -> Vec<Range<usize>> {
    let open = places(code, "view!").into_iter().filter_map(|at| Some(at + code[at..].find(['{', '(', '['])?));
    open.map(|open| open + 1..group_end(code, open) - 1).collect()
}

#[derive(PartialEq, Eq)]
enum Markup {
    Tag,
    /// `{…}` between tags.
    Block,
    /// Anything else between tags.
    Words,
}

fn markup(code: &str, view: &Range<usize>) -> Vec<(Markup, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = view.start;
    while at < view.end {
        let rest = &code[at..view.end];
        let (kind, end) = match rest.chars().next() {
            Some('<') => (Markup::Tag, tag_end(code, at)),
            Some('{') => (Markup::Block, group_end(code, at)),
            _ => (Markup::Words, at + rest.find(['<', '{']).unwrap_or(rest.len())),
        };
        found.push((kind, at..end));
        at = end;
    }
    found
}

/// Behind the `>` of the tag; those of closures, `=>` and `->` are not it.
fn tag_end(code: &str, open: usize) -> usize {
    let body = &code[open + 1..];
    let mut depth = 0;
    let end = body.char_indices().find(|(at, character)| {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        *character == '>' && depth == 0 && !body[..*at].ends_with(['=', '-'])
    });
    end.map_or(code.len(), |(at, _)| open + 1 + at + 1)
}

/// Every `const NAME: … = "value"` of a file.
fn constants(source: &Source) -> impl Iterator<Item = (&str, &Text)> {
    source.strings.iter().filter_map(|text| {
        let (_, declaration) = source.code[..text.at].rsplit_once("const ")?;
        (!declaration.contains(';')).then(|| (word_at(declaration), text))
    })
}

/// A piece of text that has something to say, placeholders aside.
fn speaks(text: &str) -> bool {
    let mut depth = 0;
    let letters = text.chars().filter(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && character.is_alphabetic()
    });
    letters.count() >= 2
}

// ---- 1. Where the wings divide --------------------------------------------------------------------------------------

fn features_only_at_the_root(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_rust_of("src/")) {
        let is_root = ["src/main.rs", "src/lib.rs"].contains(&source.path.as_str());
        for name in ["cfg", "cfg_attr"] {
            for at in places(&source.code, name) {
                let arguments = source.code[at + name.len()..].trim_start_matches('!');
                let open = source.code.len() - arguments.len();
                let asks = arguments.starts_with('(')
                    && !places(&source.code[open..group_end(&source.code, open)], "feature").is_empty();
                if asks {
                    let what =
                        "a feature is asked for; only main.rs and lib.rs may, so move the code to the wing it is for";
                    found.look(is_root, source, at, what);
                }
            }
        }
    }
    found
}

#[test]
fn features_are_asked_for_only_in_main_and_lib() {
    kept(features_only_at_the_root, 3);
}

#[test]
fn a_feature_asked_for_elsewhere_is_refused() {
    let text = r#"//! Not `cfg(feature)`.
#[cfg(not(feature = "ssr"))]
fn a() -> bool { cfg!(feature = "ssr") }
#[cfg(unix)]"#;
    refused(
        features_only_at_the_root,
        &[("src/lib.rs", text), ("src/app.rs", text)],
        &["src/app.rs:2", "src/app.rs:3"],
    );
}

// ---- 2. Doors translate, services decide ----------------------------------------------------------------------------

fn is_service(source: &Source) -> bool {
    source.is_in("src/server/") && source.path.ends_with("/service.rs")
}

fn services_know_no_door(files: &[Source]) -> Findings {
    let doors: Vec<_> = "axum leptos leptos_axum http hyper tower tower_http cookie cookies HeaderMap HeaderValue \
        StatusCode"
        .split(' ')
        .collect();
    let what = "a service knows no door; let browser.rs, rest.rs or server/error.rs translate";
    forbid(files.iter().filter(|file| is_service(file)), &doors, what)
}

#[test]
fn services_name_neither_axum_nor_leptos_nor_http() {
    kept(services_know_no_door, 5);
}

#[test]
fn a_service_that_names_a_door_is_refused() {
    let text = "//! No axum.\nuse axum::Json;\nfn a(b: leptos::View) -> http::StatusCode { \"leptos\" }";
    let at = [
        "src/server/a/service.rs:2",
        "src/server/a/service.rs:3",
        "src/server/a/service.rs:3",
        "src/server/a/service.rs:3",
    ];
    refused(services_know_no_door, &[("src/server/a/service.rs", text), ("src/server/a/rest.rs", text)], &at);
}

/// `(&AppState, &Caller, Input)` where a door leads to the service; `(&AppState, …)` where only other services do.
fn services_have_one_shape(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| is_service(file)) {
        let door = |name: &str| file(files, &source.path.replace("service.rs", name)).is_some();
        let expected: &[&str] =
            if door("browser.rs") || door("rest.rs") { &["&AppState", "&Caller"] } else { &["&AppState"] };
        let functions = functions(&source.code);
        let verbs: Vec<_> = functions.iter().filter(|function| function.is_public && function.is_async).collect();
        found.look(!verbs.is_empty(), source, 0, "no `pub async fn`: a service is what doors call");
        for verb in verbs {
            let types: Vec<_> =
                verb.parameters.iter().filter_map(|parameter| Some(parameter.split_once(':')?.1.trim())).collect();
            let is_short = expected.len() == 1 || types.len() <= 3;
            let answers = verb.returns.starts_with("Result<") && verb.returns.ends_with("AuthError>");
            let shape = expected.join(", ");
            let what = format!("`{}` must take ({shape}, one input) and return Result<_, AuthError>", verb.name);
            found.look(types.starts_with(expected) && is_short && answers, source, verb.at, &what);
        }
    }
    found
}

#[test]
fn services_take_the_state_and_the_caller_and_answer_with_an_auth_error() {
    kept(services_have_one_shape, 14);
}

#[test]
fn a_service_of_another_shape_is_refused() {
    let text = "pub async fn fine(state: &AppState, caller: &Caller, input: In<A, B>) -> Result<(), AuthError> {}
pub async fn nobody(state: &AppState, input: Input) -> Result<(), AuthError> {}
pub async fn wide(state: &AppState, caller: &Caller, a: A, b: B) -> Result<(), AuthError> {}
pub async fn other(state: &AppState, caller: &Caller) -> Result<(), StoreError> {}
fn helper(a: A) -> B {}";
    let inner = "pub async fn by_token(state: &AppState, token: &str) -> Result<Option<A>, AuthError> {}
pub async fn bare() {}";
    let files = [
        ("src/server/a/browser.rs", ""),
        ("src/server/a/service.rs", text),
        ("src/server/b/service.rs", inner),
        ("src/server/c/service.rs", "fn helper() {}"),
    ];
    let at = ["a/service.rs:2", "a/service.rs:3", "a/service.rs:4", "b/service.rs:2", "c/service.rs:1"];
    let at = at.map(|at| format!("src/server/{at}"));
    refused(services_have_one_shape, &files, &at.each_ref().map(String::as_str));
}

// ---- 3. The only SQL ------------------------------------------------------------------------------------------------

fn sql_only_in_the_store(files: &[Source]) -> Findings {
    let outside = |file: &&Source| file.is_rust_of("src/") && !file.is_in("src/server/store/");
    let inside = files.iter().filter(|file| file.is_in("src/server/store/") && !places(&file.code, "sqlx").is_empty());
    let mut found = forbid(
        files.iter().filter(outside),
        &["sqlx"],
        "the database is asked only in src/server/store; add a function there",
    );
    // Counts where SQL is, so that a store that has moved is noticed.
    found.looked_at = inside.count();
    found
}

#[test]
fn sqlx_is_named_only_in_the_store() {
    kept(sql_only_in_the_store, 5);
}

#[test]
fn sqlx_outside_of_the_store_is_refused() {
    let text = "// sqlx\nuse sqlx::Row as _;\nfn a() { \"sqlx::query=info\" }";
    refused(
        sql_only_in_the_store,
        &[("src/server/page.rs", text), ("src/server/store/a.rs", text)],
        &["src/server/page.rs:2"],
    );
}

fn sql_in_lower_case(files: &[Source]) -> Findings {
    let keywords = "SELECT INSERT UPDATE DELETE FROM WHERE INTO VALUES SET JOIN ORDER GROUP LIMIT CREATE ALTER DROP \
        TABLE INDEX BEGIN COMMIT PRAGMA AND OR NOT NULL EXISTS";
    let shouts = |sql: &str| keywords.split(' ').find(|keyword| !places(sql, keyword).is_empty());
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_in("src/server/store/")) {
        for text in &source.strings {
            let keyword = shouts(&text.value);
            found.look(keyword.is_none(), source, text.at, &format!("{keyword:?}: write SQL in lower case"));
        }
    }
    for source in files.iter().filter(|file| file.is_in("migrations/")) {
        let sql = without_sql_comments(&source.text);
        found.look(shouts(&sql).is_none(), source, 0, "write SQL in lower case");
    }
    found
}

#[test]
fn sql_is_written_in_lower_case() {
    kept(sql_in_lower_case, 40);
}

#[test]
fn sql_in_upper_case_is_refused() {
    let store = "// SELECT\nfn a() { query(\"SELECT 1\"); query(\"select created_SET from a\"); }";
    let files = [("src/server/store/a.rs", store), ("migrations/1.sql", "-- NOT NULL\nCREATE TABLE a (id bigint);")];
    refused(sql_in_lower_case, &files, &["src/server/store/a.rs:2", "migrations/1.sql:1"]);
}

/// Conditions on another table than the one that is written.
const CONDITIONS_ELSEWHERE: [(&str, &[&str]); 2] =
    [("live_session!()", &["lock_account("]), ("not_last_admin!()", &["lock_admins(", "lock_account("])];

/// PostgreSQL judges a statement that waited for a row by the other tables as they were before the wait. No test on
/// SQLite, where one writes at a time, could show that a lock is missing.
fn rows_are_locked_before_they_are_judged(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_in("src/server/store/")) {
        for function in functions(&source.code) {
            let body = &source.code[function.body];
            let used = CONDITIONS_ELSEWHERE.iter().filter(|(condition, _)| body.contains(condition));
            for lock in used.flat_map(|(_, locks)| *locks) {
                // The first statement of the transaction, or behind another lock.
                let first = body.find(".execute(").unwrap_or(body.len());
                let is_locked = body.find(lock).is_some_and(|at| at < first);
                let what = format!("`{lock}…)` comes first: a condition on another table is judged behind the lock");
                found.look(is_locked, source, function.at, &what);
            }
        }
    }
    found
}

#[test]
fn conditions_on_other_tables_are_judged_behind_a_lock_of_the_row() {
    kept(rows_are_locked_before_they_are_judged, 8);
}

#[test]
fn a_condition_on_another_table_without_a_lock_is_refused() {
    let store = "fn a() { let q = live_session!(); lock_account(c, id); query(q).execute(c); }
fn b() { let q = live_session!(); query(q).execute(c); }
fn c() { let q = live_session!(); query(q).execute(c); lock_account(c, id); }
fn d() { let q = not_last_admin!(); lock_admins(c); query(q).execute(c); }
fn e() { query(q).execute(c); }";
    let at = ["src/server/store/a.rs:2", "src/server/store/a.rs:3", "src/server/store/a.rs:4"];
    refused(rows_are_locked_before_they_are_judged, &[("src/server/store/a.rs", store)], &at);
}

fn without_sql_comments(text: &str) -> String {
    text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// MySQL cannot undo half a migration; and who reads one wants to know why.
fn migrations_explain_themselves(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_in("migrations/")) {
        let header = source.text.lines().next().unwrap_or_default();
        found.look(
            header.starts_with("-- ") && speaks(header),
            source,
            0,
            "open with `-- ` and a sentence that says what and why",
        );
        let sql = without_sql_comments(&source.text);
        let statements = sql.split(';').filter(|statement| !statement.trim().is_empty()).count();
        found.look(
            statements == 1,
            source,
            0,
            &format!("{statements} statements; one a file, MySQL cannot undo half a migration"),
        );
    }
    found
}

#[test]
fn every_migration_opens_with_prose_and_holds_one_statement() {
    kept(migrations_explain_themselves, 10);
}

#[test]
fn a_migration_without_prose_or_with_two_statements_is_refused() {
    let files = [
        ("migrations/1.sql", "create table a (id bigint);"),
        ("migrations/2.sql", "-- Two; for once.\ncreate table a (id bigint);\ncreate index b on a (id);"),
        ("migrations/3.sql", "-- One; enough.\ncreate table a (id bigint);\n"),
    ];
    refused(migrations_explain_themselves, &files, &["migrations/1.sql:1", "migrations/2.sql:1"]);
}

/// A door that read the keys itself would go on with those that were revoked (KEY-2), and ask the database at each request.
fn keys_are_read_by_the_ring_alone(files: &[Source]) -> Findings {
    let rooms = ["src/server/keys/", "src/server/crypto/", "src/server/store/"];
    let outside = |file: &&Source| file.is_rust_of("src/") && !rooms.iter().any(|room| file.is_in(room));
    let inside =
        files.iter().filter(|file| file.is_in("src/server/keys/") && !places(&file.code, "signing_keys").is_empty());
    let mut found = forbid(
        files.iter().filter(outside),
        &["SigningKey", "signing_keys"],
        "signing keys are opened in src/server/keys alone; ask `state.keys`, which is never older than four seconds",
    );
    found.looked_at = inside.count();
    found
}

#[test]
fn key_2_signing_keys_are_read_by_the_ring_alone() {
    kept(keys_are_read_by_the_ring_alone, 2);
}

#[test]
fn a_door_that_reads_the_keys_itself_is_refused() {
    let text = "// signing_keys\nfn a() { state.store.signing_keys(); b(|| crypto::SigningKey::open(c)); }";
    refused(
        keys_are_read_by_the_ring_alone,
        &[("src/server/rest/a.rs", text), ("src/server/keys/ring.rs", text)],
        &["src/server/rest/a.rs:2", "src/server/rest/a.rs:2"],
    );
}

// ---- 4. Server functions --------------------------------------------------------------------------------------------

const LONGEST_SERVER_FUNCTION: usize = 15;

/// `#[server]` on functions; on a parameter it means something else.
fn server_functions(source: &Source) -> Vec<(Range<usize>, Function<'_>)> {
    let attributes = attributes(&source.code);
    let found = attributes.iter().filter(|(_, name)| *name == "server").filter_map(|(range, _)| {
        let mut behind = range.end;
        while let Some((next, _)) = attributes
            .iter()
            .find(|(next, _)| next.start >= behind && source.code[behind..next.start].trim().is_empty())
        {
            behind = next.end;
        }
        let rest = &source.code[behind..];
        let is_function = ["pub", "async", "fn"].contains(&word_at(rest.trim_start()));
        let keyword = *places(rest, "fn ").first().filter(|_| is_function)?;
        Some((range.clone(), function(&source.code, behind + keyword)?))
    });
    found.collect()
}

/// The string behind `key =` in an attribute.
fn argument<'a>(source: &'a Source, attribute: &Range<usize>, key: &str) -> Option<&'a str> {
    let at = attribute.start + places(&source.code[attribute.clone()], key).first()?;
    source.strings_in(&(at..attribute.end)).next().map(|text| text.value.as_str())
}

/// The constants of `paths::rpc` but the prefix, and their values.
fn rpc_paths(paths: &Source) -> Vec<(&str, &Text)> {
    let Some(at) = places(&paths.code, "mod rpc").first().copied() else { return Vec::new() };
    let module = at..group_end(&paths.code, at + paths.code[at..].find('{').unwrap_or_default());
    constants(paths).filter(|(name, text)| module.contains(&text.at) && *name != "PREFIX").collect()
}

fn server_functions_are_thin_and_named(files: &[Source]) -> Findings {
    let (Some(paths), Some(router)) = (file(files, "src/paths.rs"), file(files, "src/server/router.rs")) else {
        return missing("src/paths.rs or src/server/router.rs");
    };
    let urls = rpc_paths(paths);
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_rust_of("src/")) {
        for (attribute, function) in server_functions(source) {
            let (at, name) = (attribute.start, function.name);
            found.look(
                argument(source, &attribute, "prefix") == Some("/rpc"),
                source,
                at,
                "write prefix = \"/rpc\"; the default path hashes the build folder",
            );
            found.look(
                argument(source, &attribute, "endpoint") == Some(name),
                source,
                at,
                &format!("write endpoint = \"{name}\", the function's own name"),
            );
            let lines = source.code[function.body].matches('\n').count().saturating_sub(1);
            let what =
                format!("`{name}` has {lines} lines, at most {LONGEST_SERVER_FUNCTION}; move the rest to the service");
            found.look(lines <= LONGEST_SERVER_FUNCTION, source, at, &what);
            let url = urls.iter().find(|(_, text)| text.value == format!("/rpc/{name}"));
            found.look(url.is_some(), source, at, &format!("name /rpc/{name} in the rpc module of src/paths.rs"));
            let is_routed =
                url.is_none_or(|(constant, _)| !places(&router.code, &format!("rpc::{constant}")).is_empty());
            found.look(is_routed, source, at, &format!("route /rpc/{name} in src/server/router.rs by its constant"));
        }
    }
    found
}

const PATHS_EXAMPLE: &str = "pub const LOGIN: &str = \"/login\";
pub mod rpc {
    pub const PREFIX: &str = \"/rpc\";
    pub const FINE: &str = \"/rpc/fine\";
    pub const LOST: &str = \"/rpc/lost\";
}";

#[test]
fn server_functions_are_thin_and_have_a_name_of_their_own() {
    kept(server_functions_are_thin_and_named, 30);
}

#[test]
fn a_server_function_that_is_thick_or_badly_named_is_refused() {
    let thick = format!(
        "#[server(prefix = \"/rpc\", endpoint = \"fine\")]\npub async fn fine() {{\n{}}}",
        "    let a = 1;\n".repeat(16)
    );
    let rpc = r#"#[server(prefix = "/rpc", endpoint = "fine")]
#[expect(unused)]
pub async fn fine(#[server(default)] a: String) -> R {}
#[server]
pub async fn fine() {}
#[server(prefix = "/api", endpoint = "other")]
pub async fn fine() {}
#[server(prefix = "/rpc", endpoint = "new")]
pub async fn new() {}
#[server(prefix = "/rpc", endpoint = "lost")]
pub async fn lost() {}"#;
    let files = [
        ("src/paths.rs", PATHS_EXAMPLE),
        ("src/server/router.rs", "fn a() { route(paths::rpc::FINE, 1) } // rpc::LOST"),
        ("src/pages/a/rpc.rs", rpc),
        ("src/pages/b/rpc.rs", &thick),
    ];
    let at = ["a/rpc.rs:4", "a/rpc.rs:4", "a/rpc.rs:6", "a/rpc.rs:6", "a/rpc.rs:8", "a/rpc.rs:10", "b/rpc.rs:1"];
    let at = at.map(|at| format!("src/pages/{at}"));
    refused(server_functions_are_thin_and_named, &files, &at.each_ref().map(String::as_str));
}

// ---- 5. What crosses the wire ---------------------------------------------------------------------------------------

/// What can hold words, and so somebody's data.
const WORDY: [&str; 9] = ["String", "str", "char", "Cow", "Box", "Arc", "PathBuf", "Bytes", "Value"];

/// The types that a `struct` or `enum` of the domain is made of; names of variants are none.
fn made_of<'a>(files: &'a [Source], name: &str) -> Option<(&'a Source, usize, Vec<&'a str>)> {
    files.iter().filter(|file| file.is_rust_of("src/domain/")).find_map(|source| {
        let place = |keyword| places(&source.code, &format!("{keyword} {name}")).first().copied();
        let (at, is_enum) = place("enum").map(|at| (at, true)).or(place("struct").map(|at| (at, false)))?;
        let open = at + source.code[at..].find(['{', '(', ';'])?;
        let body = &source.code[open..group_end(&source.code, open)];
        let mut depth = 0;
        let inner = body.split_inclusive(['(', '{', '[', ')', '}', ']']).filter(|piece| {
            let stands_at = depth;
            depth += if piece.ends_with(['(', '{', '[']) { 1 } else { -1 };
            stands_at > i32::from(is_enum)
        });
        let types = inner.flat_map(|piece| piece.split(|character| !is_word(character)));
        Some((source, at, types.filter(|word| !word.is_empty()).collect()))
    })
}

fn auth_error_holds_no_words(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    let mut seen: Vec<&str> = vec!["AuthError"];
    let mut next = 0;
    while let Some(name) = seen.get(next).copied() {
        next += 1;
        let Some((source, at, types)) = made_of(files, name) else { continue };
        let wordy = types.iter().find(|word| WORDY.contains(word));
        let what =
            format!("`{name}` holds {wordy:?} and travels in AuthError; send a type that can hold nobody's data");
        found.look(wordy.is_none(), source, at, &what);
        for word in types {
            if !seen.contains(&word) {
                seen.push(word);
            }
        }
    }
    if found.looked_at == 0 { missing("src/domain/error.rs with `enum AuthError`") } else { found }
}

#[test]
fn an_auth_error_has_no_room_for_personal_data() {
    // AuthError, FieldErrors, FieldError, Field, Problem.
    kept(auth_error_holds_no_words, 5);
}

#[test]
fn an_auth_error_with_a_string_however_deep_is_refused() {
    let error = r#"enum AuthError {
    #[serde(rename = "x")]
    Username,
    Invalid(Problems),
    Failed { cause: String },
}"#;
    let form =
        "struct Username(String);\nstruct Problems(Vec<Problem>);\nenum Problem { Bad, Text(Cow<'static, str>) }";
    let files = [("src/domain/error.rs", error), ("src/domain/form.rs", form)];
    refused(auth_error_holds_no_words, &files, &["src/domain/error.rs:1", "src/domain/form.rs:3"]);
}

// ---- 6. Unknown users cost what known ones do -----------------------------------------------------------------------

const HASHING: &str = "src/server/crypto/password_hash.rs";

fn verification_takes_an_option(files: &[Source]) -> Findings {
    let Some(hashing) = file(files, HASHING) else { return missing(HASHING) };
    let inside = HASHING.replace(".rs", "/");
    let is_elsewhere = |path: &str| path != HASHING && !path.starts_with(&inside);
    let elsewhere = files.iter().filter(|file| file.is_rust_of("src/") && is_elsewhere(&file.path));
    let mut found =
        forbid(elsewhere, &["argon2", "bcrypt"], "passwords are hashed and verified only by crypto::PasswordHasher");
    found.looked_at = 0;
    for function in functions(&hashing.code) {
        if function.is_public && function.name.contains("verify") {
            let takes = function.parameters.iter().any(|parameter| parameter.contains("Option<StoredHash>"));
            let what = format!(
                "`{}` must take Option<StoredHash>, so that an unknown user costs the same time as a known one",
                function.name
            );
            found.look(takes, hashing, function.at, &what);
        }
    }
    found
}

#[test]
fn password_verification_takes_an_optional_hash() {
    kept(verification_takes_an_option, 1);
}

#[test]
fn a_verification_that_needs_a_known_user_is_refused() {
    let hashing = "pub async fn verify(\n    stored: StoredHash,\n    password: Password,\n) -> bool {}
pub fn verify_or_stand_in(stored: Option<StoredHash>) {}\nfn verify_with(stored: &StoredHash) {}";
    let files = [(HASHING, hashing), ("src/server/a.rs", "use bcrypt::verify;")];
    refused(verification_takes_an_option, &files, &["src/server/a.rs:1", "src/server/crypto/password_hash.rs:1"]);
}

/// Where passwords are compared, behind the count of guesses.
const GUESSES: &str = "src/server/limits/guesses.rs";

fn passwords_are_compared_behind_the_count(files: &[Source]) -> Findings {
    let compares = |file: &Source| !places(&file.code, "hasher.verify(").is_empty();
    let elsewhere = files.iter().filter(|file| file.is_rust_of("src/") && file.path != GUESSES);
    let what = "a guess is counted before it is looked at, whichever door it came through (LOG-3); \
                call limits::guesses::compare";
    let mut found = forbid(elsewhere, &["hasher.verify("], what);
    // Counts where passwords are compared, so that a place that has moved is noticed.
    found.looked_at = file(files, GUESSES).map_or(0, |file| usize::from(compares(file)));
    found
}

#[test]
fn log_3_passwords_are_compared_in_one_place_which_counts() {
    kept(passwords_are_compared_behind_the_count, 1);
}

#[test]
fn a_password_that_is_compared_without_being_counted_is_refused() {
    let text = "// hasher.verify(\nfn a() { state.hasher.verify(stored, password) }\nfn b() { other_hasher.verify(c) }";
    refused(
        passwords_are_compared_behind_the_count,
        &[("src/server/profile/service.rs", text), (GUESSES, text)],
        &["src/server/profile/service.rs:2"],
    );
}

// ---- 7. One table of cases for every door ---------------------------------------------------------------------------

/// Where the forms of a feature go: the page's constant and the server function's, as the island names them.
fn form_targets<'a>(files: &'a [Source], feature: &str) -> Vec<(&'a Source, usize, &'a str)> {
    let pages = format!("src/pages/{feature}/");
    let mut found = Vec::new();
    for source in files.iter().filter(|file| file.is_rust_of(&pages)) {
        for lead in ["action=paths::", "rpc=paths::rpc::"] {
            let places = places(&source.code, lead);
            found.extend(places.iter().map(|at| (source, *at, word_at(&source.code[at + lead.len()..]))));
        }
    }
    found
}

/// Whether a test names the constant of `target`: `paths::rpc::X`, `paths::X`, or X of the function `x_form`.
fn names_target(test: &Source, target: &(&Source, usize, &str)) -> bool {
    let (source, at, name) = target;
    if source.code[*at..].starts_with("rpc=") {
        return !places(&test.code, &format!("rpc::{name}")).is_empty();
    }
    let constant = name.trim_end_matches("_form").to_uppercase();
    let is_page = |at: &usize| !test.code[..*at].ends_with("rpc::");
    places(&test.code, &constant).iter().any(is_page)
}

/// The names of the forms, by which the table of cases calls them.
fn form_names(source: &Source) -> impl Iterator<Item = &Text> {
    let name = places(&source.code, "impl FormName").first().copied().unwrap_or(source.code.len());
    let arms = name..source.code[name..].find('{').map_or(name, |open| group_end(&source.code, name + open));
    source
        .strings
        .iter()
        .filter(move |text| arms.contains(&text.at) && source.code[..text.at].trim_end().ends_with("=>"))
}

/// The file under tests/ with this declaration, whatever it is called.
fn tests_with<'a>(files: &'a [Source], declaration: &str) -> Vec<&'a Source> {
    let has = |file: &&Source| file.is_rust_of("tests/") && !places(&file.code, declaration).is_empty();
    files.iter().filter(has).collect()
}

fn every_form_has_its_cases(files: &[Source]) -> Findings {
    let Some(form) = file(files, "src/domain/form.rs") else { return missing("src/domain/form.rs") };
    let (doors, tables) = (tests_with(files, "enum Door"), tests_with(files, "struct Case"));
    let mut found = Findings::default();
    for service in files.iter().filter(|file| is_service(file)) {
        let feature = service.path.trim_start_matches("src/server/").trim_end_matches("/service.rs");
        if file(files, &format!("src/server/{feature}/browser.rs")).is_none() {
            continue;
        }
        let targets = form_targets(files, feature);
        let what = "it has a browser.rs, but no form in src/pages names where it goes";
        found.look(!targets.is_empty(), service, 0, what);
        for target in targets {
            let what = format!("`{}` is not where a test's form can go; add it to `enum Door` in tests/", target.2);
            let is_named = doors.iter().any(|door| names_target(door, &target));
            found.look(is_named, target.0, target.1, &what);
        }
    }
    for name in form_names(form) {
        let is_tried = tables.iter().any(|table| table.strings.iter().any(|text| text.value == name.value));
        let what = format!("the table of cases (`struct Case` in tests/) has none for the form \"{}\"", name.value);
        found.look(is_tried, form, name.at, &what);
    }
    found
}

#[test]
fn every_form_is_tried_at_every_door() {
    kept(every_form_has_its_cases, 4 + 14 + 6);
}

#[test]
fn a_form_without_a_case_is_refused() {
    let form = r#"impl FormName {
    fn as_str() {
        Self::Fine => "fine",
        Self::Lost => "lost",
    }
}
fn a() { b => "c" }"#;
    let view = "view! {
    <Form action=paths::LOGIN rpc=paths::rpc::LOGIN/>
    <Form action=paths::page_form(1) rpc=paths::rpc::LOST/>
}";
    let files = [
        ("src/domain/form.rs", form),
        ("src/server/a/service.rs", ""),
        ("src/server/a/browser.rs", ""),
        ("src/pages/a/form.rs", view),
        ("src/server/b/service.rs", ""),
        ("src/server/b/browser.rs", ""),
        ("tests/doors.rs", "enum Door {}\nfn url() { paths::PAGE; paths::rpc::LOGIN; }"),
        ("tests/cases.rs", "struct Case;\nfn cases() { case(\"fine\") }"),
        ("tests/walls.rs", "fn posts() { paths::rpc::LOST; submit(\"lost\") }"),
    ];
    let at = ["src/pages/a/form.rs:2", "src/pages/a/form.rs:3", "src/server/b/service.rs:1", "src/domain/form.rs:4"];
    refused(every_form_has_its_cases, &files, &at);
}

// ---- 8. Sizes -------------------------------------------------------------------------------------------------------

const LONGEST_FILE: usize = 500;

fn files_are_short(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_in("src/")) {
        let lines = source.text.lines().count();
        found.look(
            lines <= LONGEST_FILE,
            source,
            0,
            &format!("{lines} lines, at most {LONGEST_FILE}; give its parts files of their own"),
        );
    }
    found
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    kept(files_are_short, 90);
}

#[test]
fn a_file_of_501_lines_is_refused() {
    let (fine, long) = ("\n".repeat(500), "\n".repeat(501));
    refused(files_are_short, &[("src/a.rs", &fine), ("src/b.rs", &long)], &["src/b.rs:1"]);
}

fn clippy_keeps_functions_short(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    let wanted = [
        ("clippy.toml", "too-many-lines-threshold = 60"),
        ("clippy.toml", "too-many-arguments-threshold = 6"),
        // Clippy does not look at lengths by itself.
        ("Cargo.toml", "too_many_lines = "),
    ];
    for (path, line) in wanted {
        let Some(source) = file(files, path) else { return missing(path) };
        let is_there =
            source.text.lines().any(|other| other == line || line.ends_with("= ") && other.starts_with(line));
        found.look(is_there, source, 0, &format!("needs the line `{line}`"));
    }
    found
}

#[test]
fn clippy_refuses_functions_of_more_than_60_lines_or_6_parameters() {
    kept(clippy_keeps_functions_short, 3);
}

#[test]
fn a_looser_clippy_is_refused() {
    let files = [
        ("clippy.toml", "too-many-lines-threshold = 100\n# too-many-arguments-threshold = 6"),
        ("Cargo.toml", "[lints.clippy]"),
    ];
    refused(clippy_keeps_functions_short, &files, &["clippy.toml:1", "clippy.toml:1", "Cargo.toml:1"]);
}

// ---- Views ----------------------------------------------------------------------------------------------------------

/// Leptos 0.8 does not escape what stands in them (PLATFORM.md).
fn no_raw_text_elements(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(|file| file.is_rust_of("src/") && !file.is_in("src/components/")) {
        found.looked_at += 1;
        for element in ["<textarea", "<noscript"] {
            let strings = source.strings.iter().filter(|text| text.value.contains(element)).map(|text| text.at);
            let what = format!("`{element}`: Leptos does not escape its content; use a component of src/components");
            found
                .faults
                .extend(places(&source.code, element).into_iter().chain(strings).map(|at| source.fault(at, &what)));
        }
    }
    found
}

#[test]
fn elements_that_leptos_does_not_escape_stand_only_in_components() {
    kept(no_raw_text_elements, 60);
}

#[test]
fn a_raw_textarea_is_refused() {
    let text = "// <textarea>\nview! { <textarea>{a}</textarea> }\nfn a() { inner_html(\"<noscript>\") }";
    refused(
        no_raw_text_elements,
        &[("src/pages/a.rs", text), ("src/components/a.rs", text)],
        &["src/pages/a.rs:2", "src/pages/a.rs:3"],
    );
}

fn has_views(source: &&Source) -> bool {
    ["src/app.rs", "src/components/", "src/pages/"].iter().any(|folder| source.is_rust_of(folder))
}

/// Attributes and properties that a person reads or hears.
const SPOKEN: &str = "alt= aria-description= aria-label= heading= hint= label= lead= pending= placeholder= question= \
                      reveal= text= title=";

fn texts_come_from_the_catalogue(files: &[Source]) -> Findings {
    let what = "a text in a view; put it into domain/text.rs, from where it can be translated";
    let mut found = Findings::default();
    for source in files.iter().filter(has_views) {
        let views = views(&source.code);
        for view in &views {
            found.looked_at += 1;
            let inner: Vec<_> = views.iter().filter(|other| other.start > view.start && other.end < view.end).collect();
            let own = |text: &&Text| !inner.iter().any(|inner| inner.contains(&text.at));
            for (kind, range) in markup(&source.code, view) {
                let spoken = |text: &Text| {
                    SPOKEN.split(' ').any(|name| source.code[range.start..text.at].trim_end().ends_with(name))
                };
                let is_text = |text: &&Text| speaks(&text.value) && (kind != Markup::Tag || spoken(text));
                let texts = source.strings_in(&range).filter(own).filter(is_text).map(|text| text.at);
                let words = (kind == Markup::Words && speaks(&source.code[range.clone()])).then_some(range.start);
                found.faults.extend(texts.chain(words).map(|at| source.fault(at, what)));
            }
        }
    }
    found
}

#[test]
fn views_hold_no_literal_text() {
    kept(texts_come_from_the_catalogue, 45);
}

#[test]
fn literal_text_in_a_view_is_refused() {
    let text = r##"view! {
    <p class="main wide" id=format!("{id}-hint") on:click=move |_| a.b(|c| *c = c > 1)>" · " {name} ", "</p>
    <p>Hello</p><p>
    "Hello" </p>
    <p>{if a { "Yes" } else { view! { <b class="fine">{text::NO}</b> }.into_any() }}</p>
    <p>{format!("{count} left")} {roles.join(", ")}</p>
    <img alt="A key" src="key.svg"/>
    <Field label=text::NAME title="Name" r#type="text"/>
    {a.map(|a| view! { <i>"Inner"</i> })}
}
fn a() { "not in a view" }"##;
    let at = ["3", "4", "5", "6", "7", "8", "9"].map(|line| format!("src/pages/a.rs:{line}"));
    let files = [("src/pages/a.rs", text), ("src/server/a.rs", text)];
    refused(texts_come_from_the_catalogue, &files, &at.each_ref().map(String::as_str));
}

/// The content security policy refuses them, and the look stands in style/.
fn views_have_no_inline_style(files: &[Source]) -> Findings {
    let mut found = Findings::default();
    for source in files.iter().filter(has_views) {
        for view in views(&source.code) {
            for (_, tag) in markup(&source.code, &view).into_iter().filter(|(kind, _)| *kind == Markup::Tag) {
                found.looked_at += 1;
                let code = &source.code[tag.clone()];
                let style = [" style=", "\nstyle=", " style:"].iter().find_map(|name| code.find(name));
                let what = "an inline style, which the content security policy refuses; give it a class";
                found.faults.extend(style.map(|at| source.fault(tag.start + at + 1, what)));
            }
        }
    }
    found
}

#[test]
fn views_have_no_inline_style_at_all() {
    kept(views_have_no_inline_style, 150);
}

#[test]
fn an_inline_style_is_refused() {
    let text = r#"view! {
    <p style="color: red">{style}</p>
    <p
        style:color=red
        data-style="x"
    />
}
let style = 1;"#;
    refused(views_have_no_inline_style, &[("src/pages/a.rs", text)], &["src/pages/a.rs:2", "src/pages/a.rs:4"]);
}

fn inputs_are_uncontrolled(files: &[Source]) -> Findings {
    let what = "it overwrites what was typed before WASM arrived; write `value=`";
    forbid(files.iter().filter(has_views), &["prop:value", "bind:value"], what)
}

#[test]
fn inputs_keep_what_was_typed_before_wasm_arrived() {
    kept(inputs_are_uncontrolled, 30);
}

#[test]
fn a_controlled_input_is_refused() {
    let text = "// prop:value\nview! { <input prop:value=a/> }\nview! { <input bind:value=a/> }";
    refused(inputs_are_uncontrolled, &[("src/pages/a.rs", text)], &["src/pages/a.rs:2", "src/pages/a.rs:3"]);
}

// ---- Everywhere -----------------------------------------------------------------------------------------------------

/// Clippy says so too; this says it without a build.
fn nothing_panics_on_purpose(files: &[Source]) -> Findings {
    let patterns = [".unwrap()", ".unwrap_err()", ".expect(", ".expect_err(", "::unwrap", "::expect"];
    let what = "a request must end in an answer; return an error instead";
    forbid(files.iter().filter(|file| file.is_rust_of("src/")), &patterns, what)
}

#[test]
fn nothing_is_unwrapped_outside_of_tests() {
    kept(nothing_panics_on_purpose, 90);
}

#[test]
fn an_unwrap_outside_of_tests_is_refused() {
    let text = r###"#![expect(unused)]
fn a<'a>() { '"'; b.unwrap(); b.unwrap_or(1); ".unwrap()" }
fn c() { d.map(Result::unwrap).expect("e") }
#[cfg(test)]
mod tests {
    fn f() { g.unwrap() }
}
fn h() { r#"""#; i.expect("j") }"###;
    let at = ["src/a.rs:2", "src/a.rs:3", "src/a.rs:8", "src/a.rs:3"];
    refused(
        nothing_panics_on_purpose,
        &[("src/a.rs", text), ("src/a/tests.rs", text), ("src/a/tests/b.rs", text)],
        &at,
    );
}

/// A path of ours, by its look.
fn is_url(value: &str) -> bool {
    value.strip_prefix('/').is_some_and(|rest| rest.starts_with(|character: char| character.is_ascii_alphabetic()))
}

fn urls_are_named_once(files: &[Source]) -> Findings {
    let Some(paths) = file(files, "src/paths.rs") else { return missing("src/paths.rs") };
    let urls: Vec<_> = constants(paths).filter(|(_, text)| is_url(&text.value)).collect();
    let mut found = Findings { looked_at: urls.len(), faults: Vec::new() };
    for source in files.iter().filter(|file| file.is_rust_of("src/") && file.path != paths.path) {
        let servers: Vec<_> = server_functions(source).into_iter().map(|(attribute, _)| attribute).collect();
        for text in &source.strings {
            let url = text.value.split(['?', '#']).next().unwrap_or_default();
            let known = urls.iter().find(|(_, known)| known.value == url);
            // An attribute takes no constant.
            let is_allowed = servers.iter().any(|attribute| attribute.contains(&text.at));
            if let Some((name, _)) = known.filter(|_| !is_allowed) {
                let module = if url.starts_with("/rpc/") { "rpc::" } else { "" };
                let what = format!("{:?} is paths::{module}{name}; a URL is spelt once", text.value);
                found.faults.push(source.fault(text.at, &what));
            }
        }
    }
    found
}

#[test]
fn every_url_is_spelt_once() {
    kept(urls_are_named_once, 10);
}

#[test]
fn a_url_spelt_again_is_refused() {
    let text = r#"//! `/login`
fn a() { go("/login"); go("/login?next=/"); go("/log") }
#[server(prefix = "/rpc", endpoint = "fine")]
async fn fine() {}
#[cfg(test)]
mod tests { const A: &str = "/login"; }"#;
    refused(
        urls_are_named_once,
        &[("src/paths.rs", PATHS_EXAMPLE), ("src/app.rs", text)],
        &["src/app.rs:2", "src/app.rs:2"],
    );
}

// ---- The words that operators read ----------------------------------------------------------------------------------

const SETTINGS: &str = "src/server/config/settings.rs";

fn readme_and_settings_agree(files: &[Source]) -> Findings {
    let Some(settings) = file(files, SETTINGS) else { return missing(SETTINGS) };
    let Some(readme) = file(files, "README.md") else { return missing("README.md") };
    let is_variable =
        |text: &&Text| text.value.len() > 3 && text.value.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let variables: Vec<_> = settings.strings.iter().filter(is_variable).collect();
    let mut found = Findings::default();
    for variable in &variables {
        let what = format!("`{}` is not explained in README.md; add it to the table of settings", variable.value);
        found.look(!places(&readme.text, &variable.value).is_empty(), settings, variable.at, &what);
    }
    for (at, _) in readme.text.match_indices("LATCHKEY_") {
        let name = word_at(&readme.text[at..]);
        let is_known = name == "LATCHKEY_" || variables.iter().any(|variable| variable.value == name);
        found.look(is_known, readme, at, &format!("there is no setting `{name}` in {SETTINGS}"));
    }
    found
}

#[test]
fn the_readme_explains_every_setting_and_no_other() {
    kept(readme_and_settings_agree, 16 + 12);
}

#[test]
fn a_readme_that_differs_from_the_settings_is_refused() {
    let table =
        "static A: S = setting(\"a\",\n\"LATCHKEY_A\", \"--a\");\nstatic B: S = setting(\"b\",\n\"LATCHKEY_B\");";
    let readme = "All are called `LATCHKEY_*`.\n| `LATCHKEY_A` | a |\n| `LATCHKEY_OLD` | gone |";
    refused(
        readme_and_settings_agree,
        &[(SETTINGS, table), ("README.md", readme)],
        &["src/server/config/settings.rs:4", "README.md:3"],
    );
    refused(readme_and_settings_agree, &[(SETTINGS, table)], &["README.md:1"]);
}
