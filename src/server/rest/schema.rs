//! What the API gives.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AccountView, Timestamp};
use crate::server::sessions::service::IssuedTokens;
use crate::server::state::AppState;

/// An account without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    /// Random, below 2^53, never used again.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 4_815_162_342_108_i64)]
    pub id: i64,
    /// E-mail address, as its owner wrote it.
    #[schema(max_length = 254, example = "user@example.com")]
    pub email: String,
    /// Username, as its owner wrote it.
    #[schema(max_length = 64, example = "testuser")]
    pub username: String,
    /// Given name.
    #[schema(max_length = 100, example = "Ada", required = true)]
    pub first_name: Option<String>,
    /// Family name.
    #[schema(max_length = 100, example = "Lovelace", required = true)]
    pub last_name: Option<String>,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether its owner has proved that they read the address.
    pub email_verified: bool,
    /// What it may do.
    #[schema(example = json!(["user"]))]
    pub roles: Vec<String>,
    /// When it was made (UTC).
    #[schema(format = DateTime, example = "2026-11-22T15:07:00.25Z")]
    pub created_at: String,
    /// When it was last changed (UTC).
    #[schema(format = DateTime, example = "2026-11-22T15:07:00.25Z")]
    pub updated_at: String,
    /// When it last signed in (UTC); null until then.
    #[schema(format = DateTime, example = "2026-11-22T15:08:00Z", required = true)]
    pub last_login: Option<String>,
}

impl From<AccountView> for Account {
    fn from(view: AccountView) -> Self {
        Self {
            id: view.id.get(),
            email: view.email,
            username: view.username,
            first_name: view.first_name,
            last_name: view.last_name,
            is_active: view.is_active,
            email_verified: view.email_verified,
            roles: view.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            created_at: view.created_at.to_rfc3339(),
            updated_at: view.updated_at.to_rfc3339(),
            last_login: view.last_login.map(Timestamp::to_rfc3339),
        }
    }
}

/// The tokens of a session (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// A JWT that opens routes (`Authorization: Bearer …`) until it expires.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6I…")]
    pub access_token: String,
    /// How it is sent.
    #[schema(example = "bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, example = 600)]
    pub expires_in: u32,
    /// Gets the next pair from `/refresh`, once. Keep it secret.
    #[schema(example = "lk1.GjQ5ZtNe.Yx3…")]
    pub refresh_token: String,
}

impl Tokens {
    /// A pair, of which the access token lives for `minutes`.
    fn new(tokens: IssuedTokens, minutes: u32) -> Self {
        Self {
            access_token: tokens.access,
            token_type: "bearer",
            expires_in: minutes.saturating_mul(60),
            refresh_token: tokens.refresh,
        }
    }
}

/// Tokens, kept by nobody on the way (RFC 6749 §5.1).
pub type TokenAnswer = ([(HeaderName, HeaderValue); 2], Json<Tokens>);

/// The answer with these tokens.
pub fn token_answer(state: &AppState, tokens: IssuedTokens) -> TokenAnswer {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let no_cache = (header::PRAGMA, HeaderValue::from_static("no-cache"));
    ([no_store, no_cache], Json(Tokens::new(tokens, state.config.tokens.access_minutes)))
}

/// Something to say.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// For people.
    #[schema(example = "Hello, testuser! This route is protected.")]
    pub message: String,
}
