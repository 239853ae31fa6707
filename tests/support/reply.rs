//! An answer, read whole, and the verdict in it: the same for every door.

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use latchkey::domain::{Accepted, AuthError, Field, FieldErrors, Problem, Refused};
use latchkey::server::error::code;
use serde_json::Value;

/// What a door decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Taken; go there.
    Accepted(String),
    /// Refused, and why.
    Refused(AuthError),
}

impl Verdict {
    /// Taken; go to `path`.
    pub fn goes_to(path: &str) -> Self {
        Self::Accepted(path.to_owned())
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as text.
    pub body: String,
}

impl Reply {
    /// Reads an answer to its end.
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All `Set-Cookie` headers.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Everything said, less the cookies, where tokens belong.
    pub fn said(&self) -> String {
        let headers = self.headers.iter().filter(|(name, _)| *name != header::SET_COOKIE);
        let headers: String = headers.map(|(name, value)| format!("{name}: {value:?}\n")).collect();
        format!("{}\n{headers}\n{}", self.status, self.body)
    }

    /// What the door decided: a server function says it in JSON, a page in a redirect or in the words at its form.
    pub fn verdict(&self) -> Verdict {
        if self.status == StatusCode::SEE_OTHER {
            return Verdict::goes_to(self.header("location"));
        }
        // The page for a link that does not work has no form.
        if self.status == StatusCode::GONE && self.header("content-type").starts_with("text/html") {
            return Verdict::Refused(AuthError::LinkExpired);
        }
        if self.header("content-type").starts_with("application/json") {
            return match serde_json::from_str::<Accepted>(&self.body) {
                Ok(accepted) => Verdict::Accepted(accepted.redirect_to),
                Err(_) => Verdict::Refused(serde_json::from_str::<Refused>(&self.body).unwrap().error),
            };
        }
        Verdict::Refused(self.refused_on_page().unwrap_or_else(|| panic!("no verdict in {}", self.said())))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// What the API decided: any success, or the refusal that its problem details describe.
    pub fn api_verdict(&self) -> Result<(), AuthError> {
        if self.status.is_success() {
            return Ok(());
        }
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.said());
        let problem = self.json();
        let status = u64::from(self.status.as_u16());
        assert_eq!((problem["status"].as_u64(), problem["status_code"].as_u64()), (Some(status), Some(status)));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 8), "{problem}");
        assert_eq!(problem["request_id"].as_str(), Some(self.header("x-request-id")));
        if problem["code"] == "too_many_attempts" {
            let retry_after_seconds = self.header("retry-after").parse().unwrap();
            return Err(AuthError::TooManyAttempts { retry_after_seconds });
        }
        if problem["code"] != "invalid" {
            let found = REFUSALS.iter().find(|error| code(error) == problem["code"]);
            return Err(found.unwrap_or_else(|| panic!("unknown code in {problem}")).clone());
        }
        let mut errors = FieldErrors::default();
        for error in problem["errors"].as_array().unwrap() {
            let field = FIELDS.into_iter().find(|field| field.as_str() == error["field"]);
            errors.add(field.unwrap_or_else(|| panic!("no field of a form: {error}")), problem_of(error));
        }
        Err(errors.into())
    }
}

pub(super) const FIELDS: [Field; 9] = [
    Field::Email,
    Field::Username,
    Field::Password,
    Field::CurrentPassword,
    Field::NewPassword,
    Field::FirstName,
    Field::LastName,
    Field::Confirm,
    Field::Keep,
];

const REFUSALS: [AuthError; 19] = [
    AuthError::InvalidCredentials,
    AuthError::Unauthenticated,
    AuthError::InactiveAccount,
    AuthError::ExpiredToken,
    AuthError::InvalidToken,
    AuthError::WrongTokenKind,
    AuthError::InvalidRefreshToken,
    AuthError::SessionEnded,
    AuthError::TokenInQuery,
    AuthError::ReauthenticationRequired,
    AuthError::UnsupportedGrantType,
    AuthError::UnauthorizedClient,
    AuthError::Forbidden,
    AuthError::LastAdmin,
    AuthError::SignUpClosed,
    AuthError::NotFound,
    AuthError::MethodNotAllowed,
    AuthError::Malformed,
    AuthError::UnsupportedMediaType,
];

fn problem_of(error: &Value) -> Problem {
    let limit = || u16::try_from(error["limit"].as_u64().unwrap()).unwrap();
    match error["code"].as_str().unwrap() {
        "required" => Problem::Required,
        "invalid" => Problem::Invalid,
        "characters" => Problem::Characters,
        "too_short" => Problem::TooShort(limit()),
        "too_long" => Problem::TooLong(limit()),
        "taken" => Problem::Taken,
        "common" => Problem::Common,
        "wrong" => Problem::Wrong,
        other => panic!("no problem of a form: {other}"),
    }
}
