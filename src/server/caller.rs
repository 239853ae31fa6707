//! Who asks: one extractor for every door.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::client_address::client_address;
use super::config::TrustedProxies;
use super::crypto::{DeviceToken, LinkToken};
use super::state::AppState;
use super::store::SessionRow;
use crate::domain::{AuthError, Role, Viewer};

/// The longest description of a client that is kept.
const MAX_AGENT: usize = 512;

/// The socket's other end, put into the request by `serve.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Who makes a request, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Their live session with its active account.
    pub session: Option<SessionRow>,
    /// The token of a password link that this very request brought, not yet believed (RST-4).
    pub password_link: Option<LinkToken>,
    /// The token of a known device that this very request brought, not yet believed. The API brings none (LOG-5).
    pub device: Option<DeviceToken>,
    /// The address they come from, canonical: the socket's peer, or whom a trusted proxy speaks for.
    pub address: Option<IpAddr>,
    /// What their client calls itself, bounded, printable.
    pub user_agent: Option<String>,
    /// Whether they sit at the machine itself: a command of `latchkey`. No request can set this.
    pub is_operator: bool,
}

impl Caller {
    /// Somebody who has not said who they are.
    pub fn anonymous(peer: Option<Peer>, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let agent = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let printable = |text: &str| text.chars().filter(|c| !c.is_control()).take(MAX_AGENT).collect();
        Self {
            session: None,
            password_link: None,
            device: None,
            address: peer.map(|peer| client_address(peer.0.ip(), headers, trusted)),
            user_agent: agent.as_deref().map(printable),
            is_operator: false,
        }
    }

    /// Whoever runs the commands: who can read the database and its secret may do all that an administrator may.
    pub fn operator() -> Self {
        Self { is_operator: true, ..Self::default() }
    }

    /// Lets the operator and those with the role pass. The database says who has it, when the request arrives: what a
    /// token says is for other services.
    ///
    /// # Errors
    /// [`AuthError::Unauthenticated`] for nobody, [`AuthError::Forbidden`] for somebody without the role.
    pub fn require(&self, role: &Role) -> Result<(), AuthError> {
        if self.is_operator || self.require_session()?.account.view.roles.contains(role) {
            return Ok(());
        }
        Err(AuthError::Forbidden)
    }

    /// Lets the operator pass, and nobody else.
    ///
    /// # Errors
    /// [`AuthError::Unauthenticated`] for nobody, [`AuthError::Forbidden`] for everybody else.
    pub fn require_operator(&self) -> Result<(), AuthError> {
        if self.is_operator {
            return Ok(());
        }
        self.require_session().and(Err(AuthError::Forbidden))
    }

    /// Who they are, for the log: no name, no address.
    pub fn actor(&self) -> String {
        match &self.session {
            _ if self.is_operator => "the operator".to_owned(),
            Some(session) => format!("account {}", session.account.view.id.get()),
            None => "nobody".to_owned(),
        }
    }

    /// The session, or the refusal for who has none.
    ///
    /// # Errors
    /// [`AuthError::Unauthenticated`].
    pub fn require_session(&self) -> Result<&SessionRow, AuthError> {
        self.session.as_ref().ok_or(AuthError::Unauthenticated)
    }

    /// What pages may know of them.
    pub fn viewer(&self) -> Option<Viewer> {
        self.session.as_ref().map(|session| Viewer { account: session.account.view.clone() })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(known.unwrap_or_else(|| Self::anonymous(peer, &parts.headers, &state.config.trusted_proxies)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operator_and_administrators_administer() {
        assert_eq!(Caller::operator().require(&Role::ADMIN), Ok(()));
        let nobody = Caller::anonymous(None, &HeaderMap::new(), &TrustedProxies::default());
        assert_eq!(nobody.require(&Role::ADMIN), Err(AuthError::Unauthenticated));
        assert_eq!(Caller::operator().require_operator(), Ok(()));
        assert_eq!(nobody.require_operator(), Err(AuthError::Unauthenticated));
    }
}
