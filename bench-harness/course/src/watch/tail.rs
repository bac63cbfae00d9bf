//! Reads the whole lines that another process has added to a file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// A file that grows.
#[derive(Debug)]
pub struct Tail {
    file: File,
    /// The begin of a line whose end is not there yet.
    begun: Vec<u8>,
}

impl Tail {
    /// Opens a file at its begin, and makes it if it is not there yet.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        File::options()
            .append(true)
            .create(true)
            .open(path)
            .map(drop)?;
        Ok(Self {
            file: File::open(path)?,
            begun: Vec::new(),
        })
    }

    /// The lines since the last call.
    pub fn lines(&mut self) -> Vec<String> {
        // What cannot be read now is read by the next call.
        let _ = self.file.read_to_end(&mut self.begun);
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let unfinished = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, unfinished);
        let text = String::from_utf8_lossy(&whole);
        text.lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_line_is_read_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut tail = Tail::open(&path).unwrap();
        let mut log = File::options().append(true).open(&path).unwrap();
        assert_eq!(tail.lines(), Vec::<String>::new());
        log.write_all(b"one\ntw").unwrap();
        assert_eq!(tail.lines(), ["one"]);
        log.write_all(b"o\n").unwrap();
        assert_eq!(tail.lines(), ["two"]);
    }
}
