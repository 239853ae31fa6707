//! What the operator's own about the screens is.

use std::path::{Path, PathBuf};

use super::database_url::absolute;
use super::error::quoted;
use super::resolve::Resolver;
use super::settings::{self, Setting};
use super::{ConfigError, PublicUrl};
use crate::domain::{Brand, SafePath, is_hidden};
use crate::server::branding::Colour;

/// No name of a product is longer, and a phone shows no more.
const MAX_NAME: usize = 40;

/// How the screens are the operator's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandSettings {
    /// `LATCHKEY_PRODUCT_NAME`, 1 to 40 characters: what the site is called.
    pub name: String,
    /// `LATCHKEY_LOGO`, absolute: a picture of up to 64 KiB.
    pub logo: Option<PathBuf>,
    /// `LATCHKEY_ACCENT`: links and buttons.
    pub accent: Option<Colour>,
    /// `LATCHKEY_TERMS_URL`: an address or a path.
    pub terms: Option<String>,
    /// `LATCHKEY_PRIVACY_URL`: likewise.
    pub privacy: Option<String>,
}

impl Default for BrandSettings {
    fn default() -> Self {
        Self { name: Brand::default().name, logo: None, accent: None, terms: None, privacy: None }
    }
}

impl Resolver<'_> {
    pub(super) fn brand(&self) -> Result<BrandSettings, ConfigError> {
        let accent = &settings::ACCENT;
        Ok(BrandSettings {
            name: self.product_name()?,
            logo: self.values.get(&settings::LOGO).map(|path| absolute(self.current_dir, Path::new(path))),
            accent: match self.values.get(accent) {
                None => None,
                Some(text) => Some(Colour::parse(text).ok_or_else(|| {
                    self.values.invalid(accent, format!("must be a colour such as #1f5f58, not {}", quoted(text)))
                })?),
            },
            terms: self.link(&settings::TERMS_URL)?,
            privacy: self.link(&settings::PRIVACY_URL)?,
        })
    }

    fn product_name(&self) -> Result<String, ConfigError> {
        let setting = &settings::PRODUCT_NAME;
        let name = self.values.get(setting).unwrap_or_default().trim();
        let is_name = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(is_hidden);
        let problem = || format!("must be 1 to {MAX_NAME} visible characters on one line");
        if is_name { Ok(name.to_owned()) } else { Err(self.values.invalid(setting, problem())) }
    }

    /// A page that people are sent to: it must be one that a browser shows, and no script.
    fn link(&self, setting: &Setting) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.values.get(setting) else { return Ok(None) };
        let is_path = SafePath::parse(text).is_some();
        // Up to the path it is an origin, behind it anything that needs no quoting.
        let end = text.find("://").and_then(|at| text.get(at + 3..)?.find(['/', '?', '#']).map(|end| at + 3 + end));
        let (origin, rest) = text.split_at(end.unwrap_or(text.len()));
        let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte));
        if is_path || (PublicUrl::parse(origin).is_ok() && is_plain) {
            return Ok(Some(text.to_owned()));
        }
        let problem = "must be an address such as https://example.com/terms, or a path such as /terms";
        Err(self.values.invalid(setting, problem.to_owned()))
    }
}
