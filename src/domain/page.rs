//! What a page is rendered from: set once a request by the server, read by the page components.

use std::sync::Arc;

use super::account::{AccountId, AccountView};
use super::form::{FormName, FormState};
use super::language::Language;
use super::session::SessionView;

/// The person whose session the request belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Their account, as it stood when the request arrived.
    pub account: AccountView,
}

/// The account whose password a link sets: all that who has the link may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAccount {
    /// Names it in the form, so that what is typed for one account never becomes the password of another.
    pub id: AccountId,
    /// Names it to people.
    pub username: String,
}

/// Where the files are that every page asks for. In a release their names change with their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLinks {
    /// The style sheet.
    pub style_sheet: &'static str,
    /// The script that brings WASM to life.
    pub script: &'static str,
    /// The WASM.
    pub wasm: &'static str,
    /// The icon of the browser's tab.
    pub icon: &'static str,
}

/// How the screens are the operator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What the site is called.
    pub name: String,
    /// Its mark; none for ours.
    pub logo: Option<Logo>,
    /// The path of the colours that take the place of ours.
    pub style_sheet: Option<String>,
    /// Where its terms are.
    pub terms: Option<String>,
    /// Where its privacy policy is.
    pub privacy: Option<String>,
}

/// A site's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Its path.
    pub path: String,
    /// What kind of picture it is.
    pub media_type: &'static str,
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: "Latchkey".to_owned(), logo: None, style_sheet: None, terms: None, privacy: None }
    }
}

impl Brand {
    /// The icon of the browser's tab, and what kind of picture it is.
    pub fn icon(&self, links: &SiteLinks) -> (&str, &'static str) {
        self.logo.as_ref().map_or((links.icon, "image/svg+xml"), |logo| (&logo.path, logo.media_type))
    }
}

/// The colours of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The name in the cookie and on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }
}

/// A line that a page shows once, after something worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A new account was made and signed in.
    Welcome,
    /// The profile's details were saved.
    ProfileSaved,
    /// The e-mail address was changed.
    EmailSaved,
    /// The password was changed and the other sessions have ended.
    PasswordChanged,
    /// The password was set by a link, and every session has ended.
    PasswordSet,
    /// The person signed out.
    SignedOut,
    /// Another session was ended.
    SessionEnded,
    /// All other sessions were ended.
    OtherSessionsEnded,
    /// The account is gone.
    AccountDeleted,
}

impl Notice {
    /// All of them, so that a name can be read back.
    pub const ALL: [Self; 9] = [
        Self::Welcome,
        Self::ProfileSaved,
        Self::EmailSaved,
        Self::PasswordChanged,
        Self::PasswordSet,
        Self::SignedOut,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::AccountDeleted,
    ];

    /// The name in the cookie that carries it to the next page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::ProfileSaved => "profile_saved",
            Self::EmailSaved => "email_saved",
            Self::PasswordChanged => "password_changed",
            Self::PasswordSet => "password_set",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::OtherSessionsEnded => "other_sessions_ended",
            Self::AccountDeleted => "account_deleted",
        }
    }
}

/// Everything that a page knows of its request. Pages find it in their context.
#[derive(Clone, Debug, Default)]
pub struct PageContext {
    /// The language that it is in.
    pub language: Language,
    /// The colours that its visitor wishes; none for those of their system.
    pub theme: Option<Theme>,
    /// Whose site it is.
    pub brand: Arc<Brand>,
    /// Its own path.
    pub path: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The form that was refused, when this page answers a post.
    pub refused: Option<(FormName, FormState)>,
    /// Something that has just worked.
    pub notice: Option<Notice>,
    /// The checked path to go to after signing in.
    pub next: Option<String>,
    /// Whose password the visitor's link sets; `None` without a link that works.
    pub linked_account: Option<LinkedAccount>,
    /// The viewer's sessions, on the page that lists them.
    pub sessions: Vec<SessionView>,
    /// Whether people may register.
    pub sign_up_open: bool,
    /// The fewest characters of a new password.
    pub password_min_length: u16,
}

impl PageContext {
    /// The state of `form`: as it was refused, or else with `values` for a first visit.
    pub fn form_state(&self, form: FormName, values: Vec<(super::Field, String)>) -> FormState {
        match &self.refused {
            Some((name, state)) if *name == form => state.clone(),
            _ => FormState { error: None, values },
        }
    }
}
