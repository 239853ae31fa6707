//! Carrying a session on, for clients that keep their tokens themselves; browsers are carried on by the middleware.

pub mod rest;
pub mod service;
