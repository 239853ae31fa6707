//! What programs are told, and those who write them. None of it reaches WASM.

use super::{AuthError, busy, wait};

pub const ACCOUNT_DELETED: &str = "The account is deleted.";
pub const UNKNOWN_FIELD: &str = "There is no such field here, or it cannot be set. Leave it out.";
pub const REQUIRED: &str = "This is missing.";
pub const WANTS_TEXT: &str = "Give a text, or leave it out.";
pub const WANTS_FLAG: &str = "Give true or false.";
pub const ONE_PASSWORD: &str = "Send the password once, as current_password or as password.";
pub const WANTS_ONCE: &str = "Give this once.";
pub const WANTS_ORDER: &str =
    "Give username, email or created_at; a - in front turns the order around, as in -created_at.";
pub const WANTS_PAGE_SIZE: &str = "Give a whole number from 1 to 100.";
pub const WANTS_ROLE: &str = "Give a role's name: a-z, 0-9, - and _, a letter first, at most 32 characters.";
pub const WANTS_LIST: &str = "Give a list of texts.";

/// Greets who got through.
pub fn greeting(username: &str) -> String {
    format!("Hello, {username}! This route is protected.")
}

/// The `detail` of a refusal: what happened, and what to do.
pub fn detail(error: &AuthError) -> String {
    let sentence = match error {
        AuthError::Invalid(_) => "Some fields cannot be taken as they are. `errors` says which and why.",
        AuthError::InvalidCredentials => "Incorrect username, e-mail address or password.",
        AuthError::Unauthenticated => "Not authenticated. Send an access token: `Authorization: Bearer …`.",
        AuthError::InactiveAccount => "Inactive user. Ask whoever runs this service.",
        AuthError::ExpiredToken => "The access token has expired. Get a new one with the refresh token.",
        AuthError::InvalidToken => "The token is not valid. Sign in again.",
        AuthError::InvalidRefreshToken => "The refresh token is not valid, or its session has ended. Sign in again.",
        AuthError::WrongTokenKind => {
            "The token is of the wrong kind here. The access token opens routes, the refresh token goes to /refresh and /logout."
        }
        AuthError::SessionEnded => "The session of this token has ended. Sign in again.",
        AuthError::TokenInQuery => {
            "Addresses are logged. Send tokens and passwords in the body or the Authorization header, never in the address."
        }
        AuthError::ReauthenticationRequired => {
            "You signed in more than five minutes ago. Send current_password too, or sign in again."
        }
        AuthError::UnsupportedGrantType => {
            "Tokens are not given for this. Send `grant_type=password`, or leave it out; if that is refused, too, sign in at /login."
        }
        AuthError::UnauthorizedClient => "Clients are not known here. Leave client_id and client_secret out.",
        AuthError::InvalidCursor => {
            "The cursor is not one of this list. Take next_cursor of the last page as it is, with the same sort and filters."
        }
        AuthError::Forbidden => "Only administrators may do this.",
        AuthError::LastAdmin => "This is the last active administrator. Make somebody else one first.",
        AuthError::LinkExpired => "The link does not work any more.",
        AuthError::SignUpClosed => "Registration is closed. Ask whoever runs this service.",
        AuthError::CrossSite => {
            "A script of another site asked, which is not allowed here. Whoever runs this service can name that site in LATCHKEY_CORS_ORIGINS."
        }
        AuthError::Unencrypted => "The connection is not encrypted. Use the https address.",
        AuthError::NotFound => "Not found.",
        AuthError::MethodNotAllowed => "Method not allowed. The Allow header names those that are.",
        AuthError::Malformed => {
            "The request cannot be read. Send one JSON object or one form in UTF-8, each field once."
        }
        AuthError::TooLarge => "The body has more than 16 KiB. Send less.",
        AuthError::UnsupportedMediaType => {
            "Send the body as `Content-Type: application/json`; /token, /refresh and /logout also take a form."
        }
        AuthError::Busy { retry_after_seconds } => return busy(*retry_after_seconds),
        AuthError::TooManyAttempts { retry_after_seconds } => {
            return format!(
                "Too many attempts. Try again {}; until then nothing is looked at, not even a right password.",
                wait(*retry_after_seconds)
            );
        }
        AuthError::Unavailable => "This does not work at the moment. Try again in a minute.",
        AuthError::Offline => "The server could not be reached.",
        AuthError::Internal => "Something went wrong on our side. Try again in a moment.",
    };
    sentence.to_owned()
}
