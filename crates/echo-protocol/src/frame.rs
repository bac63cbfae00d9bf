//! The format of a frame, byte by byte.
//!
//! All numbers are unsigned and in network byte order (big-endian).
//!
//! | bytes | field | meaning | example |
//! |---|---|---|---|
//! | 0–3 | length | number of bytes after this field: 16 + payload | `00 00 00 15` = 21 |
//! | 4 | work kind | 0 none, 1 spin, 2 sleep; the reply sets the highest bit when the work is done: 129, 130 | `01` = spin |
//! | 5–7 | work duration | microseconds, at most 16.7 s; 0 without work | `00 00 fa` = 250 |
//! | 8–15 | id | chosen by the client, repeated in the reply | `00 00 00 00 00 00 00 07` |
//! | 16–19 | reply size | payload bytes of the reply | `00 00 00 05` |
//! | 20– | payload | length − 16 bytes | `68 65 6c 6c 6f` = `hello` |
//!
//! The example asks the server to compute for 250 microseconds and then to send five bytes back. Its reply is the same
//! 25 bytes, except byte 4, which is `81`.
//!
//! The header of a reply is the header of its request with another length. The payload of a reply is the first *reply
//! size* bytes of the request's payload, followed by zeros if the request has fewer bytes. A request without work,
//! whose reply size is its payload size, is therefore answered by an exact copy: any plain RFC 862 echo server answers
//! it correctly. If work was not done, the missing bit shows it.

use std::time::Duration;

use crate::error::ProtocolError;
use crate::limits::Limits;

/// Length of a header in bytes, with the length field.
pub const HEADER: usize = 20;

/// Number of header bytes that the length field counts.
const LENGTH_BASE: u32 = 16;

/// The bit of the work kind that a reply sets when the work is done.
pub(crate) const DONE: u8 = 0x80;

/// Work that a request asks for before its reply. The model decides *where* it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Compute for this CPU time.
    Spin(Duration),
    /// Sleep for this time. It stands for a blocking call, for example to a database.
    Sleep(Duration),
}

impl Work {
    /// The longest work a frame can ask for: 2^24 - 1 microseconds.
    pub const LONGEST: Duration = Duration::from_micros(0x00ff_ffff);

    /// The duration.
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
    /// The work that the server must do before it answers.
    pub work: Option<Work>,
    /// True if the work was done; only in replies.
    pub done: bool,
    /// A number that the client chooses and the reply repeats.
    pub id: u64,
    /// Payload bytes of the reply.
    pub reply_size: u32,
    /// Payload bytes after this header.
    pub payload: u32,
}

impl Header {
    /// The header as bytes. Work longer than [`Work::LONGEST`] is shortened to it.
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

    /// Turns the bytes of this request's header into the header of its reply.
    pub(crate) fn write_reply(&self, bytes: &mut [u8; HEADER]) {
        bytes[..4].copy_from_slice(&(LENGTH_BASE + self.reply_size).to_be_bytes());
        bytes[4] |= if self.work.is_some() { DONE } else { 0 };
    }

    /// Decodes a header that starts at byte `at` of its stream.
    ///
    /// # Errors
    /// The length is too small for a header or above `limits`, the reply size is above `limits`, or the work kind does
    /// not exist.
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
