//! `POST /token`: tokens for a password.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use utoipa::ToSchema;

use super::service::{self, Input};
use crate::domain::{AuthError, Field, Password};
use crate::paths;
use crate::server::caller::Caller;
use crate::server::rest::body::{Body, Fields, JsonOrForm};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::refused::TooManyGuesses;
use crate::server::rest::schema::{TokenAnswer, Tokens, token_answer};
use crate::server::sessions::service::Means;
use crate::server::state::AppState;

/// The one grant that there is.
const PASSWORD: &str = "password";

/// The OAuth2 password form (RFC 6749 §4.3.2), also as JSON.
#[derive(ToSchema)]
pub struct Credentials {
    /// Username or e-mail address.
    #[schema(min_length = 1, example = "testuser")]
    pub username: String,
    /// Password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 256, example = "password123")]
    pub password: Password,
    /// `password`, or nothing.
    #[schema(pattern = "^(password)?$", nullable = false, example = "password")]
    pub grant_type: Option<String>,
    /// Taken for the sake of OAuth2 clients, and not looked at: roles decide.
    #[schema(nullable = false, example = "")]
    pub scope: Option<String>,
    /// Empty, for the sake of OAuth2 clients: clients are not known here.
    #[schema(max_length = 0, nullable = false, example = "")]
    pub client_id: Option<String>,
    /// Empty, for the sake of OAuth2 clients: clients are not known here.
    #[schema(max_length = 0, nullable = false, example = "")]
    pub client_secret: Option<String>,
}

impl Body for Credentials {
    const PASSES_OVER_UNKNOWN: bool = true;

    fn read(fields: &mut Fields) -> Self {
        Self {
            username: fields.text(Field::Username.as_str()),
            password: fields.password(Field::Password),
            grant_type: fields.optional_text("grant_type"),
            scope: fields.optional_text("scope"),
            client_id: fields.optional_text("client_id"),
            client_secret: fields.optional_text("client_secret"),
        }
    }
}

/// Sign in
///
/// Gives an access token for some minutes and a refresh token for the next pair. An unknown account, a wrong password and a
/// disabled account are not told apart. This is Latchkey's own way in, not a grant for OAuth2 clients (RFC 9700 §2.4).
#[utoipa::path(
    post,
    path = paths::api::TOKEN,
    tag = "Session",
    operation_id = "token",
    request_body(content((Credentials = "application/x-www-form-urlencoded"), (Credentials = "application/json"))),
    responses(
        (status = 200, description = "A new session's tokens.", body = Tokens),
        (status = 401, description = "Not this username and password.", body = Problem,
         content_type = "application/problem+json"),
        TooManyGuesses
    )
)]
pub async fn token(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    JsonOrForm(body): JsonOrForm<Credentials>,
) -> Result<TokenAnswer, Refusal> {
    check_client(&headers, &body)?;
    if !state.config.password_tokens || !matches!(body.grant_type.as_deref(), None | Some("" | PASSWORD)) {
        return Err(AuthError::UnsupportedGrantType.into());
    }
    let input = Input { username: body.username, password: body.password, means: Means::API };
    let signed_in = service::sign_in(&state, &caller, input).await?;
    Ok(token_answer(&state, signed_in.tokens))
}

/// LOG-8: a client that says who it is expects a grant of its own, which this is not. Swagger UI names an empty one.
fn check_client(headers: &HeaderMap, body: &Credentials) -> Result<(), AuthError> {
    let is_named = |part: &Option<String>| part.as_deref().is_some_and(|text| !text.is_empty());
    let names_client = |value: &HeaderValue| {
        let (scheme, client) = value.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
        let pair = STANDARD.decode(client.trim());
        scheme.eq_ignore_ascii_case("basic") && pair.map_or(true, |pair| !pair.is_empty() && pair != b":")
    };
    let in_header = headers.get_all(header::AUTHORIZATION).iter().any(names_client);
    if is_named(&body.client_id) || is_named(&body.client_secret) || in_header {
        return Err(AuthError::UnauthorizedClient);
    }
    Ok(())
}
