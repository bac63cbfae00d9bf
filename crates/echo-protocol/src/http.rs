//! HTTP/1.1, byte by byte, for every HTTP client: curl, browsers, `ab`, `wrk`, `oha`.
//!
//! ```text
//! client  GET /64 HTTP/1.1␍␊
//!         Host: localhost␍␊
//!         ␍␊
//! server  HTTP/1.1 200 OK␍␊
//!         Content-Type: text/plain␍␊
//!         Content-Length: 64␍␊
//!         ␍␊
//!         0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXY␊
//! ```
//!
//! | target | reply |
//! |---|---|
//! | `/N` | 200 with a body of N bytes: [`BODY_LINE`] again and again, cut after N bytes. N has decimal digits only, and is at most [`Limits::max_frame`] |
//! | `/` | 200 with a few words about these targets |
//! | `/N?spin=TIME`, `/N?sleep=TIME` | the same after [`Work`]. TIME is a whole number with `us`, `ms` or `s`, at most 16.7 s. Other words of a query are ignored |
//! | any other | 404 |
//!
//! `HEAD` gets the same head as `GET`, and no body.
//!
//! # The connection
//!
//! It stays open after a reply to HTTP/1.1, unless the request says `Connection: close`. It ends after a reply to HTTP/1.0,
//! unless the request says `Connection: keep-alive`; then the reply says so, too. The server ends it after each reply but
//! 200. A client may send many requests before it reads (pipelining); the replies come in the order of the requests.
//!
//! # Errors
//!
//! Each has a body, one line of text that says what to send instead.
//!
//! | status | when |
//! |---|---|
//! | 400 | the head is malformed, or the client ends its side within it; there is no `Host` in HTTP/1.1, or a wrong one, or two; the request has a body; a TIME is wrong |
//! | 404 | the target is none of the above |
//! | 405 | the method is neither `GET` nor `HEAD`; the reply has `Allow` |
//! | 431 | the head is longer than [`LONGEST_HEAD`] bytes or the [high-water mark](Limits::high_water), or has more than [`MOST_FIELDS`] fields |
//! | 505 | the version is neither 1.0 nor 1.1 |
//!
//! A body would have to be skipped by exactly its length. Where a server and a proxy in front of it disagree about that
//! length, one request can hide in the body of another one (*request smuggling*). So this server skips none: every
//! `Transfer-Encoding`, and every `Content-Length` but 0, is an error that ends the connection (RFC 9112, section 11.2).
//!
//! # What is left out
//!
//! `Date`: a session knows no clock, and an origin server without a clock must not send `Date` (RFC 9110, section 6.6.1).
//! There is no TLS, no compression, no `Range` and no upgrade.
//!
//! The head is parsed by the crate `httparse`. Like it, the server accepts a line feed alone as the end of a line, and empty
//! lines before a request (RFC 9112, section 2.2). It looks at a head only when a line of it is complete, so a head that
//! comes byte by byte does not cost the square of its length.

use std::mem::MaybeUninit;
use std::time::Duration;

use httparse::{Error, Header, Status};

use crate::error::ProtocolError;
use crate::frame::Work;
use crate::limits::Limits;
use crate::reply::{Input, Request, Room};

pub use crate::reply::BODY_LINE;

/// The longest head in bytes, from the request line to the empty line.
pub const LONGEST_HEAD: usize = 8 << 10;

/// The largest number of header fields.
pub const MOST_FIELDS: usize = 64;

/// The body of the reply to `/`.
const WORDS: &[u8] = b"This is EchoLab. Ask for /64 to get 64 bytes, or for any other number.\n";

/// A request as its head describes it.
struct Head {
    has_body: bool,
    keeps_alive: bool,
    /// True if the client speaks HTTP/1.0, which must be told that the connection stays open.
    is_old: bool,
    target: Target,
    work: Option<Work>,
}

enum Target {
    Words,
    Bytes(usize),
}

/// Why a request is refused: the status and a sentence for the client.
#[derive(Clone, Copy)]
struct Refusal(u16, &'static str);

/// Answers the first request of the input; `None` if more input must come. `tried` counts the bytes of an incomplete head
/// that need not be parsed again.
pub(crate) fn answer(
    input: &Input,
    limits: Limits,
    tried: &mut usize,
    reply: &mut Room,
) -> Option<Request> {
    let limit = LONGEST_HEAD.min(limits.high_water);
    let window = &input.bytes[..input.bytes.len().min(limit)];
    let lines = window.iter().rposition(|&byte| byte == b'\n');
    let lines = &window[..lines.map_or(0, |end| end + 1)];
    if lines.len() > *tried {
        *tried = lines.len();
        match parse(lines, limits) {
            Ok(Some((bytes, head))) => return Some(accept(bytes, &head, reply)),
            Err((refusal, has_body)) => return Some(refuse(refusal, has_body, input.at, reply)),
            Ok(None) => {}
        }
    }
    if window.len() == limit {
        let refusal = Refusal(431, "the head is too long; send fewer or shorter fields");
        return Some(refuse(refusal, true, input.at, reply));
    }
    let is_empty = || window.iter().all(|byte| b"\r\n".contains(byte));
    (input.is_whole && !is_empty()).then(|| {
        let refusal = Refusal(400, "the head has no end; send an empty line after it");
        refuse(refusal, true, input.at, reply)
    })
}

/// Parses a head; `None` if it is incomplete. The second value of an error is true if the reply may have a body.
fn parse(bytes: &[u8], limits: Limits) -> Result<Option<(usize, Head)>, (Refusal, bool)> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Complete(len)) => {
            let head = read(&request, limits);
            let head = head.map_err(|refusal| (refusal, request.method != Some("HEAD")))?;
            Ok(Some((len, head)))
        }
        Ok(Status::Partial) => Ok(None),
        Err(error) => Err((malformed(error), true)),
    }
}

fn malformed(error: Error) -> Refusal {
    match error {
        Error::TooManyHeaders => Refusal(431, "the head has too many fields; send at most 64"),
        Error::Version => Refusal(505, "the version is unknown; send HTTP/1.1 or HTTP/1.0"),
        Error::HeaderName | Error::HeaderValue => {
            Refusal(400, "a header field is malformed; send NAME: VALUE")
        }
        Error::NewLine | Error::Status | Error::Token => {
            Refusal(400, "the request line is malformed; send GET /64 HTTP/1.1")
        }
    }
}

/// Reads what the server must know from the fields of a head.
fn read(request: &httparse::Request, limits: Limits) -> Result<Head, Refusal> {
    let is_old = request.version == Some(0);
    let fields = Fields::of(request.headers);
    let has_body = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Err(Refusal(405, "the method is not allowed; use GET or HEAD")),
    };
    if fields.hosts > 1 || fields.hosts == 0 && !is_old || fields.wrong_hosts > 0 {
        return Err(Refusal(
            400,
            "there must be one field Host: NAME in the head",
        ));
    }
    if fields.sends_body {
        return Err(Refusal(
            400,
            "a request has no body here; send neither Content-Length nor Transfer-Encoding",
        ));
    }
    let (path, query) = split(request.path.unwrap_or_default());
    Ok(Head {
        has_body,
        keeps_alive: !fields.closes && (!is_old || fields.keeps_alive),
        is_old,
        target: target(path, limits)?,
        work: work(query)?,
    })
}

/// What the header fields say.
#[derive(Default)]
struct Fields {
    hosts: usize,
    wrong_hosts: usize,
    closes: bool,
    keeps_alive: bool,
    sends_body: bool,
}

impl Fields {
    fn of(headers: &[Header]) -> Self {
        let mut fields = Self::default();
        for Header { name, value } in headers {
            if name.eq_ignore_ascii_case("host") {
                fields.hosts += 1;
                let is_right = value.iter().all(|&byte| may_be_in_host(byte));
                fields.wrong_hosts += usize::from(!is_right);
            } else if name.eq_ignore_ascii_case("connection") {
                for word in value.split(|&byte| byte == b',') {
                    let word = word.trim_ascii();
                    fields.closes |= word.eq_ignore_ascii_case(b"close");
                    fields.keeps_alive |= word.eq_ignore_ascii_case(b"keep-alive");
                }
            } else if name.eq_ignore_ascii_case("content-length") {
                fields.sends_body |= value.is_empty() || value.iter().any(|&byte| byte != b'0');
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                fields.sends_body = true;
            }
        }
        fields
    }
}

/// True for the bytes of a host and a port (RFC 3986, sections 3.2.2 and 3.2.3).
const fn may_be_in_host(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'%' | b'[' | b']' | b':' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Splits a target into path and query. A proxy sends the whole address, of which the host does not matter here.
fn split(target: &str) -> (&str, &str) {
    let scheme = target.get(..7);
    let target = match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("http://") => {
            let rest = &target[7..];
            rest.find(['/', '?']).map_or("/", |path| &rest[path..])
        }
        _ => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    (if path.is_empty() { "/" } else { path }, query)
}

fn target(path: &str, limits: Limits) -> Result<Target, Refusal> {
    if path == "/" {
        return Ok(Target::Words);
    }
    let digits = path.strip_prefix('/').and_then(number);
    let bytes = digits.and_then(|bytes| usize::try_from(bytes).ok());
    match bytes {
        Some(bytes) if bytes <= limits.max_frame => Ok(Target::Bytes(bytes)),
        _ => Err(Refusal(
            404,
            "nothing is here; ask for /N, where N is a number of bytes up to --max-frame",
        )),
    }
}

/// Reads the work that a query asks for.
fn work(query: &str) -> Result<Option<Work>, Refusal> {
    let mut asked = None;
    for word in query.split('&') {
        let (kind, time): (fn(Duration) -> Work, _) = match word.split_once('=') {
            Some(("spin", time)) => (Work::Spin, time),
            Some(("sleep", time)) => (Work::Sleep, time),
            _ => continue,
        };
        let time = duration(time).filter(|time| asked.is_none() && *time <= Work::LONGEST);
        let wrong = "a time is wrong; ask once, for spin=100us or sleep=5ms, at most 16s";
        asked = Some(kind(time.ok_or(Refusal(400, wrong))?));
    }
    Ok(asked)
}

fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(unit);
    let digits = number(digits)?;
    match unit {
        "us" => Some(Duration::from_micros(digits)),
        "ms" => Some(Duration::from_millis(digits)),
        "s" => Some(Duration::from_secs(digits)),
        _ => None,
    }
}

/// A number of decimal digits, and nothing else.
fn number(digits: &str) -> Option<u64> {
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().ok()).flatten()
}

/// Writes the head of a reply with status 200.
fn accept(bytes: usize, head: &Head, reply: &mut Room) -> Request {
    let len = match head.target {
        Target::Words => WORDS.len(),
        Target::Bytes(len) => len,
    };
    reply.push(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ");
    reply.push_number(len);
    reply.push(match (head.keeps_alive, head.is_old) {
        (false, _) => b"\r\nConnection: close\r\n\r\n",
        (true, true) => b"\r\nConnection: keep-alive\r\n\r\n",
        (true, false) => b"\r\n\r\n",
    });
    let body = match head.target {
        Target::Bytes(len) if head.has_body => len,
        Target::Words if head.has_body => {
            reply.push(WORDS);
            0
        }
        _ => 0,
    };
    Request {
        bytes,
        body,
        work: head.work,
        is_last: !head.keeps_alive,
        error: None,
    }
}

/// Writes a reply with an error status, after which the conversation ends.
fn refuse(refusal: Refusal, has_body: bool, at: u64, reply: &mut Room) -> Request {
    let Refusal(status, reason) = refusal;
    reply.push(match status {
        404 => b"HTTP/1.1 404 Not Found".as_slice(),
        405 => b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD",
        431 => b"HTTP/1.1 431 Request Header Fields Too Large",
        505 => b"HTTP/1.1 505 HTTP Version Not Supported",
        _ => b"HTTP/1.1 400 Bad Request",
    });
    reply.push(b"\r\nContent-Type: text/plain\r\nContent-Length: ");
    reply.push_number(reason.len() + 1);
    reply.push(b"\r\nConnection: close\r\n\r\n");
    if has_body {
        reply.push(reason.as_bytes());
        reply.push(b"\n");
    }
    let error = ProtocolError::Refused { at, status, reason };
    Request {
        is_last: true,
        error: Some(error),
        ..Request::default()
    }
}
