//! Cursors: `lkc1.<sealed place in a list>`. Only the server reads and makes them, and one goes on with its own list alone: it
//! is bound to the order and the filters (API-5). It says nothing of the account that it stands behind.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::KeyError;
use super::root_key::{Purpose, RootKeys, SealingKey};

/// Tells the token from those of other kinds (JWT-3), to us and to who finds one.
const KIND: &str = "lkc1.";
/// Longer input is refused before it is looked at: the longest place is a canonical username or address and a number.
const MAX_LENGTH: usize = 2048;

/// Seals with the key of the primary root secret, and opens with those of all.
pub struct CursorKey {
    seals: SealingKey,
    opens: Vec<SealingKey>,
}

impl CursorKey {
    /// The keys for cursors under `roots`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new(roots: &RootKeys) -> Result<Self, KeyError> {
        Ok(Self {
            seals: roots.primary().sealing_key(Purpose::Cursors)?,
            opens: roots.each(|root| root.sealing_key(Purpose::Cursors))?,
        })
    }

    /// A cursor for `place` in the list that `list` describes.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn seal(&self, list: &impl Serialize, place: &impl Serialize) -> Result<String, KeyError> {
        let place = json(place).ok_or(KeyError::Crypto)?;
        let sealed = self.seals.seal(&json(list).ok_or(KeyError::Crypto)?, place.as_bytes())?;
        Ok(format!("{KIND}{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The place of a cursor; `None` when it is none of ours, was changed, or belongs to another list.
    pub fn open<P: DeserializeOwned>(&self, list: &impl Serialize, cursor: &str) -> Option<P> {
        let encoded = cursor.strip_prefix(KIND).filter(|_| cursor.len() <= MAX_LENGTH)?;
        let sealed = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let list = json(list)?;
        let place = self.opens.iter().find_map(|key| key.open(&list, &sealed).ok())?;
        serde_json::from_slice(&place).ok()
    }
}

/// One text a value: nothing in one part of it can look like the next part.
fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{LinkToken, RefreshKey, SessionKind, SessionSeed};
    use super::*;
    use secrecy::SecretString;

    const LIST: (&str, &str) = ("username", "an");
    type Place = (String, i64);

    fn root(secret: &str) -> RootKeys {
        RootKeys::new(&SecretString::from(secret), &[])
    }

    fn key(secret: &str) -> CursorKey {
        CursorKey::new(&root(secret)).unwrap()
    }

    fn opened(key: &CursorKey, cursor: &str) -> Option<Place> {
        key.open(&LIST, cursor)
    }

    #[test]
    fn api_5_a_cursor_goes_on_with_its_own_list_under_its_own_secret() {
        let place = ("anna".to_owned(), 7);
        let cursor = key("ours").seal(&LIST, &place).unwrap();
        assert_eq!(opened(&key("ours"), &cursor), Some(place));
        assert_eq!(opened(&key("theirs"), &cursor), None);
        for other in [("email", "an"), ("username", ""), ("username", "ann"), ("usernam", "ean")] {
            assert_eq!(key("ours").open::<Place>(&other, &cursor), None, "{other:?}");
        }
        assert_ne!(key("ours").seal(&LIST, &("anna", 7)).unwrap(), cursor, "two of one place look alike");
        assert_eq!(key("ours").open::<(i64, i64)>(&LIST, &cursor), None, "a place of another kind");
    }

    #[test]
    fn cfg_2_a_cursor_opens_while_the_root_secret_is_being_changed() {
        let both = |primary: &str, fallback: &str| {
            CursorKey::new(&RootKeys::new(&SecretString::from(primary), &[SecretString::from(fallback)])).unwrap()
        };
        let place = ("anna".to_owned(), 7);
        let (first, second) = (both("old", "new"), both("new", "old"));
        for (seals, opens) in [(&first, &second), (&second, &first), (&first, &first)] {
            assert_eq!(opened(opens, &seals.seal(&LIST, &place).unwrap()), Some(place.clone()));
        }
        let sealed = second.seal(&LIST, &place).unwrap();
        assert_eq!((opened(&key("new"), &sealed), opened(&key("old"), &sealed)), (Some(place), None));
    }

    #[test]
    fn the_longest_place_has_a_cursor_that_opens() {
        let place = ("\u{10000}".repeat(255), i64::MAX);
        let cursor = key("ours").seal(&LIST, &place).unwrap();
        assert_eq!(opened(&key("ours"), &cursor), Some(place));
    }

    #[test]
    fn jwt_4_a_cursor_that_is_changed_cut_or_extended_is_none() {
        let key = key("ours");
        let cursor = key.seal(&LIST, &("anna", 7)).unwrap();
        for (at, old) in cursor.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let changed: String = cursor.char_indices().map(|(i, c)| if i == at { new } else { c }).collect();
            assert_eq!(opened(&key, &changed), None, "changed at {at}");
            assert_eq!(opened(&key, cursor.get(..at).unwrap()), None, "cut at {at}");
        }
        for extra in ["A", ".", "=", " ", "\n", "AAAA", &"A".repeat(4096)] {
            assert_eq!(opened(&key, &format!("{cursor}{extra}")), None, "{extra:?}");
            assert_eq!(opened(&key, &format!("{extra}{cursor}")), None, "{extra:?}");
        }
    }

    #[test]
    fn jwt_4_no_single_bit_of_what_is_sealed_can_be_flipped() {
        let key = key("ours");
        let cursor = key.seal(&LIST, &("anna", 7)).unwrap();
        let sealed = URL_SAFE_NO_PAD.decode(cursor.strip_prefix(KIND).unwrap()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&key, &format!("{KIND}{}", URL_SAFE_NO_PAD.encode(flipped))), None, "bit {bit}");
        }
    }

    #[test]
    fn jwt_3_tokens_of_other_kinds_are_no_cursors() {
        let seed = SessionSeed::generate().unwrap();
        let refresh = RefreshKey::new(&root("ours")).unwrap();
        let refresh = refresh.issue(SessionKind::Browser, "session", 1, &seed);
        let link = LinkToken::generate().unwrap().expose();
        let sealed = root("ours").primary().sealing_key(Purpose::SealSigningKeys).unwrap();
        let sealed = sealed.seal("[\"username\",\"an\"]", b"[\"anna\",7]").unwrap();
        let sealed = format!("{KIND}{}", URL_SAFE_NO_PAD.encode(sealed));
        for other in ["", KIND, "eyJhbGciOiJFZERTQSJ9.e30.c2ln", &link, &link.replacen("lkp1.", KIND, 1), &sealed] {
            assert_eq!(opened(&key("ours"), other), None, "{other}");
        }
        assert_eq!(opened(&key("ours"), &refresh), None);
    }
}
