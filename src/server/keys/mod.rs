//! The keys that sign access tokens: what a process holds of them, and how the operator changes them.

pub mod ring;
pub mod service;
