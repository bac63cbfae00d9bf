//! The conversation between one client and one server, as two state machines without I/O.
//!
//! This crate contains no socket, no clock and no `unsafe`. The owner of the socket asks a session what it wants, and
//! reports what happened; the session never calls back. Two pairs of methods, named from the caller's side, fit every
//! kernel interface, from a blocking `read` to a completion queue:
//!
//! | | the session offers | the caller reports |
//! |---|---|---|
//! | input  | [`spare()`](ServerSession::spare): room for bytes | [`received(n)`](ServerSession::received); `received(0)` is the end of file, as with `read` |
//! | output | [`pending()`](ServerSession::pending): bytes to send | [`sent(n)`](ServerSession::sent) |
//! | work   | [`work()`](ServerSession::work): the work that a request asks for | [`worked()`](ServerSession::worked) |
//!
//! ```
//! use echo_protocol::{Limits, Protocol, ServerSession};
//!
//! let mut session = ServerSession::new(Protocol::Echo, Limits::default());
//! session.spare()[..5].copy_from_slice(b"hello");
//! session.received(5);
//! assert_eq!(session.pending(), b"hello");
//! session.sent(5);
//! session.received(0);
//! assert!(session.is_done());
//! ```
//!
//! The same session speaks four protocols: [`Protocol::Echo`], the stream echo of RFC 862, byte for byte,
//! [`Protocol::Framed`], whose frames ([`frame`]) can ask the server for work and for a reply of any size,
//! [`Protocol::Http`] for every HTTP client ([`http`]), and [`Protocol::Line`] for people ([`mod@line`]).
//!
//! # Who speaks first, and who ends
//!
//! A session may have output before any input: `line` greets. So the owner of the socket asks
//! [`wants_write`](ServerSession::wants_write) once before its first wait, and not only after input.
//!
//! The server may also end the conversation, as `line` does at `exit`, and `http` after `Connection: close`. A `close` at
//! once could destroy the last reply: if input is left unread, or comes later, TCP answers with a reset, and a reset
//! discards what is still on its way. The session therefore asks for the steps of RFC 9112, section 9.6:
//!
//! 1. [`ends_first`](ServerSession::ends_first) becomes true when the last reply is sent: end the writing side
//!    (`shutdown(2)`).
//! 2. [`wants_read`](ServerSession::wants_read) stays true. What comes now is dropped, up to 1 MiB.
//! 3. [`is_done`](ServerSession::is_done) becomes true at the client's end of file, and the caller closes. The session knows
//!    no clock, so the caller also bounds the time of this wait.
//!
//! # Datagrams
//!
//! The first two protocols also work over datagrams, without a session: [`answer`] makes the reply to one datagram, and
//! [`DatagramClient`] recognizes replies that are late, duplicated or out of order.
//!
//! The module [`chat`] is another protocol with types of its own: there a conversation has output because of others.

#![forbid(unsafe_code)]

mod buffer;
pub mod chat;
mod client;
mod datagram;
mod datagram_client;
mod echo;
mod error;
pub mod frame;
pub mod http;
mod http_client;
mod limits;
pub mod line;
mod protocol;
mod reply;
mod request;
mod server;

pub use client::{ClientSession, Reply};
pub use datagram::{Answer, LONGEST_DATAGRAM, answer, longest_datagram};
pub use datagram_client::{Arrival, DatagramClient, NUMBER};
pub use error::{ProtocolError, ReplyError};
pub use frame::Work;
pub use http_client::{BYTES, Framing, HttpAsk, HttpClient, HttpError};
pub use limits::Limits;
pub use protocol::Protocol;
pub use request::Request;
pub use server::ServerSession;
