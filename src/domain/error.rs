//! All that may cross the wire when something is refused: no personal data, no SQL, no path.

use serde::{Deserialize, Serialize};

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

use super::form::{Field, FieldErrors};
use super::{Language, text};

/// Why a request was refused. `server/error.rs` maps it to an HTTP status; [`text`](super::text) has the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthError {
    /// Some fields cannot be taken as they are.
    Invalid(FieldErrors),
    /// Unknown account, wrong password, or an account that may not sign in: on purpose not told apart.
    InvalidCredentials,
    /// Nobody is signed in, or the session has ended.
    Unauthenticated,
    /// The account of a valid token is switched off.
    InactiveAccount,
    /// A token that was good once.
    ExpiredToken,
    /// A token that never was, or is of another house.
    InvalidToken,
    /// A refresh token that carries no session on: unknown, used up, or of a session that has ended.
    InvalidRefreshToken,
    /// A token of ours in the place of another kind.
    WrongTokenKind,
    /// The session of a good token has ended: its owner signed out, or somebody ended it.
    SessionEnded,
    /// A token or password in the address, where logs and histories keep it.
    TokenInQuery,
    /// The owner signed in too long ago for this, and sent no password.
    ReauthenticationRequired,
    /// `/token` gives tokens for a password only, and perhaps not even that.
    UnsupportedGrantType,
    /// `/token` knows no clients (LOG-8).
    UnauthorizedClient,
    /// Only administrators may do this.
    Forbidden,
    /// The last active administrator cannot be removed.
    LastAdmin,
    /// A password link that is unknown, used, replaced or too old: on purpose not told apart.
    LinkExpired,
    /// Registration is switched off.
    SignUpClosed,
    /// The request came from another site, or does not say where it came from.
    CrossSite,
    /// The request came past the proxy that encrypts.
    Unencrypted,
    /// A cursor that was changed, or is not one of this list.
    InvalidCursor,
    /// No such thing.
    NotFound,
    /// The method is not one of this address.
    MethodNotAllowed,
    /// The request cannot be read.
    Malformed,
    /// The request is larger than this address takes.
    TooLarge,
    /// The body is of a kind that this address does not take.
    UnsupportedMediaType,
    /// Too much to do at once; worth another try after this many seconds.
    Busy {
        /// For the `Retry-After` header.
        retry_after_seconds: u16,
    },
    /// Too many wrong passwords, for one account or from one source, or too many registrations: nothing more is looked at for
    /// so many seconds, not even what is right.
    TooManyAttempts {
        /// For the `Retry-After` header.
        retry_after_seconds: u16,
    },
    /// The database cannot be reached; worth another try.
    Unavailable,
    /// The server could not be reached. Only the browser says this.
    Offline,
    /// A fault of ours. The cause is in the log, under the request's id.
    Internal,
}

/// What Leptos itself says when a server function cannot be called. Its words stay behind: they may hold what was sent.
impl FromServerFnError for AuthError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Malformed,
            ServerFnErrorErr::Request(_) => Self::Offline,
            _ => Self::Internal,
        }
    }
}

/// What a form's success says: where to go now. Always one of our own paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// A path that [`SafePath`](super::SafePath) has checked.
    pub redirect_to: String,
}

/// What there is to say of a value that was only asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The sentence for what is wrong with it.
    pub problem: Option<String>,
    /// Whether nobody has it: not even who asks.
    pub is_free: bool,
}

/// A refusal as an island shows it: with its words, so that the browser needs none of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What was refused.
    pub error: AuthError,
    /// The sentence for it.
    pub message: String,
    /// The sentences for its fields, in the order of the form.
    pub fields: Vec<RefusedField>,
}

/// A field as an island shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedField {
    /// Which field.
    pub field: Field,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl Refused {
    /// The refusal in that language.
    pub fn new(error: &AuthError, language: Language) -> Self {
        let fields = match error {
            AuthError::Invalid(fields) => fields
                .iter()
                .map(|refused| RefusedField {
                    field: refused.field,
                    message: text::problem(language, refused.field, refused.problem),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { error: error.clone(), message: text::error(language, error), fields }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Problem;
    use super::*;

    /// `components/live_form/` reads it by these names.
    #[test]
    fn an_island_finds_the_words_of_a_refusal() {
        let refused = |error: AuthError| serde_json::to_value(Refused::new(&error, Language::English)).unwrap();
        let invalid = refused((Field::FirstName, Problem::TooLong(100)).into());
        let message = "Use at most 100 characters.";
        assert_eq!(invalid["fields"], json!([{"field": "first_name", "message": message}]));
        assert!(invalid["message"].is_string());
        let signed_out = refused(AuthError::Unauthenticated);
        assert_eq!((&signed_out["error"], &signed_out["fields"]), (&json!("unauthenticated"), &json!([])));
        assert_eq!(signed_out["message"], "You are no longer signed in. Sign in, then try again.");
        let busy = refused(AuthError::Busy { retry_after_seconds: 3 });
        assert_eq!(busy["message"], "Too much is going on at once. Try again in 3 seconds.");
    }
}
