//! The frame of the `framed` protocol, byte by byte.
//!
//! All numbers are unsigned and in network byte order (big-endian).
//!
//! | bytes | field | meaning | in the example |
//! |---|---|---|---|
//! | 0–3 | length | bytes that follow this field: 16 + payload | `00 00 00 15` = 21 |
//! | 4 | work kind | 0 none, 1 spin, 2 sleep; a reply to work sets the highest bit: 129, 130 | `01` = spin |
//! | 5–7 | work duration | microseconds, at most 16.7 s; 0 where there is no work | `00 00 fa` = 250 |
//! | 8–15 | id | chosen by the client, repeated in the reply | `00 00 00 00 00 00 00 07` |
//! | 16–19 | reply size | payload bytes the client wants back | `00 00 00 05` |
//! | 20– | payload | length − 16 bytes | `68 65 6c 6c 6f` = `hello` |
//!
//! The example asks the server to compute for 250 microseconds and then to send five bytes back. Its reply is
//! the same 25 bytes, but for byte 4, which is `81`.
//!
//! A reply has the header of its request, with its own length, and as its payload the first *reply size* bytes
//! of the request's payload, followed by zeros where the request had fewer. A request without work that wants as
//! many bytes as it sends is therefore answered by its own copy: any plain RFC 862 echo server answers it
//! correctly. Work that was not done is found out by the missing bit.

use std::time::Duration;

use crate::{Limits, ProtocolError};

/// Bytes of a header, the length field included.
pub const HEADER: usize = 20;

/// What the length field counts beside the payload.
pub(crate) const LENGTH_BASE: u32 = 16;

/// The bit of the work kind that says: done.
pub(crate) const DONE: u8 = 0x80;

/// Something a request costs beside its echo. *Where* it runs is the model's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Keep a CPU busy for so long.
    Spin(Duration),
    /// Do nothing for so long: a stand-in for a blocking call, to a database for example.
    Sleep(Duration),
}

impl Work {
    /// The longest work a frame can ask for: 2^24 - 1 microseconds.
    pub const LONGEST: Duration = Duration::from_micros(0x00ff_ffff);

    /// How long it takes.
    pub const fn duration(self) -> Duration {
        match self {
            Self::Spin(duration) | Self::Sleep(duration) => duration,
        }
    }

    const fn kind(self) -> u8 {
        match self {
            Self::Spin(_) => 1,
            Self::Sleep(_) => 2,
        }
    }
}

/// A decoded header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the server is to do before it answers.
    pub work: Option<Work>,
    /// Whether that work was done: set in replies only.
    pub done: bool,
    /// Chosen by the client, repeated in the reply.
    pub id: u64,
    /// Payload bytes the client wants back.
    pub reply_size: u32,
    /// Payload bytes that follow this header.
    pub payload: u32,
}

impl Header {
    /// The header as it travels. Work longer than [`Work::LONGEST`] is cut to it.
    pub fn encode(&self) -> [u8; HEADER] {
        let kind = self.work.map_or(0, Work::kind) | if self.done { DONE } else { 0 };
        let micros = self.work.map_or(0, |work| {
            work.duration().min(Work::LONGEST).as_micros() as u32
        });
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&(LENGTH_BASE + self.payload).to_be_bytes());
        bytes[4..8].copy_from_slice(&(u32::from(kind) << 24 | micros).to_be_bytes());
        bytes[8..16].copy_from_slice(&self.id.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.reply_size.to_be_bytes());
        bytes
    }

    /// Reads a header that starts at byte `at` of its stream.
    ///
    /// # Errors
    /// A length too short for a header or beyond `limits`, a reply size beyond `limits`, a work kind that does not exist.
    pub fn decode(bytes: &[u8; HEADER], at: u64, limits: Limits) -> Result<Self, ProtocolError> {
        let number =
            |i: usize| u32::from_be_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        let length = number(0);
        let limit = limits.max_frame;
        let Some(payload) = length.checked_sub(LENGTH_BASE) else {
            return Err(ProtocolError::TooShort { at, length });
        };
        if payload as usize > limit {
            return Err(ProtocolError::TooLong { at, payload, limit });
        }
        let reply_size = number(16);
        if reply_size as usize > limit {
            return Err(ProtocolError::ReplyTooLong {
                at,
                reply_size,
                limit,
            });
        }
        let micros = number(4) & 0x00ff_ffff;
        let duration = Duration::from_micros(u64::from(micros));
        let done = bytes[4] & DONE != 0;
        let work = match bytes[4] & !DONE {
            0 if micros == 0 && !done => None,
            1 => Some(Work::Spin(duration)),
            2 => Some(Work::Sleep(duration)),
            _ => {
                return Err(ProtocolError::UnknownWork {
                    at,
                    kind: bytes[4],
                    micros,
                });
            }
        };
        let id = u64::from(number(8)) << 32 | u64::from(number(12));
        Ok(Self {
            work,
            done,
            id,
            reply_size,
            payload,
        })
    }
}
