//! Writes notes for the user to stderr.

use std::fmt;
use std::io::{IsTerminal as _, Write as _, stderr};

use report::paragraph::wrapped;

/// Writes one note to stderr: on a terminal in lines that break between words, elsewhere as one line, which programs can search. A
/// command continues if the reader of stderr has ended, where `eprintln!` would panic.
pub fn note(text: impl fmt::Display) {
    let mut stderr = stderr();
    let line = format!("{text}\n");
    let lines = if stderr.is_terminal() {
        wrapped(&line)
    } else {
        line
    };
    let _ = stderr.write_all(lines.as_bytes());
}
