//! Captures the log of the whole test process, as the binary writes it.

use std::io;
use std::sync::{Mutex, Once};

use latchkey::server::logging;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static START: Once = Once::new();

#[derive(Clone)]
struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures from now on: everything of ours down to `trace`, and every statement.
pub fn capture() {
    START.call_once(|| {
        logging::start(logging::parse_filter("info,latchkey=trace", true).unwrap(), || Capture);
    });
}

/// Whether anything logged so far holds `needle`.
pub fn log_contains(needle: &str) -> bool {
    // The standard library's search is fast in a debug build too; all tests look through one log.
    String::from_utf8_lossy(&LINES.lock().unwrap()).contains(needle)
}

/// Everything logged so far.
pub fn log_text() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap()).into_owned()
}
