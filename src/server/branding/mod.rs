//! How the screens are the operator's own: name, logo, colour, links. Made of the settings at the start; nothing is built anew.

mod colour;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

pub use colour::Colour;

use super::config::{BrandSettings, one_line};
use super::envelope::Envelope;
use super::error::{Wants, refusal};
use super::site::FOREVER;
use super::state::AppState;
use crate::domain::{AuthError, Brand, Logo, Theme};
use crate::paths;

/// A logo is in every page's first visit, and stands at the height of a line.
const MAX_LOGO: u64 = 64 * 1024;
/// Of the hash, as many bytes as keep two versions of a file apart.
const HASH_BYTES: usize = 8;
/// Who opens the file by itself sees the picture; nothing in it runs (WEB-4).
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// What pages know of it, and the files that are served for it.
pub struct Branding {
    /// For the pages.
    pub brand: Arc<Brand>,
    files: Vec<BrandFile>,
}

struct BrandFile {
    path: String,
    media_type: &'static str,
    bytes: Bytes,
}

/// Why a logo cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BrandingError {
    /// The file cannot be read.
    #[error("LATCHKEY_LOGO: cannot read {}: {cause}", one_line(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is no picture that every browser shows.
    #[error("LATCHKEY_LOGO: {} is no SVG, PNG, WebP or JPEG", one_line(.0))]
    Unknown(PathBuf),
    /// It would make every first visit slow.
    #[error("LATCHKEY_LOGO: {} is larger than {} KiB; make it smaller", one_line(.0), MAX_LOGO / 1024)]
    TooLarge(PathBuf),
}

impl Branding {
    /// Reads the logo and makes the style sheet.
    ///
    /// # Errors
    /// [`BrandingError`], each one line that says what to do.
    pub fn new(settings: &BrandSettings) -> Result<Self, BrandingError> {
        let logo = settings.logo.as_deref().map(read_logo).transpose()?;
        let style_sheet = settings
            .accent
            .map(|accent| BrandFile::new("css", "text/css; charset=utf-8", accent.style_sheet().into_bytes()));
        let brand = Brand {
            name: settings.name.clone(),
            logo: logo.as_ref().map(|file| Logo { path: file.path.clone(), media_type: file.media_type }),
            style_sheet: style_sheet.as_ref().map(|file| file.path.clone()),
            terms: settings.terms.clone(),
            privacy: settings.privacy.clone(),
        };
        Ok(Self { brand: Arc::new(brand), files: logo.into_iter().chain(style_sheet).collect() })
    }

    /// The paths at which [`serve`] answers.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }
}

impl BrandFile {
    fn new(extension: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        let hash = digest::digest(&digest::SHA256, &bytes);
        let hash: String = hash.as_ref().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("{}/{hash}.{extension}", paths::BRAND), media_type, bytes: bytes.into() }
    }
}

fn read_logo(path: &Path) -> Result<BrandFile, BrandingError> {
    let unreadable = |cause| BrandingError::Unreadable { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    // One byte more tells whether there is more.
    fs::File::open(path).and_then(|file| file.take(MAX_LOGO + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_LOGO {
        return Err(BrandingError::TooLarge(path.to_owned()));
    }
    let (extension, media_type) = kind(&bytes).ok_or_else(|| BrandingError::Unknown(path.to_owned()))?;
    Ok(BrandFile::new(extension, media_type, bytes))
}

/// By what is in it: a name may say anything.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(("png", "image/png")),
        [0xff, 0xd8, 0xff, ..] => Some(("jpg", "image/jpeg")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("webp", "image/webp")),
        _ => {
            let text = std::str::from_utf8(bytes).ok()?;
            text.contains("<svg").then_some(("svg", "image/svg+xml"))
        }
    }
}

/// Answers with the file at the request's path.
pub async fn serve(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    let Some(file) = state.branding.files.iter().find(|file| file.path == path) else {
        return refusal(&AuthError::NotFound, Wants::of(path, request.headers()), Envelope::id_of(&request));
    };
    let mut response = Response::new(Body::from(file.bytes.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(header::CACHE_CONTROL, FOREVER);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// How a request's answer looks, for what is answered outside of any page.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The operator's.
    pub brand: Arc<Brand>,
    /// The visitor's.
    pub theme: Option<Theme>,
}

tokio::task_local! {
    static LOOK: Look;
}

impl Look {
    /// That of the request that is being answered.
    pub fn current() -> Self {
        LOOK.try_with(Clone::clone).unwrap_or_default()
    }

    /// Answers with that look.
    pub async fn wearing<T>(self, answer: impl Future<Output = T>) -> T {
        LOOK.scope(self, answer).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(logo: &Path) -> BrandSettings {
        BrandSettings { logo: Some(logo.to_owned()), ..BrandSettings::default() }
    }

    #[test]
    fn a_logo_is_known_by_what_is_in_it_and_a_bad_one_is_told_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            Branding::new(&settings(&path))
        };
        for (bytes, extension) in [
            (&b"\x89PNG\r\n"[..], "png"),
            (b"\xff\xd8\xff\xe0", "jpg"),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "webp"),
            (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        ] {
            let branding = written("logo.bin", bytes).unwrap_or_else(|error| panic!("{extension}: {error}"));
            let path = branding.brand.logo.as_ref().map(|logo| logo.path.clone()).unwrap_or_default();
            assert!(path.starts_with("/brand/") && path.ends_with(&format!(".{extension}")), "{path}");
            assert_eq!(branding.routes().collect::<Vec<_>>(), [path]);
        }
        let refused = |branding: Result<Branding, BrandingError>| branding.map(drop).unwrap_err().to_string();
        let error = refused(written("text\n.png", b"hello"));
        assert!(error.contains("is no SVG, PNG, WebP or JPEG") && !error.contains('\n'), "{error}");
        assert!(refused(written("large.svg", &[b' '; 64 * 1024 + 1])).contains("is larger than 64 KiB"));
        assert!(refused(Branding::new(&settings(&folder.path().join("none.svg")))).contains("cannot read"));
    }

    #[test]
    fn without_settings_there_is_nothing_to_serve() {
        let branding = Branding::new(&BrandSettings::default()).unwrap();
        assert_eq!((branding.routes().count(), branding.brand.as_ref()), (0, &Brand::default()));
    }
}
