//! The server's wing. It never reaches WASM.

pub mod accounts;
pub mod browser;
pub mod caller;
pub mod clock;
pub mod commands;
pub mod config;
pub mod cookies;
pub mod crypto;
mod csrf;
pub mod data_folder;
mod envelope;
pub mod error;
mod form_post;
pub mod logging;
mod page;
mod passwords;
pub mod profile;
mod redirect;
pub mod registration;
pub mod router;
pub mod rpc;
pub mod serve;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
pub mod state;
pub mod store;
