//! Sessions: begun at sign-in, cached by access tokens, carried on by refresh tokens.

pub mod authenticate;
pub mod client;
pub mod service;
