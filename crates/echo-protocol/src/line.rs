//! Lines for people with `nc`, byte by byte: the greeting server of the tutorials.
//!
//! ```text
//! server  hello!
//! client  Ada
//! server  Hello, Ada!
//! client  exit
//! server  Goodbye!             and the server ends the connection
//! ```
//!
//! | who | bytes | meaning |
//! |---|---|---|
//! | server | `hello!` `0a` | the greeting; it comes before the client has sent anything |
//! | client | a line, `0a` or `0d 0a` | any bytes: text in any encoding, because the server does not interpret them |
//! | server | `Hello, `, the line, `!` `0a` | the reply to each line, also to an empty one |
//! | client | `exit` `0a` or `exit` `0d 0a` | exactly these four bytes |
//! | server | `Goodbye!` `0a` | the last reply; then the server ends the connection |
//!
//! A line has at most [`LONGEST`] bytes, its end included, and never more than the
//! [high-water mark](crate::Limits::high_water). The server answers a longer line with a sentence that says so, and ends
//! the connection. What the client sends after that is dropped, and so is what it sends after `exit`. If the client ends
//! its side in the middle of a line, the server answers this last line, too.

use crate::error::ProtocolError;
use crate::limits::Limits;
use crate::reply::{Input, Request, Room};

/// What the server says first.
pub const GREETING: &[u8] = b"hello!\n";

/// The longest line, its end included.
pub const LONGEST: usize = 1024;

/// Answers the first line of the input; `None` if more input must come.
pub(crate) fn answer(input: &Input, limits: Limits, reply: &mut Room) -> Option<Request> {
    let limit = LONGEST.min(limits.high_water);
    let window = &input.bytes[..input.bytes.len().min(limit)];
    let line = match window.iter().position(|&byte| byte == b'\n') {
        Some(end) => &window[..=end],
        None if window.len() == limit => return Some(refuse(input.at, limit, reply)),
        None if input.is_whole => window,
        None => return None,
    };
    let bytes = line.len();
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let is_last = text == b"exit";
    if is_last {
        reply.push(b"Goodbye!\n");
    } else {
        reply.push(b"Hello, ");
        reply.push(text);
        reply.push(b"!\n");
    }
    Some(Request {
        bytes,
        is_last,
        ..Request::default()
    })
}

fn refuse(at: u64, limit: usize, reply: &mut Room) -> Request {
    reply.push(b"A line has at most ");
    reply.push_number(limit);
    reply.push(b" bytes here. Goodbye!\n");
    Request {
        is_last: true,
        error: Some(ProtocolError::LongLine { at, limit }),
        ..Request::default()
    }
}
