//! The head of a reply: its status, where its body ends, and whether the connection ends with it.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Response, Status};

use super::body::Body;
use super::error::{Framing, HttpError};

/// Fields that a head may have.
const FIELDS: usize = 100;

/// The head of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Its bytes.
    pub len: usize,
    /// The status.
    pub status: u16,
    /// Where the body ends.
    pub body: Body,
    /// True if the server closes the connection after this reply.
    pub is_last: bool,
}

/// What the fields of a head say.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    coding: Coding,
    closes: bool,
    keeps_alive: bool,
}

/// The last coding in the field Transfer-Encoding.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Coding {
    /// There is no such field.
    #[default]
    None,
    Chunked,
    Other,
}

impl Head {
    /// Reads the head at the front of the input; `None` until all of it is there.
    pub fn parse(input: &[u8]) -> Result<Option<Self>, HttpError> {
        let mut fields = [const { MaybeUninit::<Header>::uninit() }; FIELDS];
        let mut response = Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            input,
            &mut fields,
        );
        let Status::Complete(len) = parsed.map_err(HttpError::Head)? else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let fields = Fields::of(response.headers)?;
        let body = fields.body(status)?;
        let is_old = response.version == Some(0);
        Ok(Some(Self {
            len,
            status,
            is_last: fields.closes || (is_old && !fields.keeps_alive) || body == Body::UntilClose,
            body,
        }))
    }

    /// True for an interim reply, after which the reply itself follows (RFC 9110, section 15.2).
    pub const fn is_interim(&self) -> bool {
        self.status < 200 && self.status != 101
    }
}

impl Fields {
    fn of(headers: &[Header]) -> Result<Self, HttpError> {
        let mut fields = Self::default();
        for Header { name, value } in headers {
            // The length of the name rules out nearly all fields.
            if name.len() == 14 && name.eq_ignore_ascii_case("content-length") {
                fields.add_length(value)?;
            } else if name.len() == 10 && name.eq_ignore_ascii_case("connection") {
                for option in items(value) {
                    fields.closes |= option.eq_ignore_ascii_case(b"close");
                    fields.keeps_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            } else if name.len() == 17 && name.eq_ignore_ascii_case("transfer-encoding") {
                let mut codings = items(value);
                let is_last = |last: &[u8]| last.eq_ignore_ascii_case(b"chunked");
                fields.coding = if codings.next_back().is_some_and(is_last) {
                    Coding::Chunked
                } else {
                    Coding::Other
                };
            }
        }
        Ok(fields)
    }

    /// Equal lengths count as one (RFC 9110, section 8.6).
    fn add_length(&mut self, value: &[u8]) -> Result<(), HttpError> {
        for item in value.split(|&byte| byte == b',') {
            let number = number(item.trim_ascii());
            let number = number.ok_or(HttpError::Framing(Framing::NoNumber))?;
            if self.length.is_some_and(|length| length != number) {
                return Err(HttpError::Framing(Framing::TwoLengths));
            }
            self.length = Some(number);
        }
        Ok(())
    }

    /// Where the body of a reply to GET ends (RFC 9112, section 6.3).
    fn body(&self, status: u16) -> Result<Body, HttpError> {
        let has_none = status < 200 || status == 204 || status == 304;
        match (self.coding, self.length) {
            _ if has_none => Ok(Body::Length { left: 0 }),
            (Coding::None, Some(left)) => Ok(Body::Length { left }),
            (Coding::Chunked | Coding::Other, Some(_)) => {
                Err(HttpError::Framing(Framing::LengthAndChunks))
            }
            (Coding::Chunked, None) => Ok(Body::chunked()),
            (Coding::None | Coding::Other, None) => Ok(Body::UntilClose),
        }
    }
}

/// A decimal number of 64 bits, of digits only.
fn number(digits: &[u8]) -> Option<u64> {
    let digit = |number: u64, &byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    let is_empty = digits.is_empty();
    digits.iter().try_fold(0, digit).filter(|_| !is_empty)
}

/// The items of a list, without the spaces around them.
fn items(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<Head>, HttpError> {
        Head::parse(text.as_bytes())
    }

    fn body(fields: &str) -> Result<(Body, bool), HttpError> {
        let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        head(&text).map(|head| head.map(|head| (head.body, head.is_last)).unwrap())
    }

    #[test]
    fn a_head_is_complete_at_its_empty_line() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(head(&text[..end]), Ok(None));
        }
        let head = head(text).unwrap().unwrap();
        assert_eq!((head.len, head.status), (text.len(), 200));
        assert_eq!(
            (head.body, head.is_last),
            (Body::Length { left: 64 }, false)
        );
    }

    #[test]
    fn the_fields_say_where_the_body_ends() {
        assert_eq!(
            body("content-length: 7, 7\r\nContent-Length: 7\r\n"),
            Ok((Body::Length { left: 7 }, false))
        );
        assert_eq!(
            body("Transfer-Encoding: gzip, Chunked\r\n"),
            Ok((Body::chunked(), false))
        );
        assert_eq!(
            body("Transfer-Encoding: gzip\r\n"),
            Ok((Body::UntilClose, true))
        );
        assert_eq!(body("Server: x\r\n"), Ok((Body::UntilClose, true)));
        let empty = head("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
        assert_eq!(empty.unwrap().unwrap().body, Body::Length { left: 0 });
    }

    #[test]
    fn a_body_without_a_clear_end_is_an_error() {
        for (fields, framing) in [
            ("Content-Length: +7\r\n", Framing::NoNumber),
            ("Content-Length: \r\n", Framing::NoNumber),
            (
                "Content-Length: 99999999999999999999999\r\n",
                Framing::NoNumber,
            ),
            ("Content-Length: 7, 8\r\n", Framing::TwoLengths),
            (
                "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
                Framing::LengthAndChunks,
            ),
        ] {
            assert_eq!(body(fields), Err(HttpError::Framing(framing)), "{fields}");
        }
    }

    #[test]
    fn the_version_and_the_field_connection_say_whether_the_server_closes() {
        let is_last = |version: &str, fields: &str| {
            let text = format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{fields}\r\n");
            head(&text).unwrap().unwrap().is_last
        };
        assert!(!is_last("1.1", ""));
        assert!(is_last("1.1", "Connection: Close\r\n"));
        assert!(is_last("1.1", "Connection: upgrade, close\r\n"));
        assert!(is_last("1.0", ""));
        assert!(!is_last("1.0", "Connection: keep-alive\r\n"));
    }
}
