//! The one middleware that finds out who asks, and keeps a browser signed in.
//!
//! A good access cookie is enough. Else a good refresh cookie is rotated and both cookies are set anew. Signing in, up and
//! out only look (they begin or end sessions themselves); files are not asked. A cookie that the handler sets wins. When
//! the database does not answer, the answer is 503 and no cookie is touched: nobody is signed out by an outage (AVL-4).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::service::{self, IssuedTokens};
use crate::domain::AuthError;
use crate::paths;
use crate::server::caller::{Caller, Peer};
use crate::server::cookies::{Cookies, Name};
use crate::server::crypto::{DeviceToken, LinkToken, SessionKind};
use crate::server::envelope::Envelope;
use crate::server::error::{Wants, refusal};
use crate::server::state::AppState;
use crate::server::store::SessionRow;

/// What cookies carry on.
const KIND: SessionKind = SessionKind::Browser;

/// Puts a [`Caller`] into the request.
pub async fn authenticate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let cookies = state.cookies();
    let peer = request.extensions().get::<Peer>().copied();
    let mut caller = Caller::anonymous(peer, request.headers(), &state.config.trusted_proxies);
    caller.password_link = cookies.read(request.headers(), Name::PasswordLink).as_deref().and_then(LinkToken::parse);
    caller.device = cookies.read(request.headers(), Name::Device).as_deref().and_then(DeviceToken::parse);
    let wants = Wants::of(request.uri().path(), request.headers());
    let renewed = match identify(&state, cookies, (request.method(), request.uri().path(), request.headers())).await {
        Ok(Some((session, renewed))) => {
            caller.session = Some(session);
            renewed
        }
        Ok(None) => None,
        Err(error) => return refusal(&error, wants, Envelope::id_of(&request)),
    };
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(tokens) = renewed {
        let ours = |value: &HeaderValue| value.as_bytes().windows(15).any(|w| w == b"latchkey-access");
        let handler_decided = response.headers().get_all(header::SET_COOKIE).iter().any(ours);
        if !handler_decided {
            for cookie in cookies.issue(&tokens) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
    }
    response
}

type Identity = (SessionRow, Option<IssuedTokens>);

async fn identify(
    state: &AppState,
    cookies: Cookies,
    (method, path, headers): (&Method, &str, &HeaderMap),
) -> Result<Option<Identity>, AuthError> {
    if let Some(token) = cookies.read(headers, Name::Access)
        && let Some(session) = somebody(service::by_access_token(state, &token, KIND).await)?
    {
        return Ok(Some((session, None)));
    }
    let Some(token) = cookies.read(headers, Name::Refresh) else { return Ok(None) };
    if only_looks(method, path) {
        return Ok(service::by_refresh_token(state, &token, KIND).await?.map(|session| (session, None)));
    }
    let rotated = service::rotate(state, &token, KIND).await?;
    Ok(rotated.map(|(session, tokens)| (session, Some(tokens))))
}

/// To a page, whoever has no good token is nobody.
fn somebody(session: Result<SessionRow, AuthError>) -> Result<Option<SessionRow>, AuthError> {
    match session {
        Ok(session) => Ok(Some(session)),
        Err(error @ (AuthError::Unavailable | AuthError::Internal)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Requests that begin or end a session by themselves.
fn only_looks(method: &Method, path: &str) -> bool {
    let themselves = [
        paths::LOGIN,
        paths::REGISTER,
        paths::SIGN_OUT,
        paths::rpc::SIGN_IN,
        paths::rpc::SIGN_UP,
        paths::rpc::SIGN_OUT,
    ];
    method != Method::GET && method != Method::HEAD && themselves.contains(&path)
}
