//! Signing out: a form in the header, no page of its own.

pub mod form;
pub mod rpc;
