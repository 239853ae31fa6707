//! Accounts in other people's hands: made, found, disabled, given roles, removed.

pub mod creation;
pub mod rest;
pub mod service;
