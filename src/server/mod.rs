//! The server wing.
