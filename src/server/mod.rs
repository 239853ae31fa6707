//! The server's wing. It never reaches WASM.

pub mod clock;

pub mod crypto;

pub mod store;
