//! The server's side of one conversation.

use crate::echo::EchoSession;
use crate::error::ProtocolError;
use crate::frame::Work;
use crate::limits::Limits;
use crate::protocol::Protocol;
use crate::reply::{Language, ReplySession};

/// The server's side of one conversation, without I/O. The [crate] describes its methods.
pub struct ServerSession(Kind);

/// Sessions differ in where they make a reply: in the buffer of the request, or in one of its own.
enum Kind {
    Echo(EchoSession),
    Reply(ReplySession),
}

/// Calls the same method of either kind.
macro_rules! session {
    ($self:ident.$method:ident($($argument:expr)?)) => {
        match &$self.0 {
            Kind::Echo(session) => session.$method($($argument)?),
            Kind::Reply(session) => session.$method($($argument)?),
        }
    };
    (mut $self:ident.$method:ident($($argument:expr)?)) => {
        match &mut $self.0 {
            Kind::Echo(session) => session.$method($($argument)?),
            Kind::Reply(session) => session.$method($($argument)?),
        }
    };
}

impl ServerSession {
    /// A new conversation. It may have output at once: some protocols greet.
    pub fn new(protocol: Protocol, limits: Limits) -> Self {
        let limits = limits.usable();
        Self(match protocol {
            Protocol::Echo => Kind::Echo(EchoSession::new(false, limits)),
            Protocol::Framed => Kind::Echo(EchoSession::new(true, limits)),
            Protocol::Http => Kind::Reply(ReplySession::new(Language::Http, limits)),
            Protocol::Line => Kind::Reply(ReplySession::new(Language::Line, limits)),
        })
    }

    /// Room for input: at least one byte if [`wants_read`](Self::wants_read). Report the result with
    /// [`received`](Self::received), or with [`release`](Self::release) if nothing was received.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        session!(mut self.spare())
    }

    /// Reports `n` bytes written to the front of [`spare`](Self::spare); 0 is the end of file.
    ///
    /// # Panics
    /// If there was room for fewer than `n` bytes.
    #[inline]
    pub fn received(&mut self, n: usize) {
        session!(mut self.received(n));
    }

    /// Gives an unused buffer back after a read that returned nothing (`EAGAIN`).
    #[inline]
    pub fn release(&mut self) {
        session!(mut self.release());
    }

    /// Bytes to be sent next; empty if there are none.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        session!(self.pending())
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    ///
    /// # Panics
    /// If fewer than `n` bytes were pending.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        session!(mut self.sent(n));
    }

    /// The work that must be done before the conversation can go on.
    #[inline]
    pub const fn work(&self) -> Option<Work> {
        session!(self.work())
    }

    /// Reports that [`work`](Self::work) is done.
    #[inline]
    pub fn worked(&mut self) {
        session!(mut self.worked());
    }

    /// True if the session has room and use for input. It is false above the high-water mark: back-pressure. After the
    /// last reply of a conversation that the server ends, input is dropped, up to 1 MiB.
    #[inline]
    pub const fn wants_read(&self) -> bool {
        session!(self.wants_read())
    }

    /// True if bytes are pending.
    #[inline]
    pub const fn wants_write(&self) -> bool {
        session!(self.wants_write())
    }

    /// True if work must be done before the conversation can go on.
    #[inline]
    pub const fn wants_work(&self) -> bool {
        session!(self.wants_work())
    }

    /// True if the server ends the conversation and has sent its last reply, but the client has not ended its side. End
    /// the server's side now (`shutdown(2)`, for writing), and go on reading for a while: see the [crate].
    #[inline]
    pub const fn ends_first(&self) -> bool {
        match &self.0 {
            Kind::Echo(_) => false,
            Kind::Reply(session) => session.ends_first(),
        }
    }

    /// True if the conversation is over: the client has ended it or made an error, and all replies are sent.
    #[inline]
    pub const fn is_done(&self) -> bool {
        session!(self.is_done())
    }

    /// The client's error, if it made one.
    pub const fn error(&self) -> Option<&ProtocolError> {
        session!(self.error())
    }

    /// Number of requests whose replies are begun. Always 0 for [`Protocol::Echo`], which has no requests, only bytes.
    #[inline]
    pub const fn requests(&self) -> u64 {
        session!(self.requests())
    }
}
