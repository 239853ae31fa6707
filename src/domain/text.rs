//! Every text that a person reads, in one place. Components hold no literal text.

use super::{AuthError, Field, Problem};

/// The sentence for a refused field.
pub fn problem(_field: Field, _problem: Problem) -> String {
    String::new()
}

/// The sentence for a refused request.
pub fn error(_error: &AuthError) -> String {
    String::new()
}
