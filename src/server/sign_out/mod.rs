//! Signing out.

pub mod browser;
pub mod service;
