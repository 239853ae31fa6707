//! Signing in.

pub mod browser;
pub mod service;
