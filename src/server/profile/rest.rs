//! `/users/me` and what belongs to it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;

use super::service::{self, DeletionInput, PasswordInput, ProfileInput};
use crate::domain::{Field, Password, text};
use crate::paths;
use crate::server::language::{self, say};
use crate::server::rest::bearer::Bearer;
use crate::server::rest::body::{Body, Fields, JsonBody, OptionalJsonBody};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::refused::{LastAdministrator, NoProof, TooManyGuesses};
use crate::server::rest::schema::{Account, Message};
use crate::server::state::AppState;

/// What to change; what is left out stays as it is.
#[derive(ToSchema)]
#[schema(example = json!({"first_name": "Ada"}))]
pub struct ProfileChange {
    /// A new e-mail address.
    #[schema(format = Email, min_length = 3, max_length = 254, nullable = false, example = "new@example.com")]
    pub email: Option<String>,
    /// A new username.
    #[schema(min_length = 1, max_length = 64, nullable = false, example = "newname")]
    pub username: Option<String>,
    /// A new given name; null or empty removes it.
    #[schema(max_length = 100, example = "Ada")]
    pub first_name: Option<String>,
    /// A new family name; null or empty removes it.
    #[schema(max_length = 100, example = "Lovelace")]
    pub last_name: Option<String>,
    /// Needed for a new e-mail address when the sign-in is more than five minutes old; else it may be empty.
    #[schema(value_type = String, required = false, format = Password, max_length = 256, example = "password123")]
    pub current_password: Option<Password>,
}

impl Body for ProfileChange {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.optional_text(Field::Email.as_str()),
            username: fields.optional_text(Field::Username.as_str()),
            first_name: fields.nullable_text(Field::FirstName.as_str()),
            last_name: fields.nullable_text(Field::LastName.as_str()),
            current_password: fields.optional_password(Field::CurrentPassword),
        }
    }
}

/// The old password and the new one.
#[derive(ToSchema)]
pub struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 256, example = "password123")]
    pub current_password: Password,
    /// The password to change to.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, example = "several unrelated words")]
    pub new_password: Password,
}

impl Body for PasswordChange {
    fn read(fields: &mut Fields) -> Self {
        Self {
            current_password: fields.password(Field::CurrentPassword),
            new_password: fields.password(Field::NewPassword),
        }
    }
}

/// A proof of who asks; none is needed within five minutes of signing in.
#[derive(ToSchema)]
#[schema(example = json!({"current_password": "password123"}))]
pub struct Proof {
    /// The present password.
    #[schema(value_type = String, required = false, format = Password, min_length = 1, max_length = 256)]
    pub current_password: Option<Password>,
    /// The same under a shorter name: one of the two.
    #[schema(value_type = String, required = false, format = Password, min_length = 1, max_length = 256)]
    pub password: Option<Password>,
}

impl Body for Proof {
    fn read(fields: &mut Fields) -> Self {
        let current_password = fields.optional_password(Field::CurrentPassword);
        let password = fields.optional_password(Field::Password);
        if current_password.is_some() && password.is_some() {
            fields.refuse(Field::Password.as_str(), "invalid", say(text::api::ONE_PASSWORD));
        }
        Self { current_password, password }
    }
}

/// Show your account
#[utoipa::path(
    get,
    path = paths::api::ME,
    tag = "Account",
    operation_id = "show_me",
    security(("OAuth2PasswordBearer" = [])),
    responses((status = 200, description = "Your account.", body = Account))
)]
pub async fn show(State(state): State<AppState>, Bearer(caller): Bearer) -> Result<Json<Account>, Refusal> {
    Ok(Json(service::show(&state, &caller, ()).await?.into()))
}

/// Change your account, as PATCH does
///
/// Changes what is named and leaves the rest: this is how the tutorial's clients use it.
#[utoipa::path(
    put,
    path = paths::api::ME,
    tag = "Account",
    operation_id = "replace_me",
    security(("OAuth2PasswordBearer" = [])),
    request_body = ProfileChange,
    responses(
        (status = 200, description = "Your account as it is now.", body = Account),
        NoProof,
        TooManyGuesses
    )
)]
pub async fn replace(
    state: State<AppState>,
    bearer: Bearer,
    body: JsonBody<ProfileChange>,
) -> Result<Json<Account>, Refusal> {
    update(state, bearer, body).await
}

/// Change your account
///
/// A new e-mail address takes `current_password`, or a sign-in less than five minutes old. A taken e-mail address or username
/// is a 400 that names it.
#[utoipa::path(
    patch,
    path = paths::api::ME,
    tag = "Account",
    operation_id = "change_me",
    security(("OAuth2PasswordBearer" = [])),
    request_body = ProfileChange,
    responses(
        (status = 200, description = "Your account as it is now.", body = Account),
        NoProof,
        TooManyGuesses
    )
)]
pub async fn update(
    State(state): State<AppState>,
    Bearer(caller): Bearer,
    JsonBody(body): JsonBody<ProfileChange>,
) -> Result<Json<Account>, Refusal> {
    let input = ProfileInput {
        email: body.email,
        username: body.username,
        first_name: body.first_name,
        last_name: body.last_name,
        current_password: body.current_password,
    };
    Ok(Json(service::update_profile(&state, &caller, input).await?.account.into()))
}

/// Change your password
///
/// Ends all of your other sessions. A wrong `current_password` is a 422 on that field.
#[utoipa::path(
    post,
    path = paths::api::MY_PASSWORD,
    tag = "Account",
    operation_id = "change_my_password",
    security(("OAuth2PasswordBearer" = [])),
    request_body = PasswordChange,
    responses((status = 204, description = "The password is changed."), TooManyGuesses)
)]
pub async fn change_password(
    State(state): State<AppState>,
    Bearer(caller): Bearer,
    JsonBody(body): JsonBody<PasswordChange>,
) -> Result<StatusCode, Refusal> {
    let input = PasswordInput { current_password: body.current_password, new_password: body.new_password };
    service::change_password(&state, &caller, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete your account
///
/// For good, with everything in it. The last active administrator stays.
#[utoipa::path(
    delete,
    path = paths::api::ME,
    tag = "Account",
    operation_id = "delete_me",
    security(("OAuth2PasswordBearer" = [])),
    request_body = Proof,
    responses(
        (status = 200, description = "The account is gone.", body = Message),
        (status = 403, description = "It needs current_password, or a sign-in less than five minutes old.",
         body = Problem, content_type = "application/problem+json"),
        LastAdministrator,
        TooManyGuesses
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    Bearer(caller): Bearer,
    OptionalJsonBody(body): OptionalJsonBody<Proof>,
) -> Result<Json<Message>, Refusal> {
    let input = DeletionInput { current_password: body.current_password.or(body.password), confirmed: true };
    service::delete_account(&state, &caller, input).await?;
    Ok(Json(Message { message: say(text::api::ACCOUNT_DELETED).to_owned() }))
}

/// A route that wants a token
///
/// For trying one out.
#[utoipa::path(
    get,
    path = paths::api::PROTECTED,
    tag = "Account",
    operation_id = "protected",
    security(("OAuth2PasswordBearer" = [])),
    responses((status = 200, description = "You got through.", body = Message))
)]
pub async fn protected(State(state): State<AppState>, Bearer(caller): Bearer) -> Result<Json<Message>, Refusal> {
    let account = service::show(&state, &caller, ()).await?;
    Ok(Json(Message { message: text::api::greeting(language::current(), &account.username) }))
}
