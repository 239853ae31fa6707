//! The cookies: two tokens, a one-time notice, the token of a password link, that of a known device, language and colours, all out of reach
//! of scripts (SES-1).

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};

use super::crypto::{DeviceToken, LinkToken};
use super::limits::DEVICES_KEPT_SECONDS;
use super::password_links::service::LIFETIME_SECONDS;
use super::sessions::service::IssuedTokens;
use crate::domain::{Notice, Theme};

/// More than this of cookies is no visitor of ours (SES-7).
const MAX_HEADER: usize = 8192;

/// Reads and writes the cookies, named and secured after the public URL: `__Host-` and Secure under https.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    secure: bool,
}

/// The cookies' names without the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// The notice for the next page.
    Notice,
    /// The token of a password link.
    PasswordLink,
    /// The token of a known device.
    Device,
    /// The visitor's language.
    Language,
    /// The visitor's colours.
    Theme,
}

impl Name {
    const fn of(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Access, true) => "__Host-latchkey-access",
            (Self::Refresh, true) => "__Host-latchkey-refresh",
            (Self::Notice, true) => "__Host-latchkey-notice",
            (Self::PasswordLink, true) => "__Host-latchkey-password-link",
            (Self::Device, true) => "__Host-latchkey-device",
            (Self::Language, true) => "__Host-latchkey-language",
            (Self::Theme, true) => "__Host-latchkey-theme",
            (Self::Access, false) => "latchkey-access",
            (Self::Refresh, false) => "latchkey-refresh",
            (Self::Notice, false) => "latchkey-notice",
            (Self::PasswordLink, false) => "latchkey-password-link",
            (Self::Device, false) => "latchkey-device",
            (Self::Language, false) => "latchkey-language",
            (Self::Theme, false) => "latchkey-theme",
        }
    }
}

impl Cookies {
    /// For a service whose public URL is https, or not.
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The value of our cookie `name`. Absent, doubled, oversized and unreadable ones count as none (SES-7).
    pub fn read(self, headers: &HeaderMap, name: Name) -> Option<String> {
        let total: usize = headers.get_all(header::COOKIE).iter().map(HeaderValue::len).sum();
        if total > MAX_HEADER {
            return None;
        }
        // Compared as bytes: another site's odd cookie beside ours must not hide ours, and trimming more than blanks
        // would let a look-alike name through the `__Host-` prefix.
        let wanted = name.of(self.secure).as_bytes();
        let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
        let mut values = lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (pair.get(..at)?, pair.get(at + 1..)?);
            (key.trim_ascii() == wanted).then_some(value)
        });
        let value = values.next().filter(|_| values.next().is_none())?;
        String::from_utf8(value.trim_ascii().to_vec()).ok()
    }

    /// The colours that the visitor chose.
    pub fn theme(self, headers: &HeaderMap) -> Option<Theme> {
        self.read(headers, Name::Theme).and_then(|name| Theme::parse(&name))
    }

    /// Whether the request carries a cookie of ours that proves something, readable or not. That of a known device does not: with it
    /// alone one is nobody, and who keeps it after signing out must be able to sign in again like any other.
    pub fn are_present(self, headers: &HeaderMap) -> bool {
        let names = [Name::Access, Name::Refresh, Name::PasswordLink].map(|name| name.of(self.secure));
        let carries = |value: &HeaderValue| {
            let text = String::from_utf8_lossy(value.as_bytes());
            names.iter().any(|name| text.contains(name))
        };
        headers.get_all(header::COOKIE).iter().any(carries)
    }

    /// The headers that hand a browser its tokens. They last until the browser is closed, unless the person wishes to stay
    /// signed in; the session's own limits are the server's.
    pub fn issue(self, tokens: &IssuedTokens) -> Vec<HeaderValue> {
        let pairs = [(Name::Access, tokens.access.as_str()), (Name::Refresh, tokens.refresh.as_str())];
        let lifetime = tokens.kept_for.map(cookie::time::Duration::seconds);
        pairs.into_iter().filter_map(|(name, value)| self.header(name, value, lifetime)).collect()
    }

    /// The headers that take them back.
    pub fn clear(self) -> Vec<HeaderValue> {
        let names = [Name::Access, Name::Refresh];
        names.into_iter().filter_map(|name| self.header(name, "", Some(cookie::time::Duration::ZERO))).collect()
    }

    /// The header that leaves a notice for the next page.
    pub fn leave_notice(self, notice: Notice) -> Option<HeaderValue> {
        self.header(Name::Notice, notice.as_str(), Some(cookie::time::Duration::seconds(60)))
    }

    /// The notice left for this page, and the header that takes it away.
    pub fn take_notice(self, headers: &HeaderMap) -> Option<(Notice, Option<HeaderValue>)> {
        let value = self.read(headers, Name::Notice)?;
        let notice = Notice::ALL.into_iter().find(|notice| notice.as_str() == value)?;
        Some((notice, self.header(Name::Notice, "", Some(cookie::time::Duration::ZERO))))
    }

    /// The header that keeps the token of a password link, so that it leaves the address bar; without a token, the one that
    /// takes it away.
    pub fn keep_link(self, token: Option<&LinkToken>) -> Option<HeaderValue> {
        let lifetime =
            token.map_or(cookie::time::Duration::ZERO, |_| cookie::time::Duration::seconds(LIFETIME_SECONDS));
        self.header(Name::PasswordLink, &token.map(LinkToken::expose).unwrap_or_default(), Some(lifetime))
    }

    /// The header that lets the browser be known the next time its owner signs in. Signing out leaves it (LOG-5).
    pub fn keep_device(self, token: &DeviceToken) -> Option<HeaderValue> {
        self.header(Name::Device, &token.expose(), Some(cookie::time::Duration::seconds(DEVICES_KEPT_SECONDS)))
    }

    /// The header that keeps a preference for a year; an empty one is taken away.
    pub fn keep_preference(self, name: Name, value: &str) -> Option<HeaderValue> {
        let days = if value.is_empty() { 0 } else { 365 };
        self.header(name, value, Some(cookie::time::Duration::days(days)))
    }

    fn header(self, name: Name, value: &str, max_age: Option<cookie::time::Duration>) -> Option<HeaderValue> {
        let mut cookie = Cookie::build((name.of(self.secure), value.to_owned()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .build();
        cookie.set_max_age(max_age);
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}
