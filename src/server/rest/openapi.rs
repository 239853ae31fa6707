//! What the API says about itself (OpenAPI 3.1), made from its handlers; what many of them share is added here once.

use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema as _};

use super::problem::{Problem, problem_of};
use crate::domain::{AuthError, Field, Problem as Fault};
use crate::paths;

/// The name under which FastAPI's own documents have it.
const SCHEME: &str = "OAuth2PasswordBearer";
/// Bodies of OAuth 2.0, which may hold more than is known here (RFC 6749 §3.2).
const OPEN: [&str; 3] = ["Credentials", "LogoutRequest", "RefreshRequest"];
/// Bodies that may be left out altogether.
const OPTIONAL: [&str; 2] = ["LogoutRequest", "Proof"];
/// The request that the examples speak of.
const EXAMPLE_ID: &str = "3QxJ1c0hT5mY7bVn2kRw9g";
/// Those that may find a name or address taken.
const NAMING: [&str; 3] = ["register", "replace_me", "change_me"];
const PROBLEM: &str = "application/problem+json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Latchkey",
        description = "Accounts for your application: registration, sign-in, profile, administration.\n\n\
            Get tokens with `POST /token` and send the access token as `Authorization: Bearer …`; get the next pair with \
            `POST /refresh` before it expires. Refusals are problem details (RFC 9457); `code` tells them apart. \
            Bodies with fields that a route does not know are refused, but for those of OAuth 2.0: `/token`, `/refresh`, `/logout`.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem)),
    tags(
        (name = "Account", description = "Your own account."),
        (name = "Session", description = "Tokens: get them, renew them, end them."),
        (name = "Administration", description = "Other people's accounts, for administrators."),
        (name = "Service", description = "The service itself.")
    )
)]
struct Outline;

/// The document.
///
/// JSON for Swagger UI, Postman and generators of clients.
#[utoipa::path(
    get,
    path = paths::api::OPENAPI,
    tag = "Service",
    operation_id = "openapi",
    responses((status = 200, description = "This document.", body = Object))
)]
pub async fn document() -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text())
}

/// The document as it is served and printed.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = describe().to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

/// Every operation with all that it may answer.
pub fn describe() -> OpenApi {
    let (_, routes) = super::routes().split_for_parts();
    let mut document = Outline::openapi();
    document.merge(routes);
    let bodies: Vec<String> = document.paths.paths.values_mut().flat_map(operations).flat_map(complete).collect();
    if let Some(components) = &mut document.components {
        let token_url = Password::new(paths::api::TOKEN, Scopes::new());
        let scheme = SecurityScheme::OAuth2(OAuth2::with_description(
            [Flow::Password(token_url)],
            "Username or e-mail address, and password. Leave the client's fields empty.",
        ));
        components.add_security_scheme(SCHEME, scheme);
        for name in bodies.into_iter().filter(|name| !OPEN.contains(&&**name)) {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
    document
}

/// Each with whether it changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [(false, get), (true, put), (true, post), (true, delete), (true, patch)];
    all.into_iter().filter_map(|(is_unsafe, operation)| Some((is_unsafe, operation.as_mut()?)))
}

/// Adds the refusals that an operation shares with all of its kind; gives the names of the bodies it takes.
fn complete((is_unsafe, operation): (bool, &mut Operation)) -> Vec<String> {
    let mut refusals = vec![
        ("405", "The address has no such method; `Allow` names those it has."),
        ("500", "A fault of ours."),
        ("503", "Too busy, or the database does not answer; try again."),
    ];
    if body(operation).is_some() {
        refusals.extend([
            ("413", "The body has more than 16 KiB."),
            ("415", "The body is of a kind that is not taken here."),
            ("422", "Fields that cannot be taken; `errors` says which and why."),
        ]);
    }
    if is_unsafe {
        refusals.push(("403", "A script of another site asked, which `LATCHKEY_CORS_ORIGINS` does not name."));
    }
    let wants_token = operation.security.is_some();
    if wants_token {
        refusals.push(("401", "No access token, or one that is not valid, has expired, or whose session has ended."));
    }
    let is_naming = operation.operation_id.as_deref().is_some_and(|id| NAMING.contains(&id));
    refusals.push(("400", match (wants_token, is_naming) {
        (true, true) => "The e-mail address or username is taken, the request cannot be read, holds a secret in its address, or the account is disabled.",
        (true, false) => "The request cannot be read, holds a secret in its address, or the account is disabled.",
        (false, true) => "The e-mail address or username is taken, or the request cannot be read, or holds a secret in its address.",
        (false, false) => "The request cannot be read, or holds a secret in its address.",
    }));
    // The one refusal without a body: what cannot be read to its end is not understood either.
    let too_long = ResponseBuilder::new().description("Address and headers are too long to be read.").build();
    operation.responses.responses.entry("431".to_owned()).or_insert(RefOr::T(too_long));
    for (status, description) in refusals {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
        let response = ResponseBuilder::new().description(description).content(PROBLEM, problem).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
    let is_sign_in = operation.operation_id.as_deref() == Some("token");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if let Some(RefOr::T(content)) = response.content.get_mut(PROBLEM) {
            content.example = example(status, is_sign_in).map(|refusal| problem_of(&refusal.into(), EXAMPLE_ID));
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        let is_optional = body.content.values().filter_map(content_name).any(|name| OPTIONAL.contains(&&*name));
        body.required = (!is_optional).then_some(utoipa::openapi::Required::True);
    }
    let content = body(operation).map(|body| body.content.values());
    content.into_iter().flatten().filter_map(content_name).collect()
}

/// A refusal that such a status is given for.
fn example(status: &str, is_sign_in: bool) -> Option<AuthError> {
    Some(match status {
        "400" => AuthError::Malformed,
        "401" if is_sign_in => AuthError::InvalidCredentials,
        "401" => AuthError::ExpiredToken,
        "403" => AuthError::CrossSite,
        "404" => AuthError::NotFound,
        "405" => AuthError::MethodNotAllowed,
        "409" => AuthError::LastAdmin,
        "413" => AuthError::TooLarge,
        "415" => AuthError::UnsupportedMediaType,
        "422" => (Field::Username, Fault::Required).into(),
        "429" => AuthError::TooManyAttempts { retry_after_seconds: 30 },
        "500" => AuthError::Internal,
        "503" => AuthError::Busy { retry_after_seconds: 2 },
        _ => return None,
    })
}

fn body(operation: &Operation) -> Option<&RequestBody> {
    match operation.request_body.as_ref()? {
        RefOr::T(body) => Some(body),
        RefOr::Ref(_) => None,
    }
}

/// The name of the schema that a body has.
fn content_name(content: &RefOr<Content>) -> Option<String> {
    let RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) = content else { return None };
    schema.ref_location.rsplit('/').next().map(str::to_owned)
}
