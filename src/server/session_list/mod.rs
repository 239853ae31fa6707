//! The list of one's sessions: where one is signed in, and the way to end that.

pub mod browser;
pub mod rest;
pub mod service;
