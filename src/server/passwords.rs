//! What registration and the profile share about passwords.

use super::config::Mode;
use super::state::AppState;
use crate::domain::{AuthError, Field, NewPassword, Problem};

/// Refuses a password that guessers try first; `own_words` are those of its account, and the site's name is one, too. Development only warns, because the
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
    // What the site is called stands above every form: it is no secret (PWD-3).
    let name = &state.config.brand.name;
    let names = [name.clone(), name.split_whitespace().collect()];
    let words = own_words.iter().cloned().chain(names).collect();
    if !state.hasher.is_common(password, words).await? {
        return Ok(());
    }
    if state.config.mode == Mode::Production {
        return Err((field, Problem::Common).into());
    }
    tracing::warn!("a password that guessers try first was accepted; production mode would refuse it");
    Ok(())
}
