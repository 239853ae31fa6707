//! The REST API: what its clients rely on, and what its enemies try.

mod account;
mod administration;
mod document;
mod forgeries;
mod hostile;
mod refusals;
mod tokens;
