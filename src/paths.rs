//! Every URL of Latchkey, named once. Links, forms, redirects, routers and tests use these names.

/// Sends a visitor on: to the profile when signed in, else to the sign-in page.
pub const HOME: &str = "/";
/// The registration page and the target of its form.
pub const REGISTER: &str = "/register";
/// The sign-in page and the target of its form.
pub const LOGIN: &str = "/login";
/// The signed-in person's own page; each of its forms posts to [`profile_form`].
pub const PROFILE: &str = "/profile";
/// Where the signed-in person is signed in, and the target of its form.
pub const SESSIONS: &str = "/sessions";
/// Takes the header's sign-out form; it has no page.
pub const SIGN_OUT: &str = "/sign-out";
/// Takes the footer's form: language and colours.
pub const PREFERENCES: &str = "/preferences";
/// The language in it.
pub const LANGUAGE: &str = "language";
/// The colours in it.
pub const THEME: &str = "theme";
/// The operator's own files, below it.
pub const BRAND: &str = "/brand";
/// What holds for people who use a keyboard, a screen reader, large text.
pub const ACCESSIBILITY: &str = "/accessibility";
/// Where a password link leads, and the target of its form.
pub const SET_PASSWORD: &str = "/set-password";
/// Where a password link holds its token: on the way to a cookie, once.
pub const TOKEN: &str = "token";
/// Which account a form for a new password was shown for.
pub const ACCOUNT: &str = "account";
/// Where the sign-in page finds the path to come back to.
pub const NEXT: &str = "next";
/// Tells the forms of one page apart: `/profile?form=password`.
pub const FORM: &str = "form";

/// The server functions: the browser's door when WASM runs.
pub mod rpc {
    /// Prefix of every server function.
    pub const PREFIX: &str = "/rpc";
    /// `pages::registration::rpc::sign_up`
    pub const SIGN_UP: &str = "/rpc/sign_up";
    /// `pages::registration::rpc::check_username`
    pub const CHECK_USERNAME: &str = "/rpc/check_username";
    /// `pages::sign_in::rpc::sign_in`
    pub const SIGN_IN: &str = "/rpc/sign_in";
    /// `pages::sign_out::rpc::sign_out`
    pub const SIGN_OUT: &str = "/rpc/sign_out";
    /// `pages::password_links::rpc::set_password`
    pub const SET_PASSWORD: &str = "/rpc/set_password";
    /// `pages::session_list::rpc::end_sessions`
    pub const END_SESSIONS: &str = "/rpc/end_sessions";
    /// `pages::profile::rpc::update_profile`
    pub const UPDATE_PROFILE: &str = "/rpc/update_profile";
    /// `pages::profile::rpc::change_password`
    pub const CHANGE_PASSWORD: &str = "/rpc/change_password";
    /// `pages::profile::rpc::delete_account`
    pub const DELETE_ACCOUNT: &str = "/rpc/delete_account";
}

/// The REST API, whose clients bring tokens instead of cookies. `POST` of JSON to [`REGISTER`] belongs to it too.
pub mod api {
    /// Tokens for a password.
    pub const TOKEN: &str = "/token";
    /// New tokens for a refresh token.
    pub const REFRESH: &str = "/refresh";
    /// Ends a session.
    pub const LOGOUT: &str = "/logout";
    /// An example of a route that wants a token.
    pub const PROTECTED: &str = "/protected";
    /// All accounts, for administrators; each one stands below, by its number.
    pub const USERS: &str = "/users";
    /// One of them.
    pub const USER: &str = "/users/{id}";
    /// Forgets the failed sign-ins of one of them.
    pub const USER_UNLOCK: &str = "/users/{id}/unlock";
    /// The caller's own account.
    pub const ME: &str = "/users/me";
    /// The caller's own password.
    pub const MY_PASSWORD: &str = "/users/me/password";
    /// The caller's own sessions.
    pub const MY_SESSIONS: &str = "/users/me/sessions";
    /// One of them.
    pub const MY_SESSION: &str = "/users/me/sessions/{id}";
    /// Somebody's sessions.
    pub const USER_SESSIONS: &str = "/users/{id}/sessions";
    /// The public keys (RFC 7517).
    pub const KEYS: &str = "/.well-known/jwks.json";
    /// What the API takes and gives.
    pub const OPENAPI: &str = "/openapi.json";
    /// The page to try the API out.
    pub const DOCS: &str = "/docs";
    /// The page to read about it.
    pub const REDOC: &str = "/redoc";
    /// Whether the process lives.
    pub const HEALTH: &str = "/healthz";
    /// Whether it can work.
    pub const READINESS: &str = "/readyz";
}

/// Where the form named `form` of the profile page posts to without WASM.
pub fn profile_form(form: crate::domain::FormName) -> String {
    format!("{PROFILE}?{FORM}={}", form.as_str())
}

/// The path of a password link. A token has only characters that need no encoding.
pub fn password_link(token: &str) -> String {
    format!("{SET_PASSWORD}?{TOKEN}={token}")
}

/// The sign-in page that returns to `next` afterwards.
pub fn login_returning_to(next: &str) -> String {
    returning_to(LOGIN, next)
}

/// The page at `path` that leads on to `next`, which is one of our own paths, so that percent-encoding it is enough.
pub fn returning_to(path: &str, next: &str) -> String {
    let mut encoded = String::with_capacity(next.len());
    for byte in next.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{path}?{NEXT}={encoded}")
}
