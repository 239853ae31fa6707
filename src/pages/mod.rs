//! The browser's wing: a room per screen, each with its page (`mod.rs`), its island (`form.rs`) and its server functions (`rpc.rs`).
