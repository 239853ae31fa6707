//! Links with which somebody sets a new password: the way back in for who forgot theirs.

pub mod browser;
pub mod service;
