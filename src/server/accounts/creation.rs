//! How an account is made, whoever asks for it: registration and administration both come here.
//!
//! 1. Every field is parsed, so that all that is wrong is said at once.
//! 2. A common password is refused in production and warned about in development (PWD-3).
//! 3. A taken e-mail address or username is named; the database's unique index decides when two come at once (REG-2).
//! 4. The password is hashed, the account made.

use crate::domain::{
    AccountId, AccountView, AuthError, EmailAddress, Field, FieldErrors, NewPassword, Password, PersonName, Problem,
    Role, Username,
};
use crate::server::crypto::{StoredHash, random_bytes};
use crate::server::passwords::refuse_common;
use crate::server::state::AppState;
use crate::server::store::{AccountRow, NewAccount};

/// What somebody typed, and what the caller's service has decided.
#[derive(Debug)]
pub struct NewAccountFields {
    /// E-mail address.
    pub email: String,
    /// Username.
    pub username: String,
    /// Password; without one nobody can sign in until it is set.
    pub password: Option<Password>,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
    /// The role that it is given, one that is defined. Never from a form (REG-5).
    pub role: Option<Role>,
}

struct Parsed {
    email: EmailAddress,
    username: Username,
    password: Option<NewPassword>,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    role: Option<Role>,
}

/// Makes an account. Who may ask for one is the caller's business.
///
/// # Errors
/// [`AuthError::Invalid`] with every refused field, [`AuthError::Busy`], [`AuthError::Unavailable`].
pub async fn create(state: &AppState, fields: NewAccountFields) -> Result<AccountRow, AuthError> {
    let parsed = parse(state, fields).await?;
    refuse_taken(state, &parsed).await?;
    keep(state, &parsed).await
}

/// Steps 1 and 2.
async fn parse(state: &AppState, fields: NewAccountFields) -> Result<Parsed, AuthError> {
    let mut errors = FieldErrors::default();
    let email = errors.take(Field::Email, EmailAddress::parse(&fields.email));
    let username = errors.take(Field::Username, Username::parse(&fields.username));
    let first_name = errors.take(Field::FirstName, PersonName::parse(&fields.first_name));
    let last_name = errors.take(Field::LastName, PersonName::parse(&fields.last_name));
    let password = fields.password.map(|password| NewPassword::parse(password, state.password_policy())).transpose();
    let password = errors.take(Field::Password, password);
    let role =
        errors.take(Field::Roles, fields.role.map(|role| state.config.roles.check(&role).map(|()| role)).transpose());
    let (Some(email), Some(username), Some(password), Some(first_name), Some(last_name), Some(role)) =
        (email, username, password, first_name, last_name, role)
    else {
        return Err(errors.into());
    };
    if let Some(password) = &password {
        let names = [&first_name, &last_name].into_iter().flatten().map(PersonName::as_str);
        let own_words: Vec<_> =
            [email.as_str(), username.as_str()].into_iter().chain(names).map(str::to_owned).collect();
        refuse_common(state, Field::Password, password, &own_words).await?;
    }
    Ok(Parsed { email, username, password, first_name, last_name, role })
}

/// Step 3, for the answer that names both fields at once.
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

/// Step 4.
async fn keep(state: &AppState, parsed: &Parsed) -> Result<AccountRow, AuthError> {
    let password_hash = match &parsed.password {
        Some(password) => state.hasher.hash(password).await?,
        None => StoredHash::no_password(),
    };
    let id = AccountId::from_random(u64::from_le_bytes(random_bytes()?)).ok_or(AuthError::Internal)?;
    let now = state.clock.now();
    let new = NewAccount {
        id,
        email: &parsed.email,
        username: &parsed.username,
        first_name: parsed.first_name.as_ref(),
        last_name: parsed.last_name.as_ref(),
        password_hash: &password_hash,
        role: parsed.role.clone(),
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
        roles: Role::held(parsed.role.clone()),
        created_at: now,
        updated_at: now,
        last_login: None,
    };
    Ok(AccountRow { view, password_hash })
}
