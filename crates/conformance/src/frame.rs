//! The frames of the `framed` protocol, encoded independently of the server's session, which is under test.

use echo_protocol::Work;
use echo_protocol::frame::{HEADER, Header};

/// A request of the `framed` protocol, and the reply that it must get.
pub struct Frame {
    pub id: u64,
    pub work: Option<Work>,
    pub payload: Vec<u8>,
    pub reply_size: usize,
}

impl Frame {
    /// A request without work, whose reply is an exact copy.
    pub fn plain(id: u64, payload: Vec<u8>) -> Self {
        Self {
            id,
            work: None,
            reply_size: payload.len(),
            payload,
        }
    }

    /// A request that asks for work.
    pub fn with_work(id: u64, work: Work) -> Self {
        Self {
            work: Some(work),
            ..Self::plain(id, b"work".to_vec())
        }
    }

    /// The encoded request.
    pub fn request(&self) -> Vec<u8> {
        self.encode(false, &self.payload)
    }

    /// The encoded reply.
    pub fn reply(&self) -> Vec<u8> {
        let mut payload = self.payload.clone();
        payload.resize(self.reply_size, 0);
        self.encode(self.work.is_some(), &payload)
    }

    fn encode(&self, done: bool, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            work: self.work,
            done,
            id: self.id,
            reply_size: self.reply_size as u32,
            payload: payload.len() as u32,
        };
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend(header.encode());
        bytes.extend(payload);
        bytes
    }
}
