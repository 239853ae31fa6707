//! What spans several requests, processes or settings.

mod administration;
mod canary;
mod commands;
mod guessing;
mod held;
mod import;
mod keys;
mod password_links;
mod process;
mod races;
mod refresh_races;
mod scale_out;
mod session_list;
mod sessions;
mod settings;
mod signals;
mod timing;
mod verification;
