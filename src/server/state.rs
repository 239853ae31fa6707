//! What every request may use: settings, clock, database, hashing service, keys.

use std::ops::Deref;
use std::sync::Arc;

use leptos::config::LeptosOptions;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::branding::{Branding, BrandingError};
use super::clock::Clock;
use super::config::{Config, HashingSettings, SignUp};
use super::cookies::Cookies;
use super::crypto::{
    AccessTokens, CursorKey, KeyError, LinkKey, PasswordHasher, PasswordHasherError, RefreshKey, RootKeys,
};
use super::keys::ring::{KeyRing, REMEMBERED};
use super::limits::Limits;
use super::store::{Store, StoreError};
use crate::domain::PasswordPolicy;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What an [`AppState`] holds.
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// The hashing service.
    pub hasher: PasswordHasher,
    /// The keys that sign and verify access tokens.
    pub keys: KeyRing,
    /// Makes and checks refresh tokens.
    pub refresh_key: RefreshKey,
    /// Turns the tokens of password links into what the database holds of them.
    pub link_key: LinkKey,
    /// Seals and opens the cursors of lists.
    pub cursor_key: CursorKey,
    /// What counts guesses.
    pub limits: Limits,
    /// How many lists of accounts are read at once: fewer than the database has readers.
    pub lists: Semaphore,
    /// How the screens are the operator's own.
    pub branding: Branding,
    /// How `cargo leptos watch` reloads pages.
    pub leptos: LeptosOptions,
}

/// Why the state cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key cannot be made or opened.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The hashing service cannot start.
    #[error(transparent)]
    Hasher(#[from] PasswordHasherError),
    /// The operator's logo cannot be shown.
    #[error(transparent)]
    Branding(#[from] BrandingError),
}

impl AppState {
    /// Opens the signing keys and reserves the hashing memory (`hashing`, which tests make cheap).
    ///
    /// # Errors
    /// [`StateError`], each one line that says what to do.
    pub async fn new(
        config: Config,
        secret: &SecretString,
        store: Store,
        clock: Clock,
        hashing: HashingSettings,
    ) -> Result<Self, StateError> {
        let roots = Arc::new(RootKeys::new(secret, &config.secret_fallbacks));
        let algorithm = config.tokens.algorithm.as_str();
        let tokens = AccessTokens::new(config.public_url.origin().to_owned(), algorithm, REMEMBERED);
        let keys = KeyRing::open((store.clone(), clock.clone()), Arc::clone(&roots), algorithm, tokens).await?;
        let leptos = LeptosOptions::builder().output_name("latchkey").build();
        Ok(Self(Arc::new(Parts {
            refresh_key: RefreshKey::new(&roots)?,
            link_key: LinkKey::new(&roots)?,
            cursor_key: CursorKey::new(&roots)?,
            limits: Limits::new(&roots)?,
            hasher: PasswordHasher::new(hashing)?,
            branding: Branding::new(&config.brand)?,
            lists: Semaphore::new(store.places_for_lists()),
            keys,
            store,
            clock,
            config,
            leptos,
        })))
    }

    /// The cookies, named and secured after the public URL.
    pub fn cookies(&self) -> Cookies {
        Cookies::new(self.config.public_url.is_https())
    }

    /// Whether people may register.
    pub fn is_sign_up_open(&self) -> bool {
        self.config.sign_up == SignUp::Open
    }

    /// What a new password must be like.
    pub fn password_policy(&self) -> PasswordPolicy {
        let min_length = u16::try_from(self.config.passwords.min_length).unwrap_or(u16::MAX);
        PasswordPolicy { min_length }
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
