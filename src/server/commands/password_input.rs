//! A password from standard input: one line, unseen on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Stdin, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::zeroize::Zeroizing;

use super::Failure;
use crate::domain::Password;

/// Reads it, without the line's end. From a pipe or a file all is read, so that a second line is noticed.
pub(super) fn read() -> Result<Password, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * Password::MAX_BYTES));
    let longest = Password::MAX_BYTES + "\r\n".len() + 1;
    let longest = u64::try_from(longest).unwrap_or(u64::MAX);
    let failed = |error| Failure::refused(format!("cannot read the password from standard input: {error}"));
    let stdin = io::stdin();
    let read = if stdin.is_terminal() {
        let _unseen = Unseen::begin(&stdin).map_err(failed)?;
        let _ = write!(io::stderr(), "Password: ");
        stdin.lock().take(longest).read_until(b'\n', &mut bytes)
    } else {
        stdin.lock().take(longest).read_to_end(&mut bytes)
    };
    read.map_err(failed)?;
    let text = str::from_utf8(&bytes)
        .map_err(|_| Failure::usage("the password on standard input must be UTF-8 and at most 256 characters long"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.contains(['\n', '\r']) {
        return Err(Failure::usage("standard input must hold one line: the password"));
    }
    Ok(Password::new(text.to_owned()))
}

/// While this value lives, the terminal does not show what is typed, but for the line's end.
struct Unseen<'a> {
    terminal: &'a Stdin,
    before: Termios,
}

impl<'a> Unseen<'a> {
    fn begin(terminal: &'a Stdin) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        modes.local_modes.insert(LocalModes::ECHONL);
        // What was typed ahead was seen, and is not the password.
        tcsetattr(terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        // What was pasted behind the password is not the shell's to run.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}
