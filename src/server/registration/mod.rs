//! Registration.

pub mod browser;
pub mod service;
