//! Writes notes for the user to stderr, and lines for another program to stdout. Neither fails if its reader has gone.
//!
//! `eprintln!` and `println!` panic there, and what the command has measured would be lost. So nothing else in the
//! program uses them.

use std::fmt;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use record::foreign::visible;
use report::paragraph::wrapped;

/// Writes one note to stderr: on a terminal in lines that break between words, elsewhere as one line, which programs can
/// search. A command continues if the reader of stderr has ended.
pub fn note(text: impl fmt::Display) {
    let mut stderr = stderr();
    let line = visible(&format!("{text}\n")).into_owned();
    let lines = if stderr.is_terminal() {
        wrapped(&line)
    } else {
        line
    };
    let _ = stderr.write_all(lines.as_bytes());
}

/// Writes one line to stdout for the program that reads it, at once. A command continues if that program has ended: it is
/// no reason to lose what is measured.
pub fn tell(line: impl fmt::Display) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
