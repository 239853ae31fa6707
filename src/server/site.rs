//! Styles, scripts, WASM and images.
//!
//! A release carries them in itself (`build.rs`), pressed, under names that change with their bytes, so that a browser may
//! keep them for good. Other builds read the site folder and the npm packages at every request, for who edits them.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::read::GzDecoder;

use super::envelope::Envelope;
use super::error::{Wants, refusal};
use crate::domain::{AuthError, SiteLinks};

/// A file in the binary.
struct Embedded {
    /// `/pkg/latchkey.css`
    path: &'static str,
    /// `/pkg/latchkey.0123456789abcdef.css`
    hashed_path: &'static str,
    hash: &'static str,
    br: &'static [u8],
    gzip: &'static [u8],
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/site.rs"));
/// Where other builds find what is not in the site folder: paths, and files from the project's root.
static PACKAGED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packaged.rs"));

/// For what is served under a name that changes with its bytes.
pub const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

const STYLE_SHEET: &str = "/pkg/latchkey.css";
const SCRIPT: &str = "/pkg/latchkey.js";
const WASM: &str = "/pkg/latchkey.wasm";
const ICON: &str = "/favicon.svg";

/// What pages link to.
pub fn links() -> SiteLinks {
    links_in(EMBEDDED)
}

fn links_in(files: &'static [Embedded]) -> SiteLinks {
    let link = |path| link_in(files, path);
    SiteLinks { style_sheet: link(STYLE_SHEET), script: link(SCRIPT), wasm: link(WASM), icon: link(ICON) }
}

/// What a page links to for the file that is served at `path`.
pub fn link(path: &'static str) -> &'static str {
    link_in(EMBEDDED, path)
}

fn link_in(files: &'static [Embedded], path: &'static str) -> &'static str {
    files.iter().find(|file| file.path == path).map_or(path, |file| file.hashed_path)
}

/// The paths, as the router takes them, at which [`serve`] answers.
pub fn routes() -> Vec<String> {
    let outside = |path: &str| !path.starts_with("/pkg/");
    let mut routes = vec!["/pkg/{*file}".to_owned()];
    if EMBEDDED.is_empty() {
        routes.extend(paths_below(&folder(), "").into_iter().filter(|path| outside(path)));
    } else {
        let paths = EMBEDDED.iter().flat_map(|file| [file.path, file.hashed_path]);
        routes.extend(paths.filter(|path| outside(path)).map(str::to_owned));
    }
    routes
}

fn paths_below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => paths.extend(paths_below(&entry.path(), &path)),
            _ => paths.push(path),
        }
    }
    paths
}

/// Answers with the file at the request's path.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    let answer = if EMBEDDED.is_empty() {
        from_folder(path).ok_or(AuthError::NotFound)
    } else {
        find(EMBEDDED, path).ok_or(AuthError::NotFound).and_then(|(file, is_hashed)| {
            answer(file, is_hashed, request.headers()).map_err(|error| {
                tracing::error!("{} in the binary is damaged: {error}", file.path);
                AuthError::Internal
            })
        })
    };
    answer.unwrap_or_else(|error| {
        let wants = Wants::of(path, request.headers());
        refusal(&error, wants, Envelope::id_of(&request))
    })
}

fn find(files: &'static [Embedded], path: &str) -> Option<(&'static Embedded, bool)> {
    let file = files.iter().find(|file| file.path == path || file.hashed_path == path)?;
    Some((file, file.hashed_path == path))
}

/// RFC 9110: the smallest form that the client takes, or 304 when it has that one already.
fn answer(file: &'static Embedded, is_hashed: bool, headers: &HeaderMap) -> io::Result<Response> {
    let (pressed, coding) = if accepts(headers, "br") {
        (file.br, Some("br"))
    } else if accepts(headers, "gzip") {
        (file.gzip, Some("gzip"))
    } else {
        (file.gzip, None)
    };
    let tag = match coding {
        Some(coding) => format!("\"{}-{coding}\"", file.hash),
        None => format!("\"{}\"", file.hash),
    };
    let is_known = is_known(headers, &tag);
    let mut response = Response::new(match coding {
        _ if is_known => Body::empty(),
        Some(_) => Body::from(Bytes::from_static(pressed)),
        None => Body::from(unpacked(pressed)?),
    });
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, if is_hashed { FOREVER } else { ASK_AGAIN });
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answered.insert(header::ETAG, tag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    answered.insert(header::CONTENT_TYPE, content_type(file.path));
    if let Some(coding) = coding {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}

/// For the few who take no pressed form: no browser is among them.
fn unpacked(gzip: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether `Accept-Encoding` names `coding`, and not with a weight of nothing (RFC 9110 §12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut wishes = lists.flat_map(|list| list.split(',')).map(|wish| wish.split(';').map(str::trim));
    wishes.any(|mut wish| {
        let is_named = wish.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = wish
            .find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")))
            .map_or(Ok(1.0), str::parse::<f32>);
        is_named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// Compared weakly, as `If-None-Match` asks: a proxy that presses by itself turns our tags into weak ones.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn content_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    })
}

/// Where cargo-leptos puts the files.
#[expect(clippy::disallowed_methods, reason = "set by cargo-leptos, not by the operator")]
fn folder() -> PathBuf {
    env::var_os("LEPTOS_SITE_ROOT").unwrap_or_else(|| "target/site".into()).into()
}

/// For who develops: always as it is now. Never in a release.
fn from_folder(path: &str) -> Option<Response> {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['%', '\\']);
    let relative = path.strip_prefix('/').filter(|relative| relative.split('/').all(is_plain))?;
    let packaged = PACKAGED.iter().find(|(packaged, _)| *packaged == path);
    let file = packaged.map_or_else(|| folder().join(relative), |(_, file)| file.into());
    let bytes = fs::read(&file).ok().or_else(|| fs::read(hashed_by_cargo_leptos(&file)?).ok())?;
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type(path));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// `latchkey.css` may lie there as `latchkey.SkQ3….css`.
fn hashed_by_cargo_leptos(file: &Path) -> Option<PathBuf> {
    let (stem, extension) = (file.file_stem()?.to_str()?, file.extension()?.to_str()?);
    let is_it = |name: &str| {
        let hash = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
        hash.is_some_and(|hash| hash.len() == 24 && hash.starts_with('.') && hash.ends_with('.'))
    };
    let mut entries = fs::read_dir(file.parent()?).ok()?.flatten();
    entries.find(|entry| entry.file_name().to_str().is_some_and(is_it)).map(|entry| entry.path())
}

#[cfg(test)]
mod tests;
