//! Secrets and everything made from them. Nothing here knows of HTTP or of SQL.

mod attempt_key;
mod common_passwords;
mod cursor;
mod device_token;
mod jwt;
mod key_times;
mod keys;
mod link_token;
mod password_hash;
mod random;
mod refresh_token;
mod root_key;
mod verified;

pub use attempt_key::AttemptKey;
pub use cursor::CursorKey;
pub use device_token::{DeviceKey, DeviceToken};
pub use jwt::{AccessClaims, AccessTokens, HeldKey, InvalidToken};
pub use key_times::{KeyState, KeyTimes};
pub use keys::{KeyError, Parameters, PublicKey, SealedKey, SigningKey};
pub use link_token::{LinkKey, LinkToken, LinkTokenHash};
pub use password_hash::{ForeignHashError, HashFamily, PasswordHasher, PasswordHasherError, StoredHash, Verdict};
pub use random::{RandomError, random_bytes, random_id};
pub use refresh_token::{RefreshKey, RefreshToken, SessionKind, SessionSeed};
pub use root_key::{Purpose, RootKey, RootKeys, SealingKey};
