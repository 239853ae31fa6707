//! How the API refuses: problem details (RFC 9457) with the `detail` and `status_code` that clients of the tutorial read.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AuthError, Field, Problem as Fault, text};
use crate::server::envelope::Envelope;
use crate::server::error::{code, oauth_error, retry_after, status};
use crate::server::language;

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(description = "Problem details (RFC 9457).")]
pub struct Problem {
    /// Always `about:blank`: `code` tells refusals apart.
    #[schema(example = "about:blank")]
    pub r#type: &'static str,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 401)]
    pub status: u16,
    /// The HTTP status again, under the name that clients of FastAPI know.
    #[schema(minimum = 400, maximum = 599, example = 401)]
    pub status_code: u16,
    /// What happened and what to do, for people.
    #[schema(example = "Incorrect username, e-mail address or password.")]
    pub detail: String,
    /// The same for programs; it never changes.
    #[schema(example = "invalid_credentials")]
    pub code: &'static str,
    /// The same in the words of OAuth 2.0, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_grant", nullable = false)]
    pub error: Option<&'static str>,
    /// Names the request in the server's log.
    #[schema(example = "3QxJ1c0hT5mY7bVn2kRw9g")]
    pub request_id: String,
    /// The refused fields, when there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
}

/// A refused field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Its name in the body or the query.
    #[schema(example = "email")]
    pub field: String,
    /// What is wrong, for programs.
    #[schema(example = "taken")]
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    #[schema(example = "There is an account with that e-mail address already. Sign in, or use another.")]
    pub message: String,
    /// The fewest or most characters, where that is what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 64)]
    pub limit: Option<u16>,
}

/// A refusal on its way out of a handler.
#[derive(Clone, Debug)]
pub struct Refusal {
    error: AuthError,
    errors: Vec<FieldProblem>,
}

impl Refusal {
    /// Refuses fields that no service has seen.
    pub fn of_fields(errors: Vec<FieldProblem>) -> Self {
        Self { error: AuthError::Invalid(crate::domain::FieldErrors::default()), errors }
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let errors = match &error {
            AuthError::Invalid(errors) => {
                errors.iter().map(|error| field_problem(error.field, error.problem)).collect()
            }
            _ => Vec::new(),
        };
        Self { error, errors }
    }
}

impl IntoResponse for Refusal {
    /// Only a note: [`complete`] writes the answer, which names the request.
    fn into_response(self) -> Response {
        let mut response = status(&self.error).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns the notes of refused handlers into answers.
pub async fn complete(request: Request, next: Next) -> Response {
    let request_id = Envelope::id_of(&request).to_owned();
    let mut response = next.run(request).await;
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let mut answer = problem(&refusal, &request_id);
    if let Some(allowed) = response.headers_mut().remove(ALLOW) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

/// What a refusal says of itself as JSON, for the description's examples.
pub fn problem_of(refusal: &Refusal, request_id: &str) -> serde_json::Value {
    serde_json::json!(body(refusal, request_id))
}

fn body(refusal: &Refusal, request_id: &str) -> Problem {
    let status = status(&refusal.error);
    Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        status_code: status.as_u16(),
        detail: detail(refusal),
        code: code(&refusal.error),
        error: oauth_error(&refusal.error),
        request_id: request_id.to_owned(),
        errors: refusal.errors.clone(),
    }
}

/// Refused fields are named here too, for clients that read nothing else, as those of the tutorial do.
fn detail(refusal: &Refusal) -> String {
    let errors = refusal.errors.iter().map(|error| match error.code {
        "unknown" | "wrong_type" | "required" => format!("{}: {}", error.field, error.message),
        _ => error.message.clone(),
    });
    let sentences: Vec<_> = errors.collect();
    if sentences.is_empty() { text::api::detail(language::current(), &refusal.error) } else { sentences.join(" ") }
}

/// The whole answer.
pub fn problem(refusal: &Refusal, request_id: &str) -> Response {
    let status = status(&refusal.error);
    let mut response = (status, Json(body(refusal, request_id))).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::current().tag()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, challenge(&refusal.error));
    }
    retry_after(&refusal.error, headers);
    response
}

/// RFC 6750 §3: who brought no token learns only that one is wanted.
fn challenge(error: &AuthError) -> HeaderValue {
    HeaderValue::from_static(match error {
        AuthError::ExpiredToken => {
            r#"Bearer realm="latchkey", error="invalid_token", error_description="The access token has expired""#
        }
        AuthError::InvalidToken | AuthError::InvalidRefreshToken => {
            r#"Bearer realm="latchkey", error="invalid_token", error_description="The token is not valid""#
        }
        AuthError::WrongTokenKind => {
            r#"Bearer realm="latchkey", error="invalid_token", error_description="The token is of the wrong kind""#
        }
        AuthError::SessionEnded => {
            r#"Bearer realm="latchkey", error="invalid_token", error_description="The session of this token has ended""#
        }
        _ => r#"Bearer realm="latchkey""#,
    })
}

/// What is told of a field that a service has refused.
fn field_problem(field: Field, problem: Fault) -> FieldProblem {
    let (code, limit) = match problem {
        Fault::Required => ("required", None),
        Fault::Invalid => ("invalid", None),
        Fault::Characters => ("characters", None),
        Fault::TooShort(least) => ("too_short", Some(least)),
        Fault::TooLong(most) => ("too_long", Some(most)),
        Fault::Taken => ("taken", None),
        Fault::Common => ("common", None),
        Fault::Wrong => ("wrong", None),
        Fault::Unknown => ("undefined", None),
    };
    FieldProblem {
        field: field.as_str().to_owned(),
        code,
        message: text::problem(language::current(), field, problem),
        limit,
    }
}
