//! The REST API: what its clients rely on.

mod account;
mod administration;
mod document;
mod refusals;
mod tokens;
