//! What can be wrong with the reply of an HTTP server.

use thiserror::Error;

/// Why a reply over HTTP/1.1 is not the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HttpError {
    /// Another status.
    #[error(
        "request {id}: the server answered with status {got} instead of {expected}; look at its log, check --path and --host, or expect this status with --status {got}"
    )]
    Status {
        /// Number of the request.
        id: u64,
        /// The expected status.
        expected: u16,
        /// The status of the reply.
        got: u16,
    },
    /// The body has another length.
    #[error(
        "request {id}: the body has {got} bytes instead of {expected}; give the path of a file of that size with --path, or its size with --payload or --reply-size"
    )]
    BodyLength {
        /// Number of the request.
        id: u64,
        /// Expected bytes.
        expected: u64,
        /// Bytes in the body.
        got: u64,
    },
    /// The head of the reply breaks the grammar.
    #[error(
        "the head of a reply is malformed ({0}); check that the server speaks HTTP/1.1 without TLS"
    )]
    Head(httparse::Error),
    /// The head is longer than the buffer.
    #[error(
        "the head of a reply has more than {most} bytes; remove fields from the server's replies"
    )]
    HeadTooLong {
        /// Bytes that a head may have.
        most: usize,
    },
    /// The head does not say where the body ends.
    #[error("{0}, so the end of its body is not clear (RFC 9112, section 6.3); mend the server")]
    Framing(Framing),
    /// A chunk of the body breaks the grammar.
    #[error(
        "byte {at} of a body is no part of a valid chunk (RFC 9112, section 7.1); mend the server"
    )]
    Chunk {
        /// Where it stands in the body, with all chunk sizes.
        at: u64,
    },
    /// The connection ended inside a head.
    #[error(
        "the server closed the connection after {got} bytes of a head; check whether it crashed"
    )]
    ShortHead {
        /// Received bytes.
        got: usize,
    },
    /// The connection ended inside a body.
    #[error(
        "the server closed the connection after {got} bytes of a body, before its end; check whether the server crashed or declares a length that is too large"
    )]
    ShortBody {
        /// Received bytes of the body.
        got: u64,
    },
}

/// What is wrong with the fields that say where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Framing {
    /// The length is no number.
    #[error("the Content-Length of a reply is no number")]
    NoNumber,
    /// There are several lengths.
    #[error("a reply has two different values of Content-Length")]
    TwoLengths,
    /// There are a length and chunks.
    #[error("a reply has Content-Length and Transfer-Encoding")]
    LengthAndChunks,
}

impl HttpError {
    /// Name of the error's kind, for counters.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Status { got, .. } => match *got / 100 {
                2 => "status-2xx",
                3 => "status-3xx",
                4 => "status-4xx",
                5 => "status-5xx",
                _ => "status-other",
            },
            Self::BodyLength { .. } => "body-length",
            Self::Head(_) => "malformed-head",
            Self::HeadTooLong { .. } => "head-too-long",
            Self::Framing(_) => "malformed-framing",
            Self::Chunk { .. } => "malformed-chunk",
            Self::ShortHead { .. } => "short-head",
            Self::ShortBody { .. } => "short-body",
        }
    }

    /// True if the reply is complete, so that the conversation can go on.
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::BodyLength { .. })
    }

    /// True if the server closed the connection before the end of a reply.
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::ShortHead { .. } | Self::ShortBody { .. })
    }
}
