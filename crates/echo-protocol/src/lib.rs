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
//! The same session speaks two protocols: [`Protocol::Echo`], the stream echo of RFC 862, byte for byte, and
//! [`Protocol::Framed`], whose frames ([`frame`]) can ask the server for work and for a reply of any size.
//!
//! Both protocols also work over datagrams, without a session: [`answer`] makes the reply to one datagram, and
//! [`DatagramClient`] recognizes replies that are late, duplicated or out of order.
//!
//! The module [`chat`] is another protocol with types of its own: there a conversation has output because of others.

#![forbid(unsafe_code)]

mod buffer;
pub mod chat;
mod client;
mod datagram;
mod datagram_client;
mod error;
pub mod frame;
mod limits;
mod protocol;
mod request;
mod server;

pub use client::{ClientSession, Reply};
pub use datagram::{Answer, LONGEST_DATAGRAM, answer, longest_datagram};
pub use datagram_client::{Arrival, DatagramClient, NUMBER};
pub use error::{ProtocolError, ReplyError};
pub use frame::Work;
pub use limits::Limits;
pub use protocol::Protocol;
pub use request::Request;
pub use server::ServerSession;
