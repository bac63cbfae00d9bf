//! The name of a room or of a client.

use std::fmt;
use std::str;

/// The name of a room or of a client: 1 to 32 letters, digits, dots, underscores and hyphens of ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl Name {
    /// Longest name in bytes.
    pub const LONGEST: usize = 32;

    /// The name of a client that has not chosen one.
    pub const GUEST: Self = {
        let mut bytes = [0; Self::LONGEST];
        let mut length = 0;
        while length < b"guest".len() {
            bytes[length] = b"guest"[length];
            length += 1;
        }
        let length = length as u8;
        Self { bytes, length }
    };

    /// The name in these bytes; `None` if they are no name.
    pub fn of(text: &[u8]) -> Option<Self> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        if text.is_empty() || text.len() > Self::LONGEST || !text.iter().all(is_name) {
            return None;
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..text.len()].copy_from_slice(text);
        let length = text.len() as u8;
        Some(Self { bytes, length })
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(self.as_bytes()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}
