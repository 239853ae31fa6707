//! What the routers serve, read from their sources: axum does not say.

use std::fs;
use std::path::Path;

/// `POST /login`, of every route that is not of the API's document. Files of the site are left out: anybody may have them.
pub fn routes() -> Vec<String> {
    let paths = constants();
    let mut routes = Vec::new();
    for source in sources(Path::new("src/server")) {
        for call in source.split(".route(").skip(1) {
            let (address, rest) = call.split_once(',').unwrap();
            let handlers = &rest[..closing(rest)];
            if ["site::serve", "branding::serve"].iter().any(|files| handlers.contains(files)) {
                continue;
            }
            let address = match address.trim().strip_prefix("paths::") {
                Some(name) => paths
                    .iter()
                    .find(|(known, _)| known == name)
                    .unwrap_or_else(|| panic!("no paths::{name}"))
                    .1
                    .clone(),
                None => address.trim().trim_matches('"').to_owned(),
            };
            let methods = ["get", "post", "put", "patch", "delete", "head", "options", "trace", "connect", "any", "on"];
            let mut known: Vec<String> = Vec::new();
            for method in methods {
                let call = format!("{method}(");
                let is_called = |at: usize| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if handlers.match_indices(&call).any(|(at, _)| is_called(at)) {
                    known.push(format!("{} {address}", method.to_uppercase()));
                }
            }
            assert!(!known.is_empty(), "which methods has {address}? {handlers}");
            routes.extend(known);
        }
        let merge = if source.contains(".route(") { ".merge(" } else { ".nest(" };
        for other in [".route_service(", ".nest(", ".nest_service(", merge] {
            assert!(!source.contains(other), "{other}: the matrix does not see what is behind it");
        }
    }
    routes
}

/// The text of every file of the server, without its tests.
fn sources(folder: &Path) -> Vec<String> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
    sources
}

/// `rpc::SIGN_IN` and its address.
fn constants() -> Vec<(String, String)> {
    let mut module = String::new();
    let mut constants = Vec::new();
    for line in fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/paths.rs")).unwrap().lines() {
        if let Some(name) = line.strip_prefix("pub mod ") {
            module = name.trim_end_matches(" {").to_owned() + "::";
        } else if line == "}" {
            module.clear();
        } else if let Some((name, value)) =
            line.trim().strip_prefix("pub const ").and_then(|rest| rest.split_once(": &str = "))
        {
            constants.push((format!("{module}{name}"), value.trim_matches(['"', ';']).to_owned()));
        }
    }
    constants
}

/// Where the bracket closes that was opened before `text`.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("no end of {text}")
}

#[test]
fn the_routes_are_read() {
    let routes = routes();
    for known in ["GET /", "GET /login", "POST /login", "POST /rpc/sign_in", "POST /rpc/{*unknown}"] {
        assert!(routes.iter().any(|route| route == known), "{known} is not among {routes:?}");
    }
    assert_eq!(closing("get(a).post(b)) .route("), 14);
}
