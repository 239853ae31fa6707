//! Captures the log of the whole test process, as the binary writes it.

use std::io;
use std::sync::{Mutex, Once};

use aho_corasick::AhoCorasick;
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
    String::from_utf8_lossy(&LINES.lock().unwrap()).contains(needle)
}

/// How many bytes were logged so far.
pub fn length() -> usize {
    LINES.lock().unwrap().len()
}

/// Whether anything that was logged after the first `length` bytes holds one of those texts.
pub fn matches_since(length: usize, texts: &AhoCorasick) -> bool {
    texts.is_match(&LINES.lock().unwrap()[length..])
}

/// Everything logged so far.
pub fn log_text() -> String {
    log_since(0)
}

/// Everything that was logged after the first `length` bytes: all tests write into one log, and who looks again and again must not
/// go through what others wrote before.
pub fn log_since(length: usize) -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap()[length..]).into_owned()
}
