//! The browser's wing: a room per screen, each with its page (`mod.rs`), its form (`form.rs`) and its server functions (`rpc.rs`).

pub mod accessibility;
pub mod not_found;
pub mod password_links;
pub mod profile;
pub mod registration;
pub mod session_list;
pub mod sign_in;
pub mod sign_out;
