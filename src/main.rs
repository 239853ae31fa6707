//! Command line, environment and current folder -> `server::commands`.

#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "the one place that hands the environment to server/config")]
fn main() -> std::process::ExitCode {
    latchkey::server::commands::main(std::env::args_os(), std::env::vars_os(), std::env::current_dir())
}

#[cfg(not(feature = "ssr"))]
fn main() {}
