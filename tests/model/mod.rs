//! One account, any history: what the real router does must be what a small model says (DAT-7 for sessions).
//!
//! proptest makes histories of sign-ins, refreshes (also many at once, of old tokens, of lost replies), sign-outs, changes of
//! the password, disabling and enabling, rotated and revoked keys, and of a clock that runs and steps back; every token that anybody was ever given
//! may come back at any time, as a thief's would. Each answer is compared, and at the end every session's row.

mod account;
mod world;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use latchkey::server::keys::service::Takeover;

use crate::support::TestApp;
use account::{Account, Pair, Refreshed};
use world::{Cookies, Tokens, World, kid_of, password, session_of};

/// Something that happens to an account. An `Index` picks one of the pairs of tokens that were ever given.
#[derive(Clone, Debug)]
enum Event {
    SignIn {
        is_browser: bool,
        is_kept: bool,
        is_right: bool,
        over: Option<Index>,
    },
    /// So many times at once.
    Refresh {
        pair: Index,
        at_once: usize,
    },
    Use {
        pair: Index,
    },
    SignOut {
        pair: Index,
        by_access: bool,
    },
    ChangePassword {
        pair: Index,
        is_right: bool,
    },
    EndOthers {
        pair: Index,
    },
    SetActive(bool),
    RotateKey(Takeover),
    /// That of one of the access tokens.
    RevokeKey {
        pair: Index,
    },
    Wait(i64),
}

/// Times at which something changes, and those beside them.
const WAITS: [i64; 18] =
    [1, 4, 9, 10, 11, 60, 599, 604, 605, 606, 3600, 86_399, 86_400, 604_800, 1_209_600, -3, -6, -3700];

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (any::<bool>(), any::<bool>(), proptest::bool::weighted(0.85), proptest::option::weighted(0.3, any::<Index>()))
            .prop_map(|(is_browser, is_kept, is_right, over)| Event::SignIn { is_browser, is_kept, is_right, over }),
        6 => (any::<Index>(), 1..4_usize).prop_map(|(pair, at_once)| Event::Refresh { pair, at_once }),
        4 => any::<Index>().prop_map(|pair| Event::Use { pair }),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(pair, by_access)| Event::SignOut { pair, by_access }),
        1 => (any::<Index>(), proptest::bool::weighted(0.8)).prop_map(|(pair, is_right)| Event::ChangePassword { pair, is_right }),
        1 => any::<Index>().prop_map(|pair| Event::EndOthers { pair }),
        1 => proptest::bool::weighted(0.3).prop_map(Event::SetActive),
        1 => proptest::sample::select(&[Takeover::Now, Takeover::Published][..]).prop_map(Event::RotateKey),
        1 => any::<Index>().prop_map(|pair| Event::RevokeKey { pair }),
        6 => proptest::sample::select(&WAITS[..]).prop_map(Event::Wait),
    ]
}

/// The last pairs are picked more often: two thirds of the draws come from the last four.
fn pick(pair: &Index, account: &Account) -> Option<usize> {
    let all = account.pairs.len();
    if all == 0 {
        return None;
    }
    let draw = pair.index(all * 3);
    Some(if draw < all { draw } else { all - 1 - draw % all.min(4) })
}

/// A history, lived by the model and by the real account at once.
struct Life<'a> {
    account: Account,
    world: World<'a>,
}

impl Life<'_> {
    async fn happen(&mut self, event: &Event) {
        match event {
            Event::SignIn { is_browser, is_kept, is_right, over } => {
                self.sign_in(*is_browser, *is_kept, *is_right, over.as_ref()).await;
            }
            Event::Refresh { pair, at_once } => self.refresh(pair, *at_once).await,
            Event::Use { pair } => self.use_access(pair).await,
            Event::SignOut { pair, by_access } => self.sign_out(pair, *by_access).await,
            Event::ChangePassword { pair, is_right } => self.change_password(pair, *is_right).await,
            Event::EndOthers { pair } => self.end_others(pair).await,
            Event::SetActive(is_active) => {
                self.world.set_active(*is_active).await;
                if self.account.is_active && !is_active {
                    self.account.end_all_but(None, "disabled");
                }
                self.account.is_active = *is_active;
            }
            Event::RotateKey(takeover) => {
                self.world.rotate_key(*takeover).await;
                self.account.keys = self.world.keys().await;
            }
            Event::RevokeKey { pair } => self.revoke_key(pair).await,
            Event::Wait(seconds) => {
                self.account.now += seconds;
                self.world.app.set_clock(self.account.now);
            }
        }
    }

    async fn note(&mut self, session: usize, counter: i64, tokens: Tokens) {
        let (kid, issued_at) = (kid_of(&tokens), self.account.now);
        if !self.account.keys.contains_key(&kid) {
            // The server has made one, because none could sign.
            self.account.keys = self.world.keys().await;
        }
        let (access, refresh) = tokens;
        self.account.pairs.push(Pair { session, counter, issued_at, kid, access, refresh });
        let pair = self.account.pairs.len() - 1;
        assert!(self.account.is_key_believed(pair), "signed with a key that is believed");
    }

    async fn revoke_key(&mut self, pair: &Index) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let kid = self.account.pairs[pair].kid.clone();
        self.world.revoke_key(&kid).await;
        self.account.keys = self.world.keys().await;
        assert!(self.account.keys.get(&kid).is_none_or(|key| key.is_revoked));
    }

    /// A session that has just begun.
    async fn begun(&mut self, tokens: Tokens, is_browser: bool, is_kept: bool, previous: Option<usize>) {
        let session = self.account.begin((session_of(&tokens), is_browser, is_kept), previous);
        self.note(session, 0, tokens).await;
    }

    fn passwords(&self, is_right: bool) -> String {
        password(if is_right { self.account.password } else { 999 })
    }

    async fn sign_in(&mut self, is_browser: bool, is_kept: bool, is_right: bool, over: Option<&Index>) {
        let typed = self.passwords(is_right);
        let over = over.and_then(|over| pick(over, &self.account)).filter(|_| is_browser);
        let (status, tokens) = match over.map(|pair| self.account.pairs[pair].refresh.clone()) {
            Some(token) => self.world.sign_in_by_browser(&typed, is_kept, Cookies::Refresh(&token)).await,
            None if is_browser => self.world.sign_in_by_browser(&typed, is_kept, Cookies::None).await,
            None => self.world.sign_in_by_api(&typed).await,
        };
        // A cookie that holds a token of the API is nobody's.
        let over = over.filter(|pair| self.account.sessions[self.account.pairs[*pair].session].is_browser);
        let previous = over.and_then(|pair| self.account.look(pair));
        let is_in = self.account.is_active && is_right;
        assert_eq!((status, tokens.is_some()), (if is_in { 200 } else { 401 }, is_in));
        if let Some(tokens) = tokens {
            self.begun(tokens, is_browser, is_kept && is_browser, previous).await;
            self.account.forget();
        }
    }

    async fn refresh(&mut self, pair: &Index, at_once: usize) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let Pair { session, refresh, .. } = self.account.pairs[pair].clone();
        let is_browser = self.account.sessions[session].is_browser;
        let world = &self.world;
        let tries = (0..at_once).map(|_| async {
            if is_browser { world.refresh_by_browser(&refresh).await } else { world.refresh_by_api(&refresh).await }
        });
        let replies = join_all(tries).await;
        let expected: Vec<_> = (0..at_once).map(|_| self.account.refresh(pair)).collect();
        let granted: Vec<_> = replies.into_iter().flatten().collect();
        let steps: Vec<_> = expected
            .iter()
            .filter_map(|step| if let Refreshed::To(step) = step { Some(*step) } else { None })
            .collect();
        assert_eq!(granted.len(), steps.len(), "refreshes that were granted");
        for (tokens, step) in granted.into_iter().zip(steps) {
            assert_eq!(session_of(&tokens), self.account.sessions[session].id);
            let known = self.account.pairs.iter().find(|known| known.session == session && known.counter == step);
            assert!(known.is_none_or(|known| known.refresh == tokens.1), "each step has one refresh token");
            self.note(session, step, tokens).await;
        }
    }

    async fn use_access(&mut self, pair: &Index) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let Pair { session, access, .. } = self.account.pairs[pair].clone();
        let expected = self.account.use_access(pair);
        if self.account.sessions[session].is_browser {
            assert_eq!(self.world.use_by_browser(&access).await, expected == 200);
        } else {
            assert_eq!(self.world.use_by_api(&access).await, expected);
        }
    }

    async fn sign_out(&mut self, pair: &Index, by_access: bool) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let Pair { session, access, refresh, .. } = self.account.pairs[pair].clone();
        let is_browser = self.account.sessions[session].is_browser;
        let status = match (is_browser, by_access) {
            (true, true) => self.world.sign_out_by_browser(Cookies::Access(&access)).await,
            (true, false) => self.world.sign_out_by_browser(Cookies::Refresh(&refresh)).await,
            (false, true) => self.world.sign_out_by_api(Ok(&access)).await,
            (false, false) => self.world.sign_out_by_api(Err(&refresh)).await,
        };
        let ended = match (is_browser, by_access) {
            (true, true) => (self.account.use_access(pair) == 200).then_some(session),
            // However old it is, but not of somebody who is switched off.
            (false, true) => Some(session).filter(|_| self.account.is_active && self.account.is_key_believed(pair)),
            (_, false) => self.account.look(pair),
        };
        if let Some(ended) = ended {
            self.account.end(ended, "signed_out");
        }
        let expected = match (is_browser, by_access) {
            (true, _) => 200,
            (false, true) if !self.account.is_key_believed(pair) => 401,
            (false, true) if !self.account.is_active && !self.account.sessions[session].is_forgotten => 400,
            (false, _) => 204,
        };
        assert_eq!(status, expected);
    }

    async fn change_password(&mut self, pair: &Index, is_right: bool) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let Pair { session, access, .. } = self.account.pairs[pair].clone();
        let is_browser = self.account.sessions[session].is_browser;
        let (old, new) = (self.passwords(is_right), password(self.account.password + 1));
        let may = self.account.use_access(pair);
        let (status, tokens) = if is_browser {
            self.world.change_password_by_browser(&access, &old, &new).await
        } else {
            (self.world.change_password_by_api(&access, &old, &new).await, None)
        };
        let expected = match (may, is_right, is_browser) {
            (200, true, true) => 200,
            (200, true, false) => 204,
            (200, false, _) => 422,
            (_, _, true) => 401,
            (refused, _, false) => refused,
        };
        assert_eq!((status, tokens.is_some()), (expected, expected == 200));
        if expected == 200 || expected == 204 {
            self.account.password += 1;
            self.account.end_all_but((!is_browser).then_some(session), "password_changed");
        }
        if let Some(tokens) = tokens {
            let is_kept = self.account.sessions[session].is_kept;
            self.begun(tokens, true, is_kept, None).await;
        }
    }

    async fn end_others(&mut self, pair: &Index) {
        let Some(pair) = pick(pair, &self.account) else { return };
        let Pair { session, access, .. } = self.account.pairs[pair].clone();
        let is_browser = self.account.sessions[session].is_browser;
        let may = self.account.use_access(pair);
        let (status, expected) = if is_browser {
            (self.world.end_others_by_browser(&access).await, if may == 200 { 200 } else { 401 })
        } else {
            (self.world.end_others_by_api(&access).await, if may == 200 { 204 } else { may })
        };
        assert_eq!(status, expected);
        if may == 200 {
            self.account.end_all_but(Some(session), "ended_elsewhere");
        }
    }

    /// Every row is as the model has it.
    async fn compare(&self) {
        let reasons = self.world.reasons().await;
        for (at, session) in self.account.sessions.iter().enumerate() {
            let row = self.world.row(&session.id).await;
            let expected = (!session.is_forgotten).then_some((session.counter, session.end.is_some()));
            assert_eq!(row, expected, "the row of session {at}");
            let listed = reasons.iter().find(|(id, _)| *id == session.id).map(|(_, reason)| reason.as_deref());
            if let Some((_, reason)) = session.end.filter(|_| listed.is_some()) {
                assert_eq!(listed, Some(Some(reason)), "why session {at} ended");
            }
            assert_eq!(listed == Some(None), self.account.is_live(at), "whether session {at} lives");
        }
    }
}

/// Of each kind, in `make test`; together 2,000.
const FEW: u32 = 1000;

/// How many histories of each kind `make model` wants.
#[expect(clippy::disallowed_methods, reason = "not a setting of the program: `make model` says it to the tests")]
fn many() -> Option<u32> {
    std::env::var("MODEL_HISTORIES").ok().map(|text| text.parse().unwrap())
}

/// Lives random histories with a grace of `grace` seconds: in `make test` always the same, in `make model` others each time.
#[expect(clippy::print_stdout, reason = "make model says what it did")]
fn live(grace: i64) {
    let count = many().unwrap_or(FEW);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let grace_text = grace.to_string();
    let settings = [("LATCHKEY_REFRESH_GRACE", &*grace_text), ("LATCHKEY_SIGN_IN_ATTEMPTS", "50")];
    let app = runtime.block_on(TestApp::with(&settings));
    let config = Config { cases: count, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = match many() {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&proptest::collection::vec(event(), 5..30), |events| {
        number.set(number.get() + 1);
        let lived = std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut life = Life { account: Account::new(grace), world: World::of(&app, number.get()).await };
                life.world.forget_keys().await;
                for event in &events {
                    life.happen(event).await;
                }
                life.compare().await;
            });
        });
        let lived = std::panic::catch_unwind(lived);
        lived.map_err(|cause| TestCaseError::fail(words(&*cause)))
    });
    match outcome {
        Ok(()) => println!("{count} histories with a grace of {grace} s: the router did what the model says"),
        Err(TestError::Fail(why, events)) => panic!("{why}\n{events:#?}"),
        Err(other) => panic!("{other}"),
    }
}

fn words(cause: &(dyn std::any::Any + Send)) -> String {
    cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

#[test]
fn any_history_of_an_account_is_as_the_model_says() {
    live(10);
}

#[test]
fn any_history_without_a_grace_is_as_the_model_says() {
    live(0);
}
