//! The language both halves speak: words and rules without IO, compiled for the server and for the browser.

mod account;
mod error;
mod form;
mod identifier;
mod language;
mod page;
mod password;
mod redirect;
mod role;
mod session;
pub mod text;
mod time;

pub use account::{AccountId, AccountView, PersonName};
pub use error::{Accepted, AuthError, Checked, Refused, RefusedField};
pub use form::{Field, FieldError, FieldErrors, FormName, FormState, Problem, Sent};
pub use identifier::{EmailAddress, Login, Username, canonical_prefix, is_hidden};
pub use language::Language;
pub use page::{Brand, LinkedAccount, Logo, Notice, PageContext, SiteLinks, Theme, Viewer};
pub use password::{NewPassword, Password, PasswordPolicy};
pub use redirect::SafePath;
pub use role::Role;
pub use session::{ClientName, EndReason, SessionEnd, SessionView};
pub use time::Timestamp;
