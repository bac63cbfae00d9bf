//! Writes notes for the user to stderr.

use std::fmt;
use std::io::{Write as _, stderr};

/// Writes one line to stderr. A command continues if the reader of stderr has ended, where `eprintln!` would panic.
pub fn note(line: impl fmt::Display) {
    let _ = writeln!(stderr(), "{line}");
}
