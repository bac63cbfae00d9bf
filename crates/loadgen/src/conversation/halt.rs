//! Why a client has no correct reply: what the engine must do then.

use std::time::Instant;

use echo_protocol::ReplyError;

/// Why a client has no correct reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The reply is wrong, and the connection cannot be used any more.
    Wrong(ReplyError),
    /// The reply to a request is wrong, but complete: the next reply may follow.
    Refused {
        /// What is wrong.
        error: ReplyError,
        /// When the request was due.
        intended: Instant,
    },
    /// The server has ended the connection in order. The client must connect again, and repeat the requests without a reply.
    Over,
}
