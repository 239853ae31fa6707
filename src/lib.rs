//! **Latchkey**: accounts for other people's applications. This is the map of the house.
//!
//! Two wings have the same rooms under the same names: [`pages`] is what the browser sees, `server` never reaches WASM,
//! and [`domain`] is the language that both speak. A feature such as sign-in has one room a wing; its rule stands in
//! `server/<feature>/service.rs` and nowhere else, and every door (form, server function, REST) leads there.
//!
//! - [`paths`]: every URL, once.
//! - [`app`]: the HTML shell and which page stands at which path.
//! - [`components`]: look, and the one way in which forms reach the server; no meaning.
//! - [`pages`]: the screens, their islands and their server functions.

#![recursion_limit = "256"]

pub mod app;
pub mod components;
pub mod domain;
pub mod pages;
pub mod paths;
#[cfg(feature = "ssr")]
pub mod server;

/// Called by the page's script once WASM has arrived: brings the islands to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
