//! The rule of registration. Every door leads here.
//!
//! 1. Sign-up must be open (REG-6).
//! 2. Every field is parsed, so that all that is wrong is said at once.
//! 3. A common password is refused in production and warned about in development (PWD-3).
//! 4. A taken e-mail address or username is named; the database's unique index decides when two come at once (REG-2).
//! 5. The password is hashed, the account made, the first session begun.

use crate::domain::{
    AccountId, AccountView, AuthError, EmailAddress, Field, FieldErrors, NewPassword, Password, PersonName, Problem,
    Username,
};
use crate::server::caller::Caller;
use crate::server::crypto::random_bytes;
use crate::server::passwords::refuse_common;
use crate::server::sessions::service::{self as sessions, IssuedTokens};
use crate::server::state::AppState;
use crate::server::store::{AccountRow, NewAccount};

/// What somebody typed.
#[derive(Debug)]
pub struct Input {
    /// E-mail address.
    pub email: String,
    /// Username.
    pub username: String,
    /// Password.
    pub password: Password,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
}

/// A new account, signed in.
#[derive(Debug)]
pub struct Registered {
    /// The account.
    pub account: AccountView,
    /// Its first session's tokens.
    pub tokens: IssuedTokens,
}

struct Parsed {
    email: EmailAddress,
    username: Username,
    password: NewPassword,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
}

/// Registers and signs in.
///
/// # Errors
/// [`AuthError::SignUpClosed`], [`AuthError::Invalid`] with every refused field, [`AuthError::Busy`],
/// [`AuthError::Unavailable`].
pub async fn sign_up(state: &AppState, caller: &Caller, input: Input) -> Result<Registered, AuthError> {
    if !state.is_sign_up_open() {
        return Err(AuthError::SignUpClosed);
    }
    let parsed = parse(state, input).await?;
    refuse_taken(state, &parsed).await?;
    let account = create(state, &parsed).await?;
    let begun = sessions::begin(state, caller, &account, None).await?;
    let tokens = begun.ok_or(AuthError::Unauthenticated)?;
    Ok(Registered { account: account.view, tokens })
}

/// Steps 2 and 3.
async fn parse(state: &AppState, input: Input) -> Result<Parsed, AuthError> {
    let mut errors = FieldErrors::default();
    let email = errors.take(Field::Email, EmailAddress::parse(&input.email));
    let username = errors.take(Field::Username, Username::parse(&input.username));
    let first_name = errors.take(Field::FirstName, PersonName::parse(&input.first_name));
    let last_name = errors.take(Field::LastName, PersonName::parse(&input.last_name));
    let password = errors.take(Field::Password, NewPassword::parse(input.password, state.password_policy()));
    let (Some(email), Some(username), Some(password), Some(first_name), Some(last_name)) =
        (email, username, password, first_name, last_name)
    else {
        return Err(errors.into());
    };
    let names = [&first_name, &last_name].into_iter().flatten().map(PersonName::as_str);
    let own_words: Vec<_> = [email.as_str(), username.as_str()].into_iter().chain(names).map(str::to_owned).collect();
    refuse_common(state, Field::Password, &password, &own_words).await?;
    Ok(Parsed { email, username, password, first_name, last_name })
}

/// Step 4, for the answer that names both fields at once.
async fn refuse_taken(state: &AppState, parsed: &Parsed) -> Result<(), AuthError> {
    let mut errors = FieldErrors::default();
    if state.store.is_email_taken(&parsed.email).await? {
        errors.add(Field::Email, Problem::Taken);
    }
    if state.store.is_username_taken(&parsed.username).await? {
        errors.add(Field::Username, Problem::Taken);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// Step 5.
async fn create(state: &AppState, parsed: &Parsed) -> Result<AccountRow, AuthError> {
    let password_hash = state.hasher.hash(&parsed.password).await?;
    let id = AccountId::from_random(u64::from_le_bytes(random_bytes()?)).ok_or(AuthError::Internal)?;
    let now = state.clock.now();
    let new = NewAccount {
        id,
        email: &parsed.email,
        username: &parsed.username,
        first_name: parsed.first_name.as_ref(),
        last_name: parsed.last_name.as_ref(),
        password_hash: &password_hash,
        now,
    };
    state.store.create_account(&new).await?;
    let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    let view = AccountView {
        id,
        email: parsed.email.as_str().to_owned(),
        username: parsed.username.as_str().to_owned(),
        first_name: name(&parsed.first_name),
        last_name: name(&parsed.last_name),
        is_active: true,
        email_verified: false,
        roles: Vec::new(),
        created_at: now,
        updated_at: now,
        last_login: None,
    };
    Ok(AccountRow { view, password_hash })
}
