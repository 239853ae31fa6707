//! The public keys with which anybody verifies our access tokens without asking us.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::paths;
use crate::server::state::AppState;

/// A JSON Web Key Set (RFC 7517 §5).
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySet {
    /// Public keys; a token's header names one of them by `kid`. Empty when `ALGORITHM` is HS256, which has no public key.
    #[schema(value_type = Vec<Object>, example = json!([{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "Yx3…", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    }]))]
    pub keys: Vec<Value>,
}

/// The public keys of access tokens.
///
/// Verify a token with the key that its header names, for that key's `alg` only, and check `iss`, `aud`, `exp` and `typ`.
#[utoipa::path(
    get,
    path = paths::api::KEYS,
    tag = "Service",
    operation_id = "keys",
    responses((status = 200, description = "The keys.", body = KeySet))
)]
pub async fn key_set(State(state): State<AppState>) -> ([(HeaderName, HeaderValue); 1], Json<KeySet>) {
    let keys = state.access_tokens.public_keys().into_iter().map(|key| json!(key)).collect();
    // Long enough to spare both sides, short enough for a key that is made known before it is used.
    ([(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(KeySet { keys }))
}
