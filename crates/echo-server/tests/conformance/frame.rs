//! What the `framed` protocol says, spelled out a second time: the suite does not ask the server's session for its opinion.

use echo_protocol::Work;
use echo_protocol::frame::{HEADER, Header};

/// A request of the `framed` protocol, and the reply that is due to it.
pub struct Frame {
    pub id: u64,
    pub work: Option<Work>,
    pub payload: Vec<u8>,
    pub reply_size: usize,
}

impl Frame {
    /// Without work, to be answered by its own copy.
    pub fn plain(id: u64, payload: Vec<u8>) -> Self {
        Self {
            id,
            work: None,
            reply_size: payload.len(),
            payload,
        }
    }

    pub fn with_work(id: u64, work: Work) -> Self {
        Self {
            work: Some(work),
            ..Self::plain(id, b"work".to_vec())
        }
    }

    pub fn request(&self) -> Vec<u8> {
        self.encode(false, &self.payload)
    }

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
