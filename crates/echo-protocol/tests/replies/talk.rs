//! A whole conversation with a server, in pieces of any size.

use echo_protocol::{Limits, Protocol, ProtocolError, ServerSession, Work};

pub const SMALL: Limits = Limits {
    max_frame: 4096,
    high_water: 256,
    amplify: true,
};

/// What a whole conversation brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    pub output: Vec<u8>,
    pub error: Option<ProtocolError>,
    pub requests: u64,
    pub work: Vec<Work>,
    pub server_ended: bool,
}

impl Talk {
    /// Without the question who ended first: that depends on when the client's end arrives.
    pub fn without_end(mut self) -> Self {
        self.server_ended = false;
        self
    }
}

/// Feeds `input` to a server in pieces of the given sizes, takes its output in pieces too, and returns the whole
/// conversation.
pub fn talk(protocol: Protocol, limits: Limits, input: &[u8], pieces: &[usize]) -> Talk {
    let mut server = ServerSession::new(protocol, limits);
    let mut sizes = pieces.iter().copied().cycle();
    let mut size = || sizes.next().expect("cycles");
    let mut unread = input;
    let (mut output, mut work, mut server_ended) = (Vec::new(), Vec::new(), false);
    while !server.is_done() {
        let n = server.pending().len().min(size());
        output.extend_from_slice(&server.pending()[..n]);
        server.sent(n);
        work.extend(server.work());
        if server.wants_work() {
            server.worked();
        }
        server_ended |= server.ends_first();
        if server.wants_read() {
            let spare = server.spare();
            assert!(!spare.is_empty() && spare.len() <= limits.high_water);
            let n = unread.len().min(spare.len()).min(size());
            spare[..n].copy_from_slice(&unread[..n]);
            unread = &unread[n..];
            server.received(n);
        } else {
            assert!(server.wants_write() || server.is_done() || server.wants_work());
        }
    }
    Talk {
        output,
        error: server.error().copied(),
        requests: server.requests(),
        work,
        server_ended,
    }
}
