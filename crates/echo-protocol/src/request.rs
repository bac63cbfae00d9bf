//! Requests of a client, and the checks that a reply is the right one.

use crate::ReplyError;
use crate::frame::{HEADER, Header, Work};

/// A client's request. `P` is a cheap handle on the payload (a slice, an `Arc<[u8]>`): the client keeps it until the
/// reply is checked, and never copies a long payload.
#[derive(Clone, Debug)]
pub struct Request<P> {
    /// Any number; the reply repeats it. Requests are answered in their order.
    pub id: u64,
    /// The work that the server must do first. Ignored by [`Protocol::Echo`](crate::Protocol::Echo).
    pub work: Option<Work>,
    /// Size of the reply's payload; [`Protocol::Echo`](crate::Protocol::Echo) always returns as many bytes as were
    /// sent.
    pub reply_size: u32,
    /// The bytes to send: at least one for [`Protocol::Echo`](crate::Protocol::Echo), at most
    /// [`Limits::max_frame`](crate::Limits::max_frame) for [`Protocol::Framed`](crate::Protocol::Framed).
    pub payload: P,
}

impl<P: AsRef<[u8]>> Request<P> {
    /// The header of this request as a frame.
    pub(crate) fn encode_header(&self) -> [u8; HEADER] {
        Header {
            work: self.work,
            done: false,
            id: self.id,
            reply_size: self.reply_size,
            payload: self.payload.as_ref().len() as u32,
        }
        .encode()
    }

    /// Checks that a header belongs to the reply to this request.
    pub(crate) fn check_header(&self, header: &Header) -> Result<(), ReplyError> {
        let id = self.id;
        if header.id != id {
            Err(ReplyError::WrongId {
                expected: id,
                got: header.id,
            })
        } else if self.work.is_some() && !header.done {
            Err(ReplyError::WorkNotDone { id })
        } else if header.payload != self.reply_size {
            Err(ReplyError::WrongSize {
                id,
                expected: self.reply_size,
                got: header.payload,
            })
        } else {
            Ok(())
        }
    }

    /// Checks part of a reply's payload, which starts at byte `at`: it must repeat the request's payload, followed by
    /// zeros.
    pub(crate) fn check_payload(&self, at: usize, reply: &[u8]) -> Result<(), ReplyError> {
        let payload = self.payload.as_ref();
        let sent = &payload[at.min(payload.len())..];
        let (echo, zeros) = reply.split_at(sent.len().min(reply.len()));
        if echo == &sent[..echo.len()] && zeros.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let expected = |i: usize| sent.get(i).copied().unwrap_or(0);
        let i = (0..reply.len())
            .find(|&i| reply[i] != expected(i))
            .expect("the comparison above found a byte that differs");
        Err(ReplyError::Mismatch {
            id: self.id,
            at: (at + i) as u64,
            expected: expected(i),
            got: reply[i],
        })
    }
}
