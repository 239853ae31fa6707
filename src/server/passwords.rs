//! What registration and the profile share about passwords.

use super::config::Mode;
use super::state::AppState;
use crate::domain::{AuthError, Field, NewPassword, Problem};

/// Refuses a password that guessers try first; `own_words` are those of its account. Development only warns, because the
/// tutorial's own examples use such a one.
///
/// # Errors
/// [`AuthError::Invalid`] with [`Problem::Common`] at `field`; [`AuthError::Busy`].
pub async fn refuse_common(
    state: &AppState,
    field: Field,
    password: &NewPassword,
    own_words: &[String],
) -> Result<(), AuthError> {
    if !state.hasher.is_common(password, own_words.to_vec()).await? {
        return Ok(());
    }
    if state.config.mode == Mode::Production {
        return Err((field, Problem::Common).into());
    }
    tracing::warn!("a password that guessers try first was accepted; production mode would refuse it");
    Ok(())
}
