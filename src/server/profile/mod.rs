//! The profile: what people may change about their own account.

pub mod browser;
pub mod rest;
pub mod service;
