//! Errors in received bytes; each text says what is wrong, where, and what to do.

use thiserror::Error;

use crate::http_client::HttpError;

/// Why a server ends a conversation: the client sent bytes that its protocol does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The length field is smaller than a header.
    #[error(
        "the length field of the frame at byte {at} is {length}, but every frame has at least 16 bytes after that field; check that the client speaks `framed`"
    )]
    TooShort {
        /// Where the frame starts in the stream.
        at: u64,
        /// The length field.
        length: u32,
    },
    /// The payload is longer than the limit.
    #[error(
        "the payload of the frame at byte {at} has {payload} bytes, more than the limit of {limit}; raise --max-frame or send less"
    )]
    TooLong {
        /// Where the frame starts in the stream.
        at: u64,
        /// Bytes of payload, from the length field.
        payload: u32,
        /// [`Limits::max_frame`](crate::Limits::max_frame).
        limit: usize,
    },
    /// The requested reply is longer than the limit.
    #[error(
        "the frame at byte {at} asks for a reply of {reply_size} bytes, more than the limit of {limit}; raise --max-frame or ask for less"
    )]
    ReplyTooLong {
        /// Where the frame starts in the stream.
        at: u64,
        /// Requested bytes.
        reply_size: u32,
        /// [`Limits::max_frame`](crate::Limits::max_frame).
        limit: usize,
    },
    /// A datagram asks for a longer reply where that is refused.
    #[error(
        "the datagram of {payload} bytes asks for a reply of {reply_size} bytes, which a server that other machines can reach refuses; ask for less, or start the server with --amplify"
    )]
    Amplifies {
        /// Requested bytes.
        reply_size: u32,
        /// Bytes of payload.
        payload: u32,
    },
    /// The kind of work does not exist.
    #[error(
        "the frame at byte {at} asks for work of kind {kind} for {micros} us; use kind 0 (none, 0 us), 1 (spin) or 2 (sleep)"
    )]
    UnknownWork {
        /// Where the frame starts in the stream.
        at: u64,
        /// The kind byte.
        kind: u8,
        /// The duration field, in microseconds.
        micros: u32,
    },
    /// The stream ended inside a frame.
    #[error(
        "the stream ended at byte {at}, {missing} bytes before the end of a frame; check whether the client crashed"
    )]
    Truncated {
        /// Length of the stream, in bytes.
        at: u64,
        /// Number of bytes that the frame lacks, at least.
        missing: u64,
    },
    /// An HTTP request got a reply with an error status.
    #[error("the request at byte {at} was answered with status {status}: {reason}")]
    Refused {
        /// Where the request starts in the stream.
        at: u64,
        /// The status code.
        status: u16,
        /// What was wrong, and what to send instead.
        reason: &'static str,
    },
    /// A line is too long.
    #[error(
        "the line at byte {at} has more than {limit} bytes; send shorter lines, each with a line feed at its end"
    )]
    LongLine {
        /// Where the line starts in the stream.
        at: u64,
        /// The longest line.
        limit: usize,
    },
    /// A datagram is longer than its frame.
    #[error(
        "the frame of this datagram ends at byte {at}, and {bytes} bytes follow it; send one frame per datagram"
    )]
    Surplus {
        /// Where the frame ends.
        at: u64,
        /// Number of bytes after it.
        bytes: u64,
    },
}

impl ProtocolError {
    /// The names of all kinds, in the order of [`ProtocolError::kind`].
    pub const KINDS: [&'static str; 7] = [
        "too-short",
        "too-long",
        "reply-too-long",
        "unknown-work",
        "truncated",
        "surplus",
        "refused",
    ];

    /// Index of the error's kind in [`ProtocolError::KINDS`], for counters.
    pub const fn kind(&self) -> usize {
        match self {
            Self::TooShort { .. } => 0,
            Self::TooLong { .. } | Self::LongLine { .. } => 1,
            Self::ReplyTooLong { .. } | Self::Amplifies { .. } => 2,
            Self::UnknownWork { .. } => 3,
            Self::Truncated { .. } => 4,
            Self::Surplus { .. } => 5,
            Self::Refused { .. } => 6,
        }
    }
}

/// Why a client ends a conversation: the bytes that came back are not the reply to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// The reply is not a frame.
    #[error("the reply is not a frame: {0}")]
    Malformed(#[from] ProtocolError),
    /// A byte of the reply is wrong.
    #[error(
        "request {id}: byte {at} of the reply is {got:#04x} instead of {expected:#04x}; the server corrupts data, so fix it before you measure it"
    )]
    Mismatch {
        /// Id of the request.
        id: u64,
        /// Position in the reply's payload.
        at: u64,
        /// The correct byte.
        expected: u8,
        /// The received byte.
        got: u8,
    },
    /// The reply belongs to another request.
    #[error(
        "a reply to request {got} came before the reply to request {expected}; the server must answer requests in their order"
    )]
    WrongId {
        /// Id of the oldest request without a reply.
        expected: u64,
        /// The id in the reply.
        got: u64,
    },
    /// The reply does not have the requested size.
    #[error(
        "request {id}: the reply has {got} bytes instead of {expected}; a plain echo server cannot change sizes, so remove `--reply-size`, or use a server that speaks `framed`"
    )]
    WrongSize {
        /// Id of the request.
        id: u64,
        /// Requested bytes.
        expected: u32,
        /// Bytes in the reply.
        got: u32,
    },
    /// The server sent the frame back without doing its work.
    #[error(
        "request {id}: the server sent the frame back without doing its work; use a server that speaks `framed`"
    )]
    WorkNotDone {
        /// Id of the request.
        id: u64,
    },
    /// Bytes came although no request was waiting.
    #[error(
        "{bytes} bytes came although no request was waiting; the server must send exactly one reply per request"
    )]
    Surplus {
        /// Number of bytes.
        bytes: usize,
    },
    /// The server closed the connection while requests were waiting.
    #[error(
        "the server closed the connection before it had answered {requests} requests; check whether it crashed"
    )]
    Unanswered {
        /// Number of requests without a reply.
        requests: usize,
    },
    /// The reply of an HTTP server is wrong.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl ReplyError {
    /// Name of the error's kind, for counters.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-reply",
            Self::Mismatch { .. } => "mismatch",
            Self::WrongId { .. } => "wrong-id",
            Self::WrongSize { .. } => "wrong-size",
            Self::WorkNotDone { .. } => "work-not-done",
            Self::Surplus { .. } => "surplus",
            Self::Unanswered { .. } => "unanswered",
            Self::Http(error) => error.kind(),
        }
    }

    /// True if the wrong reply is complete, so that the conversation can go on with the next one.
    pub const fn is_complete(&self) -> bool {
        match self {
            Self::Http(error) => error.is_complete(),
            Self::Malformed(_)
            | Self::Mismatch { .. }
            | Self::WrongId { .. }
            | Self::WrongSize { .. }
            | Self::WorkNotDone { .. }
            | Self::Surplus { .. }
            | Self::Unanswered { .. } => false,
        }
    }

    /// True if the server closed the connection before it had answered.
    pub const fn is_close(&self) -> bool {
        match self {
            Self::Unanswered { .. } => true,
            Self::Http(error) => error.is_close(),
            Self::Malformed(_)
            | Self::Mismatch { .. }
            | Self::WrongId { .. }
            | Self::WrongSize { .. }
            | Self::WorkNotDone { .. }
            | Self::Surplus { .. } => false,
        }
    }
}
