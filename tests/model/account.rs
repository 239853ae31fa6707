//! What one account must do, in a few lines and without a database: time is a number, sessions and keys are lists.

use std::collections::BTreeMap;

/// Seconds that an access token lives, and the leeway.
const ACCESS: i64 = 600;
const LEEWAY: i64 = 5;
const DAY: i64 = 24 * 60 * 60;

/// A session as it should be.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub is_browser: bool,
    pub is_kept: bool,
    pub counter: i64,
    rotated_at: i64,
    idle_at: i64,
    max_at: i64,
    /// When and why it was ended.
    pub end: Option<(i64, &'static str)>,
    /// Its row was deleted a month after its end.
    pub is_forgotten: bool,
}

/// A pair of tokens that somebody was given, and may still have.
#[derive(Clone, Debug)]
pub struct Pair {
    pub session: usize,
    pub counter: i64,
    pub issued_at: i64,
    /// The key that signed the access token.
    pub kid: String,
    pub access: String,
    pub refresh: String,
}

/// A signing key, as far as its tokens care.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key {
    pub retired_at: Option<i64>,
    pub is_revoked: bool,
}

/// What becomes of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The tokens of this step.
    To(i64),
    Refused,
}

/// The account.
#[derive(Debug)]
pub struct Account {
    pub now: i64,
    pub grace: i64,
    pub is_active: bool,
    /// Which of its passwords is the present one.
    pub password: usize,
    pub sessions: Vec<Session>,
    pub pairs: Vec<Pair>,
    /// By name; one that is not here any more was removed.
    pub keys: BTreeMap<String, Key>,
}

impl Account {
    pub fn new(grace: i64) -> Self {
        Self {
            now: 0,
            grace,
            is_active: true,
            password: 0,
            sessions: Vec::new(),
            pairs: Vec::new(),
            keys: BTreeMap::new(),
        }
    }

    pub fn is_live(&self, at: usize) -> bool {
        let session = &self.sessions[at];
        !session.is_forgotten && session.end.is_none() && self.now < session.idle_at && self.now < session.max_at
    }

    /// Whether the key of an access token is believed: not revoked, nor retired for longer than any token lives, and a minute.
    pub fn is_key_believed(&self, pair: usize) -> bool {
        self.keys.get(&self.pairs[pair].kid).is_some_and(|key| {
            !key.is_revoked && key.retired_at.is_none_or(|retired_at| self.now < retired_at + 3600 + 60)
        })
    }

    /// What the API says to an access token.
    pub fn use_access(&self, pair: usize) -> u16 {
        let Pair { session, issued_at, .. } = self.pairs[pair];
        if !self.is_key_believed(pair)
            || issued_at > self.now + LEEWAY
            || issued_at + ACCESS + LEEWAY <= self.now
            || self.sessions[session].is_forgotten
        {
            401
        } else if !self.is_active {
            400
        } else if self.is_live(session) {
            200
        } else {
            401
        }
    }

    /// Whether a refresh token still stands for its session; one that was replaced long ago ends it.
    pub fn look(&mut self, pair: usize) -> Option<usize> {
        let Pair { session: at, counter, .. } = self.pairs[pair];
        if !self.is_active || !self.is_live(at) {
            return None;
        }
        let session = &self.sessions[at];
        let is_within = self.now < session.rotated_at + self.grace && session.rotated_at <= self.now + LEEWAY;
        if counter >= session.counter || (counter == session.counter - 1 && is_within) {
            return Some(at);
        }
        // A clock that has stepped back accuses nobody.
        if counter == session.counter - 1 && self.now < session.rotated_at {
            return Some(at);
        }
        self.end(at, "reuse");
        None
    }

    pub fn refresh(&mut self, pair: usize) -> Refreshed {
        let Some(at) = self.look(pair) else { return Refreshed::Refused };
        let (now, idle) = (self.now, idle(&self.sessions[at]));
        // Nobody can say how late it is: it ends nothing, and gets nothing.
        if self.pairs[pair].counter < self.sessions[at].counter && now + LEEWAY < self.sessions[at].rotated_at {
            return Refreshed::Refused;
        }
        let session = &mut self.sessions[at];
        if self.pairs[pair].counter >= session.counter {
            session.counter = self.pairs[pair].counter + 1;
            session.rotated_at = now;
            session.idle_at = now + idle;
        }
        Refreshed::To(session.counter)
    }

    /// A new session, in place of `previous`; gives its place.
    pub fn begin(&mut self, (id, is_browser, is_kept): (String, bool, bool), previous: Option<usize>) -> usize {
        let mut session = Session {
            id,
            is_browser,
            is_kept,
            counter: 0,
            rotated_at: self.now,
            idle_at: 0,
            max_at: self.now + 90 * DAY,
            end: None,
            is_forgotten: false,
        };
        session.idle_at = self.now + idle(&session);
        self.sessions.push(session);
        if let Some(previous) = previous {
            self.end(previous, "replaced");
        }
        self.sessions.len() - 1
    }

    /// What a sign-in does besides: rows that nobody is told of any more go.
    pub fn forget(&mut self) {
        let now = self.now;
        for session in &mut self.sessions {
            let run_out = session.idle_at.min(session.max_at);
            let gone_at = session.end.map_or(run_out, |(at, _)| at);
            let is_gone = session.end.is_some() || session.idle_at <= now || session.max_at <= now;
            session.is_forgotten |= is_gone && gone_at < now - 30 * DAY;
        }
    }

    pub fn end(&mut self, at: usize, reason: &'static str) {
        let now = self.now;
        let session = &mut self.sessions[at];
        if !session.is_forgotten {
            session.end.get_or_insert((now, reason));
        }
    }

    pub fn end_all_but(&mut self, kept: Option<usize>, reason: &'static str) {
        for at in (0..self.sessions.len()).filter(|at| Some(*at) != kept) {
            self.end(at, reason);
        }
    }
}

fn idle(session: &Session) -> i64 {
    match (session.is_browser, session.is_kept) {
        (true, false) => DAY,
        (true, true) => 14 * DAY,
        (false, _) => 7 * DAY,
    }
}
