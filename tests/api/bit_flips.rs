//! Every bit of every kind of token, turned over, and every cut: refused at the token's own door (JWT-4).

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use latchkey::paths;
use serde_json::json;

use super::confusion::{KINDS, Kind, PASSWORD, app};
use crate::support::{Door, ORIGIN, Reply, TestApp};

/// All that differs from `token` by one bit, or by its end.
fn changed(token: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    let bytes = token.as_bytes();
    let flips = (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {} of byte {}", bit % 8, bit / 8), flipped)
    });
    flips.chain((0..bytes.len()).map(|end| (format!("cut at {end}"), bytes[..end].to_vec())))
}

/// A request that brings `token` where this kind belongs; `None` when nobody could send it so.
fn request(kind: Kind, token: &[u8], admin: &str) -> Option<Request<Body>> {
    let request =
        |method: &str, path: &str| Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    let cookie = |name: &str| HeaderValue::from_bytes(&[name.as_bytes(), b"=", token].concat()).ok();
    let text = || str::from_utf8(token).ok();
    let request = match kind {
        Kind::BrowserAccess => request("GET", "/").header("cookie", cookie("latchkey-access")?),
        Kind::BrowserRefresh => request("GET", "/").header("cookie", cookie("latchkey-refresh")?),
        Kind::PasswordLink => request("GET", paths::SET_PASSWORD)
            .header("cookie", cookie("latchkey-password-link")?)
            .header("accept", "text/html"),
        Kind::ApiAccess => {
            let bearer = HeaderValue::from_bytes(&[&b"Bearer "[..], token].concat()).ok()?;
            request("GET", paths::api::ME).header("authorization", bearer)
        }
        Kind::Cursor => {
            let cursor: String = token.iter().map(|byte| format!("%{byte:02X}")).collect();
            let path = format!("{}?page_size=1&cursor={cursor}", paths::api::USERS);
            request("GET", &path).header("authorization", format!("Bearer {admin}"))
        }
        Kind::ApiRefresh => {
            let body = json!({"refresh_token": text()?}).to_string();
            let request = request("POST", paths::api::REFRESH).header("content-type", "application/json");
            return Some(request.body(Body::from(body)).unwrap());
        }
        Kind::Device => {
            let request = request("POST", paths::rpc::SIGN_IN).header("cookie", cookie("latchkey-device")?);
            let request = request.header("origin", ORIGIN).header("content-type", "application/x-www-form-urlencoded");
            let body = serde_urlencoded::to_string([("username", "anna"), ("password", PASSWORD)]).unwrap();
            return Some(request.body(Body::from(body)).unwrap());
        }
        Kind::Notice => return None,
    };
    Some(request.body(Body::empty()).unwrap())
}

/// Whether the answer is the one that a token of no worth gets; `None` for one of its full worth.
fn is_refusal(kind: Kind, reply: &Reply) -> bool {
    let (status, location) = (reply.status.as_u16(), reply.header("location"));
    match kind {
        Kind::BrowserAccess | Kind::BrowserRefresh => (status, location) == (303, "/login"),
        Kind::PasswordLink => status == 410,
        Kind::ApiAccess => status == 401,
        // Too long, or of characters that no cursor has.
        Kind::Cursor => [400, 422].contains(&status),
        // An empty one is missing.
        Kind::ApiRefresh => [401, 422].contains(&status),
        Kind::Device => status == 429,
        Kind::Notice => true,
    }
}

fn is_welcome(kind: Kind, reply: &Reply) -> bool {
    match kind {
        Kind::BrowserAccess | Kind::BrowserRefresh => reply.header("location") == "/profile",
        _ => reply.status == 200,
    }
}

/// Somebody has guessed at anna's account until it was locked: only a browser that is known gets in.
async fn lock(app: &TestApp) {
    for _ in 0..10 {
        let wrong = [("username", "anna"), ("password", "canary-Flipped-wrong")];
        app.browser(Door::Rpc).submit("sign_in", &wrong).await;
    }
}

#[tokio::test]
async fn jwt_4_no_bit_of_any_kind_of_token_can_be_flipped_and_none_can_be_cut() {
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Notice) {
        let app = app().await;
        let token = kind.make(&app).await;
        let admin = app.api_as("boris", PASSWORD).await.access_token();
        if kind == Kind::Device {
            lock(&app).await;
        }
        let mut tried = 0;
        for (what, changed) in changed(&token) {
            // Without a cursor there is a first page.
            let is_sent = !(kind == Kind::Cursor && changed.is_empty());
            let Some(request) = request(kind, &changed, &admin).filter(|_| is_sent) else { continue };
            let reply = app.send_unrecorded(request).await;
            assert!(is_refusal(kind, &reply), "{kind:?}, {what}: {}", reply.said());
            tried += 1;
        }
        assert!(tried > token.len() * 5, "{kind:?}: {tried} of a token of {}", token.len());
        let reply = app.send_unrecorded(request(kind, token.as_bytes(), &admin).unwrap()).await;
        assert!(is_welcome(kind, &reply), "the {kind:?} itself is as good as before: {}", reply.said());
    }
}
