//! The SHA-256 digest of the raw rows, computed on first use because it takes longer than reading the rows.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

/// The digest of the first bytes of files that may grow, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    files: Vec<(PathBuf, u64)>,
    text: OnceLock<String>,
}

impl Digest {
    /// The digest of the first `len` bytes of this file.
    pub(super) fn new(file: &Path, len: u64) -> Self {
        Self {
            files: vec![(file.to_owned(), len)],
            text: OnceLock::new(),
        }
    }

    /// The digest of these bytes, and then of the first `len` bytes of this file.
    #[must_use]
    pub(super) fn and(mut self, file: &Path, len: u64) -> Self {
        self.files.push((file.to_owned(), len));
        self
    }

    /// The digest in hexadecimal; `unknown` if the file cannot be read any more, or is now shorter.
    pub fn as_str(&self) -> &str {
        let unknown = |_| "unknown".to_owned();
        self.text
            .get_or_init(|| self.compute().unwrap_or_else(unknown))
    }

    fn compute(&self) -> io::Result<String> {
        let mut hash = Sha256::new();
        for (file, len) in &self.files {
            add(&mut hash, file, *len)?;
        }
        Ok(hex(&hash.finalize()))
    }
}

/// Adds the first `len` bytes of a file.
fn add(hash: &mut Sha256, file: &Path, len: u64) -> io::Result<()> {
    let mut rows = BufReader::with_capacity(1 << 16, File::open(file)?.take(len));
    let mut read = 0;
    loop {
        let chunk = rows.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        hash.update(chunk);
        let bytes = chunk.len();
        read += bytes as u64;
        rows.consume(bytes);
    }
    if read < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Digest {
    /// A digest that is already known.
    fn from(text: String) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all text");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// SHA-256 of `abc` (FIPS 180-2, B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn later_rows_do_not_change_the_digest() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "abcdef").unwrap();
        assert_eq!(Digest::new(file.path(), 3).as_str(), ABC);
    }

    #[test]
    fn the_digest_of_missing_rows_is_unknown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "ab").unwrap();
        let digest = Digest::new(file.path(), 3);
        assert_eq!(digest.to_string(), "unknown");
    }
}
