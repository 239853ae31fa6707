//! `POST /register` with JSON.

use axum::Json;
use axum::extract::State;
use utoipa::ToSchema;

use super::service::{self, Input};
use crate::domain::{Field, Password};
use crate::paths;
use crate::server::caller::Caller;
use crate::server::rest::body::{Body, Fields, JsonBody};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::schema::Account;
use crate::server::state::AppState;

/// A new account.
#[derive(ToSchema)]
pub struct Registration {
    /// One e-mail address. Letters count alike in both cases.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "user@example.com")]
    pub email: String,
    /// Letters and digits of any script, `_` and `-`, the latter not in front. Letters count alike in both cases.
    #[schema(min_length = 1, max_length = 64, example = "testuser")]
    pub username: String,
    /// At least 8 characters, or more if the operator says so. Nothing but the length counts, in production also whether
    /// guessers try it first.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, example = "password123")]
    pub password: Password,
    /// Given name, if it is to be known.
    #[schema(max_length = 100, example = "Ada")]
    pub first_name: Option<String>,
    /// Family name, if it is to be known.
    #[schema(max_length = 100, example = "Lovelace")]
    pub last_name: Option<String>,
}

impl Body for Registration {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text(Field::Email.as_str()),
            username: fields.text(Field::Username.as_str()),
            password: fields.password(Field::Password),
            first_name: fields.nullable_text(Field::FirstName.as_str()),
            last_name: fields.nullable_text(Field::LastName.as_str()),
        }
    }
}

/// Make an account
///
/// It begins no session: get tokens with `POST /token`. A taken e-mail address or username is a 400 that names it. The same
/// address shows browsers the registration page.
#[utoipa::path(
    post,
    path = paths::REGISTER,
    tag = "Account",
    operation_id = "register",
    request_body = Registration,
    responses(
        (status = 200, description = "The new account.", body = Account),
        (status = 403, description = "Registration is closed.", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "Too many registrations from this address; `Retry-After` says for how long.",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn register(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(body): JsonBody<Registration>,
) -> Result<Json<Account>, Refusal> {
    let input = Input {
        email: body.email,
        username: body.username,
        password: body.password,
        first_name: body.first_name.unwrap_or_default(),
        last_name: body.last_name.unwrap_or_default(),
    };
    Ok(Json(service::register(&state, &caller, input).await?.view.into()))
}
