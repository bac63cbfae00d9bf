//! What all requests of a class ask for: their bytes, and the reply that is expected.

use std::io::Write as _;

/// The text in a path that becomes the number of bytes that a request asks for.
pub const BYTES: &str = "{bytes}";

/// What all requests of a class ask for.
///
/// ```text
/// GET /64 HTTP/1.1␍␊
/// Host: 127.0.0.1:7007␍␊
/// ␍␊
/// ```
#[derive(Clone, Debug)]
pub struct HttpAsk {
    /// The request up to the number of bytes, or all of it.
    before: Vec<u8>,
    /// The rest after the number of bytes; `None` if the path has no such place.
    after: Option<Vec<u8>>,
    /// The expected status.
    pub(super) status: u16,
    /// The expected length of every body, if the path has no number of bytes.
    length: Option<u64>,
}

impl HttpAsk {
    /// Requests of `GET path` from this host. The first `{bytes}` in the path becomes a number of bytes, and the body must have
    /// as many. Without it the body must have `length` bytes, if that is given.
    pub fn new(path: &str, host: &str, status: u16, length: Option<u64>) -> Self {
        let end = format!(" HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let (before, after) = match path.split_once(BYTES) {
            Some((before, after)) => (before.to_owned(), Some(format!("{after}{end}"))),
            None => (format!("{path}{end}"), None),
        };
        Self {
            before: format!("GET {before}").into_bytes(),
            after: after.map(String::into_bytes),
            status,
            length,
        }
    }

    /// Bytes of the longest request.
    pub(super) fn longest(&self) -> usize {
        const DIGITS: usize = 10;
        self.before.len() + self.after.as_ref().map_or(0, |after| DIGITS + after.len())
    }

    /// The length that the body of the reply to a request for this number of bytes must have.
    pub(super) fn expected(&self, bytes: u32) -> Option<u64> {
        match self.after {
            Some(_) => Some(u64::from(bytes)),
            None => self.length,
        }
    }

    /// Writes the request to the front of a buffer that has room for it. Returns its length.
    pub(super) fn write(&self, bytes: u32, buffer: &mut [u8]) -> usize {
        let room = buffer.len();
        let mut rest = buffer;
        let written = match &self.after {
            None => rest.write_all(&self.before),
            Some(after) => rest
                .write_all(&self.before)
                .and_then(|()| write!(rest, "{bytes}"))
                .and_then(|()| rest.write_all(after)),
        };
        written.expect("the caller has asked for the longest request");
        room - rest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ask: &HttpAsk, bytes: u32) -> String {
        let mut buffer = vec![0; ask.longest()];
        let n = ask.write(bytes, &mut buffer);
        String::from_utf8(buffer[..n].to_vec()).unwrap()
    }

    #[test]
    fn a_request_is_three_lines() {
        let ask = HttpAsk::new("/{bytes}", "127.0.0.1:7007", 200, None);
        let text = "GET /64 HTTP/1.1\r\nHost: 127.0.0.1:7007\r\n\r\n";
        assert_eq!(written(&ask, 64), text);
        assert_eq!(ask.expected(64), Some(64));
        assert!(written(&ask, u32::MAX).len() <= ask.longest());
    }

    #[test]
    fn a_fixed_path_has_the_expected_length_or_any() {
        let text = "GET /a/b?c=1 HTTP/1.1\r\nHost: h\r\n\r\n";
        for length in [None, Some(7)] {
            let ask = HttpAsk::new("/a/b?c=1", "h", 200, length);
            assert_eq!(
                (written(&ask, 64).as_str(), ask.expected(64)),
                (text, length)
            );
        }
    }
}
