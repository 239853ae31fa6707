//! Who writes until the answers stop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::ledger::{Account, Ledger, Session, Unsure};

/// The API over TCP. An answer that does not come, or 503, leaves open what has happened.
pub struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    pub fn at(url: String) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20)));
        Self { agent: agent.build().into(), url }
    }

    pub fn post(&self, path: &str, access: Option<&str>, body: &Value) -> Option<(u16, Value)> {
        let mut request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        if let Some(access) = access {
            request = request.header("authorization", format!("Bearer {access}"));
        }
        let mut reply = request.send(body.to_string()).ok()?;
        let text = reply.body_mut().read_to_string().ok()?;
        let status = reply.status().as_u16();
        if status == 503 {
            return None;
        }
        Some((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    pub fn get(&self, path: &str) -> Option<u16> {
        let mut reply = self.agent.get(format!("{}{path}", self.url)).call().ok()?;
        reply.body_mut().read_to_string().ok()?;
        Some(reply.status().as_u16())
    }

    pub fn refresh(&self, session: &Session) -> Option<(u16, Value)> {
        self.post("/refresh", None, &json!({"refresh_token": session.refresh}))
    }

    pub fn sign_in(&self, name: &str, password: &str) -> Option<(u16, Value)> {
        self.post("/token", None, &json!({"username": name, "password": password}))
    }
}

/// Numbers that a seed gives again.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }
}

/// Writes one thing after the other, and notes what was acknowledged, until an answer does not come.
pub fn write(ledger: &mut Ledger, api: &Api, mut random: Random, acknowledged: &AtomicU64) {
    ledger.begin_round();
    loop {
        let written = match ledger.accounts.last_mut() {
            Some(account) if account.sessions.len() < 12 => {
                let live = account.sessions.iter().filter(|session| !session.is_over).count();
                match random.below(60) {
                    0 => register(ledger, api),
                    _ if live == 0 => sign_in(account, api),
                    1..4 => sign_in(account, api),
                    4..7 if live > 1 => sign_out(account, api, &mut random),
                    7 => change_password(account, api, &mut random),
                    _ => refresh(account, api, &mut random),
                }
            }
            _ => register(ledger, api),
        };
        if written.is_none() {
            return;
        }
        ledger.acknowledged += 1;
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

fn register(ledger: &mut Ledger, api: &Api) -> Option<()> {
    let account = ledger.new_account();
    let (name, password) = (account.name.clone(), account.password.clone());
    account.unsure = Some(Unsure::Registration);
    let body = json!({"username": name, "email": format!("{name}@example.com"), "password": password});
    let (status, body) = api.post("/register", None, &body)?;
    assert!(status == 200 || status == 201, "{status} {body}");
    account.unsure = None;
    Some(())
}

fn sign_in(account: &mut Account, api: &Api) -> Option<()> {
    account.unsure = Some(Unsure::SignIn);
    let (status, body) = api.sign_in(&account.name, &account.password)?;
    assert_eq!(status, 200, "{body}");
    account.sessions.push(Session::of(&body));
    account.unsure = None;
    Some(())
}

fn some_live(account: &Account, random: &mut Random) -> usize {
    let live: Vec<_> = (0..account.sessions.len()).filter(|at| !account.sessions[*at].is_over).collect();
    live[usize::try_from(random.below(live.len() as u64)).unwrap()]
}

fn refresh(account: &mut Account, api: &Api, random: &mut Random) -> Option<()> {
    let at = some_live(account, random);
    account.unsure = Some(Unsure::Refresh(at));
    let (status, body) = api.refresh(&account.sessions[at])?;
    assert_eq!(status, 200, "{body}");
    account.sessions[at].advance(&body);
    account.unsure = None;
    Some(())
}

fn sign_out(account: &mut Account, api: &Api, random: &mut Random) -> Option<()> {
    let at = some_live(account, random);
    account.unsure = Some(Unsure::SignOut(at));
    let (status, body) = api.post("/logout", None, &json!({"refresh_token": account.sessions[at].refresh}))?;
    assert_eq!(status, 204, "{body}");
    account.sessions[at].is_over = true;
    account.unsure = None;
    Some(())
}

fn change_password(account: &mut Account, api: &Api, random: &mut Random) -> Option<()> {
    let at = some_live(account, random);
    let new = format!("canary-Crashes-{}-pw", random.below(u64::MAX));
    account.unsure = Some(Unsure::Password { by: at, new: new.clone() });
    let body = json!({"current_password": account.password, "new_password": new});
    let (status, body) = api.post("/users/me/password", Some(&account.sessions[at].access), &body)?;
    assert_eq!(status, 204, "{body}");
    account.set_password(at, new);
    account.unsure = None;
    Some(())
}
