//! Look, not meaning.
