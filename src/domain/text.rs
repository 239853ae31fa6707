//! Every text that a person reads, in one place. Components hold no literal text.
//!
//! Each text is a constant of its own, so that WASM carries only those that an island shows.

#![expect(missing_docs, reason = "a text says itself what it is")]

pub mod api;

use super::{AuthError, ClientName, EndReason, Field, Notice, Problem, Role};

pub const PRODUCT: &str = "Latchkey";

/// What stands around every page.
pub mod frame {
    pub const SKIP: &str = "Skip to the content";
    pub const HOME: &str = "Latchkey, start page";
    pub const ACCOUNT: &str = "Account";
    pub const SIGNED_IN_AS: &str = "Signed in as";
    pub const SIGN_IN: &str = "Sign in";
    pub const REGISTER: &str = "Create account";
    pub const SIGN_OUT: &str = "Sign out";
    pub const SIGNING_OUT: &str = "Signing out…";
}

/// What every form shares.
pub mod form {
    pub const OPTIONAL: &str = "(optional)";
    pub const SIGN_IN_AGAIN: &str = "Go to the sign-in page";
    pub const EMAIL: &str = "E-mail address";
    pub const USERNAME: &str = "Username";
    pub const USERNAME_HINT: &str = "Letters, digits, - and _.";
    pub const FIRST_NAME: &str = "First name";
    pub const LAST_NAME: &str = "Last name";
    pub const CURRENT_PASSWORD: &str = "Current password";
    pub const SHOW_CURRENT_PASSWORD: &str = "Show current password";
    pub const NEW_PASSWORD: &str = "New password";
    pub const SHOW_NEW_PASSWORD: &str = "Show new password";

    /// What a new password must be like.
    pub fn new_password_hint(min_length: u16) -> String {
        format!("At least {min_length} characters. A few unrelated words work well.")
    }
}

pub mod sign_in {
    pub const TITLE: &str = "Sign in";
    pub const USERNAME: &str = "Username or e-mail address";
    pub const PASSWORD: &str = "Password";
    pub const SHOW_PASSWORD: &str = "Show password";
    pub const KEEP: &str = "Keep me signed in";
    pub const REMEMBER: &str = "Remember my username on this device";
    pub const SUBMIT: &str = "Sign in";
    pub const PENDING: &str = "Signing in…";
    pub const NEW_HERE: &str = "New here?";
    pub const REGISTER: &str = "Create an account";
}

pub mod registration {
    pub const TITLE: &str = "Create your account";
    pub const PASSWORD: &str = "Password";
    pub const SHOW_PASSWORD: &str = "Show password";
    pub const SUBMIT: &str = "Create account";
    pub const PENDING: &str = "Creating your account…";
    pub const KNOWN_HERE: &str = "Already have an account?";
    pub const SIGN_IN: &str = "Sign in";
    pub const CLOSED_TITLE: &str = "Registration is closed";
    pub const CLOSED: &str =
        "New accounts are not being taken at the moment. If you were expecting one, ask whoever runs this site.";
}

pub mod password_link {
    pub const TITLE: &str = "Set a new password";
    pub const ACCOUNT: &str = "For the account";
    pub const SUBMIT: &str = "Set password";
    pub const PENDING: &str = "Setting your password…";
    pub const EXPIRED_TITLE: &str = "This link does not work any more";
    pub const EXPIRED: &str = "A link to set a password works once and for 30 minutes, and a newer one replaces it. Ask whoever gave it to you for a new one.";
    pub const KNOWN_AFTER_ALL: &str = "Know your password?";
    pub const SIGN_IN: &str = "Sign in";
}

pub mod profile {
    pub const TITLE: &str = "Your profile";
    pub const SIGNED_OUT: &str = "You are not signed in, so there is no profile to show.";

    pub const OVERVIEW: &str = "Account";
    pub const ID: &str = "Account number";
    pub const EMAIL: &str = "E-mail address";
    pub const USERNAME: &str = "Username";
    pub const NAME: &str = "Name";
    pub const ROLES: &str = "Roles";
    pub const CREATED: &str = "Created";
    pub const LAST_LOGIN: &str = "Last sign-in";
    pub const NOT_GIVEN: &str = "Not given";
    pub const NEVER: &str = "Never";

    pub const DETAILS: &str = "Details";
    pub const DETAILS_LEAD: &str = "How you sign in and what you are called.";
    pub const DETAILS_SUBMIT: &str = "Save details";
    pub const DETAILS_PENDING: &str = "Saving…";

    pub const EMAIL_TITLE: &str = "E-mail address";
    pub const EMAIL_LEAD: &str = "You can sign in with it, too. Changing it takes your password.";
    pub const EMAIL_SUBMIT: &str = "Change e-mail address";
    pub const EMAIL_PENDING: &str = "Changing…";

    pub const PASSWORD_TITLE: &str = "Password";
    pub const PASSWORD_LEAD: &str = "Changing it signs you out everywhere else.";
    pub const PASSWORD_SUBMIT: &str = "Change password";
    pub const PASSWORD_PENDING: &str = "Changing…";

    pub const DELETION_TITLE: &str = "Delete account";
    pub const DELETION_LEAD: &str = "Your account and everything in it are removed at once. Nobody can bring them back, not even whoever runs this site.";
    pub const DELETION_CONFIRM: &str = "I want my account to be deleted for good";
    pub const DELETION_SUBMIT: &str = "Delete my account";
    pub const DELETION_PENDING: &str = "Deleting your account…";
}

/// Where somebody is signed in.
pub mod sessions {
    use super::{ClientName, EndReason};

    pub const TITLE: &str = "Where you are signed in";
    pub const LEAD: &str = "If you do not know one of these, sign it out and change your password.";
    pub const SIGNED_OUT: &str = "You are not signed in, so there are no sessions to show.";
    pub const OTHERS: &str = "Sign out everywhere else";
    pub const ONLY_HERE: &str = "You are signed in nowhere else.";
    pub const END: &str = "Sign out";
    pub const THIS_ONE: &str = "This is where you are now";
    pub const KEPT: &str = "Stays signed in";
    pub const FOR_PROGRAMS: &str = "Access for a program";
    pub const ADDRESS: &str = "Address";
    pub const UNKNOWN: &str = "Unknown";
    pub const SIGNED_IN: &str = "Signed in";
    pub const LAST_SEEN: &str = "Last seen";
    pub const ENDED: &str = "Ended";
    pub const WHY: &str = "Why";
    pub const GONE_TITLE: &str = "No longer signed in";
    pub const GONE_LEAD: &str = "What became of the others in the last 30 days.";
    pub const LINK_TITLE: &str = "Sessions";
    pub const LINK_LEAD: &str =
        "Every browser and program that is signed in to your account, and a way to sign it out.";
    pub const LINK: &str = "See where you are signed in";
    pub const CHANGE_PASSWORD: &str = "Change your password";

    /// A client in words.
    pub fn client(name: &ClientName) -> String {
        match (name.program.as_deref(), name.system) {
            (Some(program), Some(system)) => format!("{program} on {system}"),
            (Some(program), None) => program.to_owned(),
            (None, Some(system)) => format!("Something on {system}"),
            (None, None) => "Unknown device".to_owned(),
        }
    }

    /// Tells the buttons of a list apart, for who hears them.
    pub fn end_which(client: &str, signed_in: &str) -> String {
        format!("{END}: {client}, signed in {signed_in}")
    }

    /// Why a session ended.
    pub const fn reason(reason: EndReason) -> &'static str {
        match reason {
            EndReason::SignedOut => "You signed out there.",
            EndReason::Replaced => "You signed in again there.",
            EndReason::EndedElsewhere => "You signed it out from somewhere else.",
            EndReason::PasswordChanged => "Your password was changed.",
            EndReason::PasswordLink => "Your password was set by a link.",
            EndReason::Crowded => "There were too many newer ones.",
            EndReason::Reuse => "Somebody used an old key of it. It may have been copied.",
            EndReason::Disabled => "Your account was switched off.",
            EndReason::RoleRevoked => "Your account lost a role.",
            EndReason::RoleGranted => "Your account became an administrator's.",
            EndReason::EndedByAdmin => "Whoever runs this site signed it out.",
            EndReason::Idle => "It was not used for too long.",
            EndReason::TooOld => "It was time to sign in again.",
        }
    }
}

pub mod not_found {
    pub const TITLE: &str = "Page not found";
    pub const BODY: &str = "There is nothing at this address. It may have been mistyped, or the page has moved.";
    pub const HOME: &str = "Go to the start page";
}

/// The page of last resort.
pub mod fault {
    pub const TITLE: &str = "Something went wrong";
    pub const REQUEST: &str = "If you report this, please give this number:";
    pub const HOME: &str = "Go to the start page";
}

/// The pages about the API.
pub mod docs {
    pub const TRY: &str = "Try the API";
    pub const READ: &str = "API reference";
    pub const FILE: &str = "openapi.json";
    pub const NOTE: &str = "This page needs JavaScript, and a moment to load. All that it shows is also in one file:";
}

/// The title of a page in the browser's tab.
pub fn page_title(title: &str, is_refused: bool) -> String {
    let warning = if is_refused { "Error: " } else { "" };
    format!("{warning}{title} · {PRODUCT}")
}

/// What a role is called; those of the operator by their names.
pub fn role(role: &Role) -> &str {
    match role.as_str() {
        "admin" => "Administrator",
        "user" => "User",
        name => name,
    }
}

/// What has just worked.
pub fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::Welcome => "Welcome! Your account is ready.",
        Notice::ProfileSaved => "Your details are saved.",
        Notice::EmailSaved => "Your e-mail address is changed.",
        Notice::PasswordChanged => "Your password is changed. You are signed out everywhere but here.",
        Notice::PasswordSet => "Your password is set. Sign in with it.",
        Notice::SignedOut => "You are signed out.",
        Notice::SessionEnded => "It is signed out.",
        Notice::OtherSessionsEnded => "You are signed out everywhere but here.",
        Notice::AccountDeleted => "Your account is deleted. Thank you for having been here.",
    }
}

/// The sentence for a refused field.
pub fn problem(field: Field, problem: Problem) -> String {
    let sentence = match (problem, field) {
        (Problem::Required, field) => required(field),
        (Problem::Invalid, Field::Email) => "Enter an e-mail address like name@example.com.",
        (Problem::Characters, Field::Email) => "Leave out invisible characters in the e-mail address.",
        (Problem::Characters, Field::Username) => "Use only letters, digits, - and _.",
        (Problem::Invalid, Field::Username) => "Begin with a letter, a digit or _, not with -.",
        (Problem::Invalid | Problem::Characters, _) => "This has characters that cannot be used here. Type it again.",
        (Problem::Taken, Field::Email) => {
            "There is an account with that e-mail address already. Sign in, or use another."
        }
        (Problem::Taken, Field::Username) => "That username is taken. Try another.",
        (Problem::Taken, _) => "That is taken. Try another.",
        (Problem::Common, _) => "Guessers try passwords like this one first. Choose another.",
        (Problem::Wrong, Field::Password | Field::CurrentPassword | Field::NewPassword) => {
            "That is not your current password. Try again."
        }
        (Problem::Wrong, _) => "That is not right. Try again.",
        (Problem::Unknown, Field::Roles) => "Name only roles that are defined here.",
        (Problem::Unknown, _) => "Leave this out: it is not known here.",
        (Problem::TooShort(least), _) => return format!("Use at least {least} characters."),
        (Problem::TooLong(most), _) => return format!("Use at most {most} characters."),
    };
    sentence.to_owned()
}

fn required(field: Field) -> &'static str {
    match field {
        Field::Email => "Enter your e-mail address.",
        Field::Username => "Enter your username.",
        Field::Password => "Enter your password.",
        Field::CurrentPassword => "Enter your current password.",
        Field::NewPassword => "Enter a new password.",
        Field::FirstName => "Enter your first name.",
        Field::LastName => "Enter your last name.",
        Field::Confirm | Field::Keep => "Tick this box to go on.",
        Field::Roles => "Name the roles.",
        Field::Search => "Say what to search for.",
    }
}

/// The sentence for a refused request: what happened, and what to do.
pub fn error(error: &AuthError) -> String {
    let sentence = match error {
        AuthError::Invalid(_) => "Something here cannot be taken as it is. Look it over and try again.",
        AuthError::InvalidCredentials => "That username, e-mail address or password is not right. Try again.",
        AuthError::Unauthenticated
        | AuthError::ExpiredToken
        | AuthError::InvalidToken
        | AuthError::InvalidRefreshToken
        | AuthError::WrongTokenKind
        | AuthError::SessionEnded
        | AuthError::ReauthenticationRequired => "You are no longer signed in. Sign in, then try again.",
        AuthError::InactiveAccount => "This account is switched off. Ask whoever runs this site for help.",
        AuthError::Forbidden => "Only an administrator may do this.",
        AuthError::LastAdmin => "This is the last administrator. Make somebody else one first.",
        AuthError::LinkExpired => "This link does not work any more. Ask whoever gave it to you for a new one.",
        AuthError::SignUpClosed => "New accounts are not being taken at the moment.",
        AuthError::CrossSite
        | AuthError::Malformed
        | AuthError::UnsupportedMediaType
        | AuthError::InvalidCursor
        | AuthError::TokenInQuery
        | AuthError::UnsupportedGrantType
        | AuthError::UnauthorizedClient => "We could not read that. Reload the page and try again.",
        AuthError::Unencrypted => "This connection is not encrypted. Use this site's https address.",
        AuthError::NotFound | AuthError::MethodNotAllowed => "That cannot be done here. Reload the page and try again.",
        AuthError::TooLarge => "That is more than we can take. Shorten it and try again.",
        AuthError::Busy { retry_after_seconds } => return busy(*retry_after_seconds),
        AuthError::TooManyAttempts { retry_after_seconds } => return too_many(*retry_after_seconds),
        AuthError::Unavailable => "This does not work at the moment. Try again in a minute.",
        AuthError::Offline => "We could not reach the server. Check your connection and try again.",
        AuthError::Internal => "Something went wrong on our side. Try again in a moment.",
    };
    sentence.to_owned()
}

fn busy(seconds: u16) -> String {
    format!("Too much is going on at once. Try again {}.", wait(seconds))
}

/// What to do in the meantime is for who has not guessed.
fn too_many(seconds: u16) -> String {
    let wait = wait(seconds);
    format!(
        "That was a lot of tries, so let us pause. Try again {wait}. A device that you have signed in on before may still work, \
         and so does a link to set a new password."
    )
}

/// When to try again, in the unit people count in.
fn wait(seconds: u16) -> String {
    match seconds {
        0 | 1 => "now".to_owned(),
        2..=90 => format!("in {seconds} seconds"),
        91..=3540 => format!("in {} minutes", seconds.div_ceil(60)),
        _ => "in an hour".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_every_field_is_a_sentence() {
        let fields = [
            Field::Email,
            Field::Username,
            Field::Password,
            Field::CurrentPassword,
            Field::NewPassword,
            Field::FirstName,
            Field::LastName,
            Field::Confirm,
            Field::Keep,
            Field::Roles,
            Field::Search,
        ];
        let problems = [
            Problem::Required,
            Problem::Invalid,
            Problem::Characters,
            Problem::TooShort(8),
            Problem::TooLong(256),
            Problem::Taken,
            Problem::Common,
            Problem::Wrong,
            Problem::Unknown,
        ];
        for (field, problem) in fields.iter().flat_map(|f| problems.map(|p| (*f, p))) {
            let sentence = super::problem(field, problem);
            assert!(sentence.len() > 10 && sentence.ends_with('.'), "{field:?} {problem:?}");
        }
        assert_eq!(problem(Field::NewPassword, Problem::TooShort(8)), "Use at least 8 characters.");
    }

    #[test]
    fn a_wait_is_told_in_the_unit_people_count_in() {
        let told = |retry_after_seconds| error(&AuthError::Busy { retry_after_seconds });
        assert!(told(1).ends_with("Try again now."));
        assert!(told(30).ends_with("in 30 seconds."));
        assert!(told(91).ends_with("in 2 minutes."));
        assert!(told(3540).ends_with("in 59 minutes."));
        assert!(told(3541).ends_with("in an hour."));
        let told = error(&AuthError::TooManyAttempts { retry_after_seconds: 30 });
        assert!(told.contains("Try again in 30 seconds."), "{told}");
    }
}
