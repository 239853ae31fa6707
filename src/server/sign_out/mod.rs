//! Signing out.

pub mod browser;
pub mod rest;
pub mod service;
