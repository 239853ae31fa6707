//! What spans several requests, processes or settings.

mod canary;
mod process;
mod races;
mod sessions;
mod settings;
mod timing;
