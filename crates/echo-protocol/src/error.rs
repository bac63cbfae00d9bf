//! What can be wrong with bytes, said so that one knows what and where.

use thiserror::Error;

/// Why a server ends a conversation: its client sent something that is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The length field is smaller than a header.
    #[error(
        "the frame at byte {at} says it has {length} bytes after its length field, but every frame has at least 16; does the client speak `framed`?"
    )]
    TooShort {
        /// Where the frame starts in the stream.
        at: u64,
        /// The length field.
        length: u32,
    },
    /// The payload is longer than the limit.
    #[error(
        "the frame at byte {at} carries {payload} bytes, more than the limit of {limit}; raise --max-frame or send less"
    )]
    TooLong {
        /// Where the frame starts in the stream.
        at: u64,
        /// Bytes of payload announced.
        payload: u32,
        /// [`Limits::max_frame`](crate::Limits::max_frame).
        limit: usize,
    },
    /// The reply asked for is longer than the limit.
    #[error(
        "the frame at byte {at} asks for a reply of {reply_size} bytes, more than the limit of {limit}; raise --max-frame or ask for less"
    )]
    ReplyTooLong {
        /// Where the frame starts in the stream.
        at: u64,
        /// Bytes asked for.
        reply_size: u32,
        /// [`Limits::max_frame`](crate::Limits::max_frame).
        limit: usize,
    },
    /// The work directive is none that exists.
    #[error(
        "the frame at byte {at} asks for work of kind {kind} for {micros} us; there is 0 (none, 0 us), 1 (spin) and 2 (sleep)"
    )]
    UnknownWork {
        /// Where the frame starts in the stream.
        at: u64,
        /// The kind byte.
        kind: u8,
        /// The duration beside it.
        micros: u32,
    },
    /// The stream ended inside a frame.
    #[error(
        "the stream ended at byte {at}, {missing} bytes before the end of a frame; did the client die?"
    )]
    Truncated {
        /// How many bytes the stream had.
        at: u64,
        /// How many the frame lacks at least.
        missing: u64,
    },
    /// A datagram has more than its frame.
    #[error(
        "the frame of this datagram ends at byte {at}, and {bytes} bytes follow it; send one frame a datagram"
    )]
    Surplus {
        /// Where the frame ends.
        at: u64,
        /// How many bytes follow.
        bytes: u64,
    },
}

impl ProtocolError {
    /// The names of all kinds, in the order of [`ProtocolError::kind`].
    pub const KINDS: [&'static str; 6] = [
        "too-short",
        "too-long",
        "reply-too-long",
        "unknown-work",
        "truncated",
        "surplus",
    ];

    /// Index of this error's kind in [`ProtocolError::KINDS`], for counting.
    pub const fn kind(&self) -> usize {
        match self {
            Self::TooShort { .. } => 0,
            Self::TooLong { .. } => 1,
            Self::ReplyTooLong { .. } => 2,
            Self::UnknownWork { .. } => 3,
            Self::Truncated { .. } => 4,
            Self::Surplus { .. } => 5,
        }
    }
}

/// Why a client ends a conversation: what came back is not the answer to what it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// The reply is no frame at all.
    #[error("the reply is no frame: {0}")]
    Malformed(#[from] ProtocolError),
    /// A byte differs from what was asked for.
    #[error(
        "request {id}: byte {at} of the reply is {got:#04x} instead of {expected:#04x}; the server corrupts data"
    )]
    Mismatch {
        /// The request.
        id: u64,
        /// Position in the reply's payload.
        at: u64,
        /// The byte that should be there.
        expected: u8,
        /// The byte that is there.
        got: u8,
    },
    /// The reply belongs to another request.
    #[error(
        "request {expected} was due for its reply, but request {got} was answered; the server reorders or invents replies"
    )]
    WrongId {
        /// The oldest request without a reply.
        expected: u64,
        /// The id in the reply.
        got: u64,
    },
    /// The reply has another size than asked for.
    #[error(
        "request {id}: the reply has {got} bytes instead of {expected}; a plain echo server cannot change sizes"
    )]
    WrongSize {
        /// The request.
        id: u64,
        /// Bytes asked for.
        expected: u32,
        /// Bytes announced.
        got: u32,
    },
    /// The server sent the frame back without doing its work.
    #[error(
        "request {id}: the server sent the frame back without doing its work; use a server that speaks `framed`"
    )]
    WorkNotDone {
        /// The request.
        id: u64,
    },
    /// Bytes came that nobody asked for.
    #[error(
        "{bytes} bytes came although no request was waiting; the server repeats or invents replies"
    )]
    Surplus {
        /// How many.
        bytes: usize,
    },
    /// The server closed while requests were waiting.
    #[error("the server closed with {requests} requests unanswered")]
    Unanswered {
        /// How many.
        requests: usize,
    },
}

impl ReplyError {
    /// The name of this error's kind, for counting.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-reply",
            Self::Mismatch { .. } => "mismatch",
            Self::WrongId { .. } => "wrong-id",
            Self::WrongSize { .. } => "wrong-size",
            Self::WorkNotDone { .. } => "work-not-done",
            Self::Surplus { .. } => "surplus",
            Self::Unanswered { .. } => "unanswered",
        }
    }
}
