//! Finds the end of a body: by its length, by its chunks, or by the end of the connection.

use super::error::HttpError;

/// Bytes of a chunk's extensions, or of all trailer fields, that are accepted.
const MOST: u16 = 16 << 10;
/// Digits of a chunk size: a number of 64 bits.
const DIGITS: u8 = 16;

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// After this number of bytes.
    Length {
        /// Bytes that are still to come.
        left: u64,
    },
    /// After the last chunk.
    Chunked {
        /// What comes next.
        next: Next,
        /// Bytes read, with all chunk sizes.
        at: u64,
    },
    /// At the end of the connection.
    UntilClose,
}

/// What comes next in a chunked body (RFC 9112, section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A digit of a chunk size, or what ends it.
    Size { digits: u8, size: u64 },
    /// Extensions of a chunk, which mean nothing to us.
    Extension { size: u64, bytes: u16 },
    /// The line feed after a chunk size.
    SizeLineFeed { size: u64 },
    /// Bytes of the body.
    Data { left: u64 },
    /// The carriage return after a chunk.
    DataReturn,
    /// The line feed after a chunk.
    DataLineFeed,
    /// The first byte of a trailer field, or of the empty line at the end.
    TrailerStart { bytes: u16 },
    /// The rest of a trailer field.
    Trailer { bytes: u16 },
    /// The line feed after a trailer field.
    TrailerLineFeed { bytes: u16 },
    /// The line feed of the empty line.
    LastLineFeed,
}

/// What a piece of input contains of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Bytes of input that belong to the body.
    pub input: usize,
    /// Bytes of content among them.
    pub content: u64,
    /// True if the body is complete.
    pub is_complete: bool,
}

impl Body {
    /// A body in chunks.
    pub const fn chunked() -> Self {
        Self::Chunked {
            next: Next::Size { digits: 0, size: 0 },
            at: 0,
        }
    }

    /// Takes the part of the body at the front of the input.
    pub fn take(&mut self, input: &[u8]) -> Result<Taken, HttpError> {
        match self {
            Self::Length { left } => {
                let n = (input.len() as u64).min(*left);
                *left -= n;
                Ok(Taken {
                    input: n as usize,
                    content: n,
                    is_complete: *left == 0,
                })
            }
            Self::Chunked { next, at } => take_chunks(next, at, input),
            Self::UntilClose => Ok(Taken {
                input: input.len(),
                content: input.len() as u64,
                is_complete: false,
            }),
        }
    }
}

fn take_chunks(next: &mut Next, at: &mut u64, input: &[u8]) -> Result<Taken, HttpError> {
    let mut taken = Taken {
        input: 0,
        content: 0,
        is_complete: false,
    };
    while taken.input < input.len() && !taken.is_complete {
        let n = if let Next::Data { left } = next {
            let n = ((input.len() - taken.input) as u64).min(*left);
            *left -= n;
            taken.content += n;
            if *left == 0 {
                *next = Next::DataReturn;
            }
            n
        } else {
            let byte = input[taken.input];
            match after(*next, byte) {
                None => return Err(HttpError::Chunk { at: *at }),
                Some(Step::To(other)) => *next = other,
                Some(Step::End) => taken.is_complete = true,
            }
            1
        };
        *at += n;
        taken.input += n as usize;
    }
    Ok(taken)
}

enum Step {
    To(Next),
    End,
}

/// What comes after a byte that is no content; `None` if the byte is wrong here.
fn after(next: Next, byte: u8) -> Option<Step> {
    let next = match (next, byte) {
        (Next::Size { digits, size }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
            let digit = char::from(byte).to_digit(16)?;
            (digits < DIGITS).then_some(Next::Size {
                digits: digits + 1,
                size: size << 4 | u64::from(digit),
            })
        }
        (Next::Size { digits: 1.., size } | Next::Extension { size, .. }, b'\r') => {
            Some(Next::SizeLineFeed { size })
        }
        (Next::Size { digits: 1.., size }, b';' | b' ' | b'\t') => {
            Some(Next::Extension { size, bytes: 1 })
        }
        (Next::Extension { size, bytes }, _) => {
            (bytes < MOST && byte != b'\n').then_some(Next::Extension {
                size,
                bytes: bytes + 1,
            })
        }
        (Next::SizeLineFeed { size: 0 }, b'\n') => Some(Next::TrailerStart { bytes: 0 }),
        (Next::SizeLineFeed { size }, b'\n') => Some(Next::Data { left: size }),
        (Next::DataReturn, b'\r') => Some(Next::DataLineFeed),
        (Next::DataLineFeed, b'\n') => Some(Next::Size { digits: 0, size: 0 }),
        (Next::TrailerStart { .. }, b'\r') => Some(Next::LastLineFeed),
        (Next::Trailer { bytes }, b'\r') => Some(Next::TrailerLineFeed { bytes }),
        (Next::TrailerStart { bytes } | Next::Trailer { bytes }, _) => {
            (bytes < MOST && byte != b'\n').then_some(Next::Trailer { bytes: bytes + 1 })
        }
        (Next::TrailerLineFeed { bytes }, b'\n') => Some(Next::TrailerStart { bytes }),
        (Next::LastLineFeed, b'\n') => return Some(Step::End),
        (
            Next::Size { .. }
            | Next::SizeLineFeed { .. }
            | Next::Data { .. }
            | Next::DataReturn
            | Next::DataLineFeed
            | Next::TrailerLineFeed { .. }
            | Next::LastLineFeed,
            _,
        ) => None,
    };
    next.map(Step::To)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of a body, and the input after it.
    fn content(text: &str) -> Result<(u64, &str), HttpError> {
        let taken = Body::chunked().take(text.as_bytes())?;
        assert!(taken.is_complete, "{text}");
        Ok((taken.content, &text[taken.input..]))
    }

    #[test]
    fn chunks_add_up_to_the_body() {
        let text = "4\r\nRust\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\nHTTP/1.1";
        assert_eq!(content(text), Ok((14, "HTTP/1.1")));
        assert_eq!(content("0\r\nDigest: x\r\nAge: 1\r\n\r\n"), Ok((0, "")));
        assert_eq!(content("00a \r\n0123456789\r\n000\r\n\r\n"), Ok((10, "")));
    }

    #[test]
    fn a_broken_chunk_is_an_error_with_its_place() {
        for (text, at) in [
            ("\r\n", 0),
            ("x\r\n", 0),
            ("4\nRust", 1),
            ("4\r\nRust!", 7),
            ("4\r\nRust\rx", 8),
            ("11111111111111111\r\n", 16),
            ("0\r\n\n", 3),
        ] {
            let error = content(text).unwrap_err();
            assert_eq!(error, HttpError::Chunk { at }, "{text}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        for start in ["1;", "0\r\nx"] {
            let long = start.to_owned() + &"x".repeat(MOST as usize);
            assert!(content(&long).is_err(), "{start}");
        }
    }

    #[test]
    fn a_length_ends_a_body_and_a_close_ends_the_other() {
        let mut body = Body::Length { left: 5 };
        let taken = |input, content, is_complete| {
            Ok(Taken {
                input,
                content,
                is_complete,
            })
        };
        assert_eq!(body.take(b"abc"), taken(3, 3, false));
        assert_eq!(body.take(b"defg"), taken(2, 2, true));
        assert_eq!(Body::UntilClose.take(b"abc"), taken(3, 3, false));
    }
}
