//! Tokens whose signature was found good, so that the next request with the same one need not work for it again.
//!
//! It spares arithmetic and decides nothing: times are looked at on every use, and it belongs to one set of believed keys,
//! with which it goes (KEY-2). Only what verified is kept, under the SHA-256 of the whole token.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use super::jwt::AccessClaims;

/// The name of the key that signed a token, and what the token says.
type Kept = (Arc<str>, Arc<AccessClaims>);

/// A token's hash.
pub(super) type TokenHash = [u8; 32];

/// Two generations: when the young one is full it becomes the old one, and the old one is forgotten. What is used now and then
/// stays, at most twice the capacity is held, and nothing has to be counted or sorted.
pub(super) struct Verified {
    capacity: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<TokenHash, Kept>,
    old: HashMap<TokenHash, Kept>,
}

impl Verified {
    /// Holds up to twice `capacity` tokens; none when it is 0.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, generations: Mutex::default() }
    }

    /// What [`new`](Self::new) was told.
    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The name under which `token` is kept.
    pub(super) fn hash(token: &str) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        hash
    }

    /// What a token says that was found good before.
    pub(super) fn get(&self, hash: &TokenHash) -> Option<Kept> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = generations.young.get(hash) {
            return Some(kept.clone());
        }
        let kept = generations.old.remove(hash)?;
        self.insert(&mut generations, *hash, kept.clone());
        Some(kept)
    }

    /// Keeps what a token says that was found good.
    pub(super) fn keep(&self, hash: TokenHash, kid: &str, claims: AccessClaims) {
        if self.capacity > 0 {
            let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
            self.insert(&mut generations, hash, (kid.into(), Arc::new(claims)));
        }
    }

    fn insert(&self, generations: &mut Generations, hash: TokenHash, kept: Kept) {
        if generations.young.len() >= self.capacity {
            generations.old = mem::take(&mut generations.young);
        }
        generations.young.insert(hash, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(jti: &str) -> AccessClaims {
        let text = String::new;
        AccessClaims {
            iss: text(),
            aud: text(),
            sub: text(),
            client_id: text(),
            username: text(),
            roles: Vec::new(),
            sid: text(),
            jti: jti.to_owned(),
            auth_time: 0,
            iat: 0,
            nbf: 0,
            exp: 0,
        }
    }

    #[test]
    fn it_is_bounded_and_what_is_used_stays() {
        let verified = Verified::new(3);
        let hash = |name: usize| Verified::hash(&name.to_string());
        for name in 0..1000 {
            verified.keep(hash(name), "kid", claims(&name.to_string()));
            assert_eq!(verified.get(&hash(0)).unwrap().1.jti, "0", "used all the time");
            assert_eq!(verified.get(&hash(name)).unwrap().1.jti, name.to_string());
            let generations = verified.generations.lock().unwrap();
            assert!(generations.young.len() + generations.old.len() <= 6);
        }
        assert!(verified.get(&hash(500)).is_none() && verified.get(&hash(5000)).is_none());
    }

    #[test]
    fn without_capacity_it_keeps_nothing() {
        let verified = Verified::new(0);
        verified.keep(Verified::hash("a"), "kid", claims("a"));
        assert!(verified.get(&Verified::hash("a")).is_none());
    }
}
