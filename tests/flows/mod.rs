//! What spans several requests, processes or settings.

mod administration;
mod canary;
mod cluster_races;
mod commands;
mod crashes;
mod database_tls;
mod disk;
mod guessing;
mod held;
mod import;
mod keys;
mod moving;
mod outages;
mod password_links;
mod plans;
mod process;
mod races;
mod refresh_races;
mod scale_out;
mod session_list;
mod sessions;
mod settings;
mod signals;
mod stopped;
mod timing;
mod verification;
