//! The public keys with which anybody verifies our access tokens without asking us.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::problem::Refusal;
use crate::domain::AuthError;
use crate::paths;
use crate::server::keys::service::CACHED_SECONDS;
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
/// A new key stands here before it signs, and an old one until its last token has ended: keep a copy as long as
/// `Cache-Control` says, and ask again, with its `ETag`, when a token names a key that is not in it.
#[utoipa::path(
    get,
    path = paths::api::KEYS,
    tag = "Service",
    operation_id = "keys",
    responses(
        (status = 200, description = "The keys.", body = KeySet),
        (status = 304, description = "They are those of the `ETag` in `If-None-Match`.")
    )
)]
pub async fn key_set(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Refusal> {
    let keys = state.keys.public_keys().await.into_iter().map(|key| json!(key)).collect();
    let body = serde_json::to_vec(&KeySet { keys }).map_err(|_| AuthError::Internal)?;
    let tag = entity_tag(&body);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut answer = if known.into_iter().any(|list| names(list, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
    };
    let lasts = HeaderValue::try_from(format!("public, max-age={CACHED_SECONDS}"));
    answer.headers_mut().insert(header::CACHE_CONTROL, lasts.map_err(|_| AuthError::Internal)?);
    answer.headers_mut().insert(header::ETAG, HeaderValue::try_from(tag).map_err(|_| AuthError::Internal)?);
    Ok(answer)
}

/// The same bytes have the same tag, in every process.
fn entity_tag(body: &[u8]) -> String {
    let hash = digest(&SHA256, body);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default()))
}

/// Whether an `If-None-Match` names `tag`, weakly or not (RFC 9110 §13.1.2).
fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
