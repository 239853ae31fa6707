//! A token of one kind is none of another (JWT-3): every kind at every place, accepted at its own and nowhere else.

use axum::body::Body;
use latchkey::paths;
use latchkey::server::accounts::service::{self as accounts, ListInput, PageSize};
use latchkey::server::caller::Caller;
use latchkey::server::cookies::Name;
use latchkey::server::crypto::{Purpose, SessionKind};
use serde_json::json;

use super::hostile::refused;
use crate::support::{Browser, Door, Reply, TestApp};

pub(super) const PASSWORD: &str = "canary-Confused-Kx7-pw";
const NEW_PASSWORD: &str = "canary-Confused-new-Kx7-pw";

/// What somebody can hold in their hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    BrowserAccess,
    BrowserRefresh,
    ApiAccess,
    ApiRefresh,
    PasswordLink,
    Notice,
    Cursor,
    Device,
}

/// Where something can be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `Authorization: Bearer` at a route.
    Bearer,
    /// The same at `/logout`.
    LogoutBearer,
    /// The body of `/logout`.
    LogoutBody,
    /// The body of `/refresh`.
    RefreshBody,
    AccessCookie,
    RefreshCookie,
    NoticeCookie,
    LinkCookie,
    DeviceCookie,
    /// The address of a password link.
    LinkAddress,
    /// `/users?cursor=`, as an administrator.
    CursorParameter,
}

pub(super) const KINDS: [Kind; 8] = [
    Kind::BrowserAccess,
    Kind::BrowserRefresh,
    Kind::ApiAccess,
    Kind::ApiRefresh,
    Kind::PasswordLink,
    Kind::Notice,
    Kind::Cursor,
    Kind::Device,
];
const PLACES: [Place; 11] = [
    Place::Bearer,
    Place::LogoutBearer,
    Place::LogoutBody,
    Place::RefreshBody,
    Place::AccessCookie,
    Place::RefreshCookie,
    Place::NoticeCookie,
    Place::LinkCookie,
    Place::DeviceCookie,
    Place::LinkAddress,
    Place::CursorParameter,
];

impl Kind {
    /// The places that are its own. A new kind stands in the table or does not compile.
    const fn own(self) -> &'static [Place] {
        match self {
            Self::BrowserAccess => &[Place::AccessCookie],
            Self::BrowserRefresh => &[Place::RefreshCookie],
            // Who mixes the two up when leaving means the same session (RFC 7009 §2.1).
            Self::ApiAccess => &[Place::Bearer, Place::LogoutBearer, Place::LogoutBody],
            Self::ApiRefresh => &[Place::RefreshBody, Place::LogoutBody],
            Self::PasswordLink => &[Place::LinkCookie, Place::LinkAddress],
            Self::Notice => &[Place::NoticeCookie],
            Self::Cursor => &[Place::CursorParameter],
            Self::Device => &[Place::DeviceCookie],
        }
    }

    /// A good one, of the account `anna` where it has one.
    pub(super) async fn make(self, app: &TestApp) -> String {
        let session = match self {
            Self::BrowserAccess | Self::BrowserRefresh | Self::Device => {
                let browser = app.browser(Door::Form);
                browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
                let cookie = match self {
                    Self::BrowserAccess => "latchkey-access",
                    Self::Device => "latchkey-device",
                    _ => "latchkey-refresh",
                };
                return browser.cookie(cookie).unwrap();
            }
            Self::ApiAccess | Self::ApiRefresh => app.api_as("anna", PASSWORD).await,
            Self::PasswordLink => {
                let path = app.try_link("anna").await.unwrap();
                return path.strip_prefix(&paths::password_link("")).unwrap().to_owned();
            }
            Self::Notice => return "password_changed".to_owned(),
            Self::Cursor => {
                let input = ListInput { page_size: PageSize::parse("1").unwrap(), ..ListInput::default() };
                return accounts::list(&app.state, &Caller::operator(), input).await.unwrap().next_cursor.unwrap();
            }
        };
        if self == Self::ApiAccess { session.access_token() } else { session.refresh_token() }
    }
}

/// Every way in which the program makes something that proves something: one that is added does not compile until it is
/// said here which kind it is.
const fn kinds_under(purpose: Purpose) -> &'static [Kind] {
    match purpose {
        // Access tokens are signed by the keys that it seals.
        Purpose::SealSigningKeys => &[Kind::BrowserAccess, Kind::ApiAccess],
        Purpose::RefreshTokens => &[Kind::BrowserRefresh, Kind::ApiRefresh],
        Purpose::PasswordLinks => &[Kind::PasswordLink],
        Purpose::Cursors => &[Kind::Cursor],
        // What is made from names goes into the database alone.
        Purpose::Attempts => &[],
        Purpose::DeviceTokens => &[Kind::Device],
    }
}

const fn kinds_of_sessions(kind: SessionKind) -> [Kind; 2] {
    match kind {
        SessionKind::Browser => [Kind::BrowserAccess, Kind::BrowserRefresh],
        SessionKind::Api => [Kind::ApiAccess, Kind::ApiRefresh],
    }
}

/// None for what proves nothing.
const fn kind_in_cookie(name: Name) -> Option<Kind> {
    Some(match name {
        Name::Access => Kind::BrowserAccess,
        Name::Refresh => Kind::BrowserRefresh,
        Name::Notice => Kind::Notice,
        Name::PasswordLink => Kind::PasswordLink,
        Name::Device => Kind::Device,
        Name::Language | Name::Theme => return None,
    })
}

impl Place {
    /// Whether `token` is accepted here.
    async fn takes(self, app: &TestApp, token: &str) -> bool {
        let api = app.api();
        let bearer = |method: &str, path: &str| {
            let request = api.request(method, path).header("authorization", format!("Bearer {token}"));
            request.body(Body::empty()).unwrap()
        };
        let ended = "select count(*) from sessions where ended_at is not null";
        match self {
            Self::Bearer => decided(&app.send(bearer("GET", paths::api::ME)).await, 200, 401),
            Self::LogoutBearer => decided(&app.send(bearer("POST", paths::api::LOGOUT)).await, 204, 401),
            Self::LogoutBody => {
                let before = app.count(ended).await;
                // Whatever it is, it is gone afterwards: the answer says nothing of it (RFC 7009 §2.2).
                assert_eq!(api.post(paths::api::LOGOUT, &json!({"refresh_token": token})).await.status, 204);
                app.count(ended).await > before
            }
            Self::RefreshBody => {
                decided(&api.post(paths::api::REFRESH, &json!({"refresh_token": token})).await, 200, 401)
            }
            Self::AccessCookie => page_with(app, "latchkey-access", token).await.status == 200,
            Self::RefreshCookie => page_with(app, "latchkey-refresh", token).await.status == 200,
            Self::NoticeCookie => {
                let browser = signed_in(app).await;
                let plain = browser.get(paths::PROFILE).await;
                browser.set_cookie("latchkey-notice", Some(token));
                let page = browser.get(paths::PROFILE).await;
                assert_eq!((plain.status.as_u16(), page.status.as_u16()), (200, 200));
                let notices = |reply: &Reply| reply.body.matches("role=\"status\"").count();
                notices(&page) > notices(&plain)
            }
            Self::LinkCookie => {
                let browser = app.browser(Door::Rpc);
                browser.set_cookie("latchkey-password-link", Some(token));
                browser.set_password("anna", NEW_PASSWORD).await.status == 200
            }
            // It opens nothing; it only passes a lock that was made elsewhere.
            Self::DeviceCookie => {
                let browser = app.browser(Door::Rpc);
                for _ in 0..10 {
                    browser.submit("sign_in", &[("username", "anna"), ("password", "canary-Confused-wrong")]).await;
                }
                browser.set_cookie("latchkey-device", Some(token));
                let reply = browser.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
                app.sql("delete from attempts").await;
                assert!([200, 429].contains(&reply.status.as_u16()), "{}", reply.said());
                reply.status == 200
            }
            Self::LinkAddress => {
                let browser = app.browser(Door::Form);
                assert_eq!(browser.get(&paths::password_link(token)).await.status, 303);
                browser.get(paths::SET_PASSWORD).await.status == 200
            }
            Self::CursorParameter => {
                let admin = app.api_as("boris", PASSWORD).await;
                let reply = admin.get(&format!("{}?page_size=1&cursor={token}", paths::api::USERS)).await;
                decided(&reply, 200, 400)
            }
        }
    }
}

/// Whether an answer is `yes`; anything but `no` otherwise is a fault.
fn decided(reply: &Reply, yes: u16, no: u16) -> bool {
    if reply.status.as_u16() == yes {
        return true;
    }
    refused(reply, no, "a token");
    false
}

async fn page_with(app: &TestApp, cookie: &str, token: &str) -> Reply {
    let browser = app.browser(Door::Form);
    browser.set_cookie(cookie, Some(token));
    browser.get(paths::PROFILE).await
}

async fn signed_in(app: &TestApp) -> Browser<'_> {
    let browser = app.browser(Door::Form);
    browser.submit("sign_in", &[("username", "boris"), ("password", PASSWORD)]).await;
    browser
}

/// `anna`, and the administrator `boris`.
pub(super) async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    app.register("boris", PASSWORD).await;
    app.sql("insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'boris'")
        .await;
    app
}

#[tokio::test]
async fn jwt_3_a_token_is_accepted_at_its_own_place_and_nowhere_else() {
    for kind in KINDS {
        for place in PLACES {
            let app = app().await;
            let token = kind.make(&app).await;
            let own = kind.own().contains(&place);
            assert_eq!(place.takes(&app, &token).await, own, "{kind:?} at {place:?}");
            if !own {
                // It was not used up on the way, nor was anything of its owner's.
                let home = kind.own()[0];
                assert!(home.takes(&app, &token).await, "{kind:?} at {home:?}, after {place:?}");
            }
        }
    }
}

#[test]
fn jwt_3_every_key_every_session_and_every_cookie_has_its_kind_in_the_table() {
    let purposes = [
        Purpose::SealSigningKeys,
        Purpose::RefreshTokens,
        Purpose::PasswordLinks,
        Purpose::Cursors,
        Purpose::Attempts,
        Purpose::DeviceTokens,
    ];
    let of_keys = purposes.into_iter().flat_map(|purpose| kinds_under(purpose).to_vec());
    let of_sessions = [SessionKind::Browser, SessionKind::Api].into_iter().flat_map(kinds_of_sessions);
    let of_cookies = [Name::Access, Name::Refresh, Name::Notice, Name::PasswordLink, Name::Device]
        .into_iter()
        .filter_map(kind_in_cookie);
    let known: Vec<Kind> = of_keys.chain(of_sessions).chain(of_cookies).collect();
    assert!(KINDS.iter().all(|kind| known.contains(kind)) && known.iter().all(|kind| KINDS.contains(kind)));
    assert!(PLACES.iter().all(|place| KINDS.iter().any(|kind| kind.own().contains(place))));
}

#[tokio::test]
async fn jwt_3_the_api_says_when_a_token_is_of_the_wrong_kind() {
    let app = app().await;
    for (kind, place) in [
        (Kind::BrowserAccess, Place::Bearer),
        (Kind::BrowserRefresh, Place::Bearer),
        (Kind::ApiRefresh, Place::Bearer),
        (Kind::BrowserAccess, Place::LogoutBearer),
        (Kind::ApiRefresh, Place::LogoutBearer),
        (Kind::ApiAccess, Place::RefreshBody),
        (Kind::BrowserAccess, Place::RefreshBody),
    ] {
        let token = kind.make(&app).await;
        let request = |method, path| app.api().request(method, path).header("authorization", format!("Bearer {token}"));
        let reply = match place {
            Place::Bearer => app.send(request("GET", paths::api::ME).body(Body::empty()).unwrap()).await,
            Place::LogoutBearer => app.send(request("POST", paths::api::LOGOUT).body(Body::empty()).unwrap()).await,
            _ => app.api().post(paths::api::REFRESH, &json!({"refresh_token": token})).await,
        };
        assert_eq!(refused(&reply, 401, "a wrong kind")["code"], "wrong_token_kind", "{kind:?} at {place:?}");
    }
}

#[tokio::test]
async fn jwt_3_a_cursor_is_read_by_administrators_alone_and_makes_nobody_one() {
    let app = app().await;
    let cursor = Kind::Cursor.make(&app).await;
    let anna = app.api_as("anna", PASSWORD).await;
    let reply = anna.get(&format!("{}?cursor={cursor}", paths::api::USERS)).await;
    assert_eq!(refused(&reply, 403, "a cursor in other hands")["code"], "forbidden");
}
