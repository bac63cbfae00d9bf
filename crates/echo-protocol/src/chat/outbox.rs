//! The lines that wait for one receiver, up to a bound, and what happens to its messages.

use std::collections::VecDeque;
use std::io::Write as _;
use std::mem;

use memchr::memchr_iter;

use super::{ChatLimits, Reply};

/// Largest buffer that an empty outbox keeps. A silent client costs at most this.
const KEPT: usize = 1 << 10;

/// What happened to the messages for one receiver. Their sum is the number of messages that were meant for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Sent as a whole.
    pub delivered: u64,
    /// Not queued, because the queue was full.
    pub dropped: u64,
    /// Queued, but not sent as a whole, because the receiver has gone.
    pub lost: u64,
}

/// The lines that wait for one receiver, without I/O.
pub struct Outbox {
    limits: ChatLimits,
    bytes: Vec<u8>,
    /// Bytes at the front of `bytes` that are sent.
    sent: usize,
    /// Number of bytes ever removed from the front of `bytes`.
    removed: u64,
    /// Ends of the replies that are queued, among all bytes ever queued.
    replies: VecDeque<u64>,
    /// Messages that are queued, and not yet sent as a whole.
    queued: u64,
    /// Messages dropped that the receiver was not told of.
    untold: u64,
    fate: Fate,
    /// The receiver has gone.
    closed: bool,
}

impl Outbox {
    /// Nothing for a new receiver.
    pub fn new(limits: ChatLimits) -> Self {
        Self {
            limits: limits.with_queue(limits.queue),
            bytes: Vec::new(),
            sent: 0,
            removed: 0,
            replies: VecDeque::new(),
            queued: 0,
            untold: 0,
            fate: Fate::default(),
            closed: false,
        }
    }

    /// True if the queue has room for a message of any length, and the notice that may come before it.
    pub fn has_room(&self) -> bool {
        self.len() + self.limits.smallest_queue() <= self.limits.queue
    }

    /// Queues a message; false if it does not fit, or if the receiver has gone. Then it is counted as dropped, or as lost.
    ///
    /// Before the first message after a gap, a notice says how many were dropped.
    pub fn queue(&mut self, message: &[u8]) -> bool {
        if self.closed {
            self.fate.lost += 1;
            return false;
        }
        let notice = if self.untold > 0 {
            self.limits.message()
        } else {
            0
        };
        if self.len() + notice + message.len() > self.limits.queue {
            self.drop_messages(1);
            return false;
        }
        if self.untold > 0 {
            let dropped = mem::take(&mut self.untold);
            self.reply(&Reply::Dropped(dropped));
        }
        self.make_space();
        self.bytes.extend_from_slice(message);
        self.queued += 1;
        true
    }

    /// Counts messages for this receiver that were dropped before they came here.
    pub fn drop_messages(&mut self, messages: u64) {
        self.fate.dropped += messages;
        self.untold += messages;
    }

    /// Counts messages for this receiver that are lost because it has left.
    pub fn lose(&mut self, messages: u64) {
        self.fate.lost += messages;
    }

    /// Queues a line for this receiver alone, also beyond the bound: it answers a line of the receiver, which is not read
    /// while there is no [room](Self::has_room).
    pub fn reply(&mut self, reply: &Reply) {
        if self.closed {
            return;
        }
        self.make_space();
        // Writing to a vector cannot fail.
        let _ = writeln!(self.bytes, "{reply}");
        self.replies
            .push_back(self.removed + self.bytes.len() as u64);
    }

    /// Bytes to be sent next; empty if there are none.
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// True if bytes are pending.
    pub fn wants_write(&self) -> bool {
        self.sent < self.bytes.len()
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    ///
    /// # Panics
    /// If fewer than `n` bytes were pending.
    pub fn sent(&mut self, n: usize) {
        assert!(
            n <= self.pending().len(),
            "more bytes reported sent than were pending"
        );
        let newly = &self.bytes[self.sent..self.sent + n];
        self.sent += n;
        if !self.wants_write() {
            self.fate.delivered += mem::take(&mut self.queued);
            return self.clear();
        }
        let mut messages = memchr_iter(b'\n', newly).count() as u64;
        let position = self.removed + self.sent as u64;
        while self.replies.front().is_some_and(|end| *end <= position) {
            self.replies.pop_front();
            messages -= 1;
        }
        self.queued -= messages;
        self.fate.delivered += messages;
    }

    /// Notes that the receiver has gone: what is queued is lost.
    pub fn close(&mut self) {
        self.fate.lost += mem::take(&mut self.queued);
        self.closed = true;
        self.clear();
    }

    /// What happened to the messages up to now. Those that are queued have no fate yet.
    pub const fn fate(&self) -> Fate {
        self.fate
    }

    fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Moves the unsent bytes to the front, once there are fewer of them than of those in front: each byte is then moved
    /// once at most on average.
    fn make_space(&mut self) {
        if self.sent > self.len() {
            self.bytes.copy_within(self.sent.., 0);
            self.bytes.truncate(self.len());
            self.removed += self.sent as u64;
            self.sent = 0;
        }
    }

    fn clear(&mut self) {
        self.removed += self.bytes.len() as u64;
        self.sent = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.replies.clear();
    }
}
