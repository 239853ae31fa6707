//! `POST /refresh`: the next tokens of a session.

use axum::extract::State;
use utoipa::ToSchema;

use super::service;
use crate::domain::AuthError;
use crate::paths;
use crate::server::caller::Caller;
use crate::server::rest::body::{Body, Fields, JsonOrForm};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::schema::{TokenAnswer, Tokens, token_answer};
use crate::server::state::AppState;

/// A refresh token.
#[derive(ToSchema)]
pub struct RefreshRequest {
    /// What `/token` or the last `/refresh` gave.
    #[schema(min_length = 1, example = "lk1.GjQ5ZtNe.Yx3…")]
    pub refresh_token: String,
    /// `refresh_token`, or nothing.
    #[schema(pattern = "^(refresh_token)?$", nullable = false, example = "refresh_token")]
    pub grant_type: Option<String>,
}

impl Body for RefreshRequest {
    const PASSES_OVER_UNKNOWN: bool = true;

    fn read(fields: &mut Fields) -> Self {
        Self { refresh_token: fields.required_text("refresh_token"), grant_type: fields.optional_text("grant_type") }
    }
}

/// Get the next tokens
///
/// Each refresh token is good for one new pair. Sent again within a few seconds, as after a lost answer, it gets the same pair;
/// later it is taken for stolen, and the session ends (RFC 9700 §4.14.2).
#[utoipa::path(
    post,
    path = paths::api::REFRESH,
    tag = "Session",
    operation_id = "refresh",
    request_body(content((RefreshRequest = "application/json"), (RefreshRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The next tokens.", body = Tokens),
        (status = 401, description = "Not a refresh token, or its session has ended.",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn refresh(
    State(state): State<AppState>,
    caller: Caller,
    JsonOrForm(body): JsonOrForm<RefreshRequest>,
) -> Result<TokenAnswer, Refusal> {
    if !matches!(body.grant_type.as_deref(), None | Some("" | "refresh_token")) {
        return Err(AuthError::UnsupportedGrantType.into());
    }
    let tokens = service::refresh(&state, &caller, &body.refresh_token).await?;
    Ok(token_answer(&state, tokens))
}
