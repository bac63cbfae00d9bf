//! The bounds of a chat server: without them, its clients would decide how much memory it uses.

use super::Mistake;

/// The bounds of a chat server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatLimits {
    /// Longest line of a client, in bytes without its end.
    pub line: usize,
    /// Bytes that may wait for one receiver. More than that is the matter of the server's policy for slow receivers.
    pub queue: usize,
    /// Most rooms at a time.
    pub rooms: usize,
    /// Most members of one room.
    pub members: usize,
}

impl ChatLimits {
    /// Longest message as it is sent: a name, a colon, a space, a line, and its end.
    pub const fn message(self) -> usize {
        super::Name::LONGEST + 2 + self.line + 1
    }

    /// Smallest useful queue: it holds a message and the notice about those that were dropped before it.
    pub const fn smallest_queue(self) -> usize {
        2 * self.message()
    }

    /// Why one more member cannot enter a room that has this many, or begin a room if there is none of that name, while there
    /// are this many rooms; `None` if it can.
    pub fn refusal(self, members: Option<usize>, rooms: usize) -> Option<Mistake> {
        match members {
            Some(members) => (members >= self.members).then_some(Mistake::RoomFull(members)),
            None => (rooms >= self.rooms).then_some(Mistake::TooManyRooms(rooms)),
        }
    }

    /// These bounds, with a queue of this many bytes, but at least [`smallest_queue`](Self::smallest_queue).
    #[must_use]
    pub fn with_queue(self, queue: usize) -> Self {
        let queue = queue.max(self.smallest_queue());
        Self { queue, ..self }
    }
}

impl Default for ChatLimits {
    /// Lines of 1 KiB, a queue of 16 KiB, 1,024 rooms of 16,384 members.
    fn default() -> Self {
        Self {
            line: 1 << 10,
            queue: 16 << 10,
            rooms: 1 << 10,
            members: 1 << 14,
        }
    }
}
