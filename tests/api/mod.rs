//! The REST API: what its clients rely on, and what its enemies try.

mod account;
mod administration;
mod bit_flips;
mod bodies;
mod confusion;
mod document;
mod forgeries;
mod held;
mod hostile;
mod matrix;
mod refusals;
mod tokens;
