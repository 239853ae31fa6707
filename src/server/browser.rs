//! What a browser is told after success: where to go, what to say there, and what becomes of its cookies.
//! Both browser doors (posted form and server function) say it from here.

use axum::http::{HeaderName, HeaderValue, header};
use serde::de::DeserializeOwned;

use super::caller::Caller;
use super::cookies::Cookies;
use super::crypto::DeviceToken;
use super::sessions::service::IssuedTokens;
use super::state::AppState;
use crate::domain::{AuthError, Notice, SafePath};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Pages that the browser still remembers go with the session (OUT-1, ASVS 14.3.1). Our tokens are cleared one by one, because
/// "cookies" and "storage" would take along what the person wished to be kept, such as their username.
const CLEARED: HeaderValue = HeaderValue::from_static("\"cache\"");

/// A form as both browser doors read it; each leads to a service.
pub trait BrowserForm: DeserializeOwned + Send {
    /// Does what the form asks for.
    fn submit(self, state: &AppState, caller: &Caller)
    -> impl Future<Output = Result<BrowserAnswer, AuthError>> + Send;
}

/// The outcome of a form, for either door to pack.
#[derive(Debug)]
pub struct BrowserAnswer {
    target: SafePath,
    notice: Option<Notice>,
    forgets_link: bool,
    session: SessionChange,
}

#[derive(Debug)]
enum SessionChange {
    Keep,
    Begin(IssuedTokens, DeviceToken),
    End,
}

impl BrowserAnswer {
    /// Go to `target` and keep the session as it is.
    pub fn go_to(target: SafePath) -> Self {
        Self { target, notice: None, forgets_link: false, session: SessionChange::Keep }
    }

    /// Say `notice` there.
    #[must_use]
    pub fn saying(self, notice: Notice) -> Self {
        Self { notice: Some(notice), ..self }
    }

    /// Keep these tokens from now on, and be known by the last one at the next sign-in.
    #[must_use]
    pub fn with_session(self, tokens: IssuedTokens, device: DeviceToken) -> Self {
        Self { session: SessionChange::Begin(tokens, device), ..self }
    }

    /// Forget the tokens.
    #[must_use]
    pub fn without_session(self) -> Self {
        Self { session: SessionChange::End, ..self }
    }

    /// Forget the password link, which is used up. Where a session begins or ends it is forgotten in any case: the next
    /// person at this machine must not find it (OUT-1, SES-6).
    #[must_use]
    pub fn without_password_link(self) -> Self {
        Self { forgets_link: true, ..self }
    }

    /// Where to go.
    pub fn target(&self) -> &SafePath {
        &self.target
    }

    /// The headers that change what the browser keeps.
    pub fn headers(&self, cookies: Cookies) -> Vec<(HeaderName, HeaderValue)> {
        let cookies = self.cookies(cookies).into_iter().map(|cookie| (header::SET_COOKIE, cookie));
        let is_over = matches!(self.session, SessionChange::End);
        cookies.chain(is_over.then_some((CLEAR_SITE_DATA, CLEARED))).collect()
    }

    fn cookies(&self, cookies: Cookies) -> Vec<HeaderValue> {
        let (mut headers, forgets_link) = match &self.session {
            SessionChange::Keep => (Vec::new(), self.forgets_link),
            SessionChange::Begin(tokens, device) => {
                (cookies.issue(tokens).into_iter().chain(cookies.keep_device(device)).collect(), true)
            }
            SessionChange::End => (cookies.clear(), true),
        };
        headers.extend(forgets_link.then(|| cookies.keep_link(None)).flatten());
        headers.extend(self.notice.and_then(|notice| cookies.leave_notice(notice)));
        headers
    }
}
