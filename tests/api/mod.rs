//! The REST API: what its clients rely on.

mod account;
mod document;
mod refusals;
mod tokens;
