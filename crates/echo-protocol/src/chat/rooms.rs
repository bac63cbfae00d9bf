//! The members of each room.

use std::collections::HashMap;
use std::hash::Hash;

use super::{ChatLimits, Mistake, Name, Reply};

/// All rooms with their members. A member is whatever a server knows its clients by. It is in one room at most.
///
/// Joining and leaving take the same time in rooms of any size.
pub struct Rooms<Member> {
    limits: ChatLimits,
    members: HashMap<Name, Vec<Member>>,
    seats: HashMap<Member, Seat>,
}

/// The place of a member.
struct Seat {
    room: Name,
    /// Its index in the list of the room.
    index: usize,
}

impl<Member: Copy + Eq + Hash> Rooms<Member> {
    /// No rooms.
    pub fn new(limits: ChatLimits) -> Self {
        Self {
            limits,
            members: HashMap::new(),
            seats: HashMap::new(),
        }
    }

    /// Moves the member into a room, which begins with its first member. Returns what to tell it: if there is no place, it
    /// stays where it was.
    pub fn join(&mut self, member: Member, room: Name) -> Reply {
        if let Some(mistake) = self.refusal(member, room) {
            return Reply::Mistake(mistake);
        }
        self.remove(member);
        let members = self.members.entry(room).or_default();
        let index = members.len();
        members.push(member);
        self.seats.insert(member, Seat { room, index });
        Reply::Joined(room, index + 1)
    }

    /// Takes the member out of its room. Returns what to tell it.
    pub fn leave(&mut self, member: Member) -> Reply {
        let left = self.remove(member);
        left.map_or(Reply::Mistake(Mistake::NoRoom), Reply::Left)
    }

    /// Everybody in the room of this member, with the member itself; empty if it is in no room.
    pub fn with(&self, member: Member) -> &[Member] {
        let seat = self.seats.get(&member);
        let members = seat.and_then(|seat| self.members.get(&seat.room));
        members.map_or(&[], Vec::as_slice)
    }

    /// Number of rooms that have members.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Why the member cannot join the room, if it cannot.
    fn refusal(&self, member: Member, room: Name) -> Option<Mistake> {
        let seat = self.seats.get(&member);
        if seat.is_some_and(|seat| seat.room == room) {
            return None;
        }
        // The room of a member that is alone ends with its move.
        let ends = self.with(member).len() == 1;
        let rooms = self.members.len() - usize::from(ends);
        self.limits
            .refusal(self.members.get(&room).map(Vec::len), rooms)
    }

    fn remove(&mut self, member: Member) -> Option<Name> {
        let Seat { room, index } = self.seats.remove(&member)?;
        let members = self.members.get_mut(&room)?;
        members.swap_remove(index);
        if let Some(moved) = members.get(index)
            && let Some(seat) = self.seats.get_mut(moved)
        {
            seat.index = index;
        }
        if members.is_empty() {
            self.members.remove(&room);
        }
        Some(room)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn name(text: &str) -> Name {
        Name::of(text.as_bytes()).expect("a test writes names")
    }

    fn few() -> ChatLimits {
        ChatLimits {
            rooms: 2,
            members: 2,
            ..ChatLimits::default()
        }
    }

    #[test]
    fn a_message_concerns_the_members_of_one_room_only() {
        let mut rooms = Rooms::new(ChatLimits::default());
        assert_eq!(rooms.join(1, name("a")), Reply::Joined(name("a"), 1));
        assert_eq!(rooms.join(2, name("b")), Reply::Joined(name("b"), 1));
        assert_eq!(rooms.join(3, name("a")), Reply::Joined(name("a"), 2));
        assert_eq!(rooms.with(3), [1, 3]);
        assert_eq!(rooms.with(2), [2]);
        assert!(rooms.with(4).is_empty());
        assert_eq!(rooms.leave(1), Reply::Left(name("a")));
        assert_eq!(rooms.leave(1), Reply::Mistake(Mistake::NoRoom));
        assert_eq!(rooms.with(3), [3]);
        assert_eq!(rooms.join(3, name("b")), Reply::Joined(name("b"), 2));
        assert_eq!(rooms.count(), 1);
    }

    #[test]
    fn a_full_room_and_one_room_too_many_are_refused_and_nothing_changes() {
        let mut rooms = Rooms::new(few());
        for (member, room) in [(1, "a"), (2, "a"), (3, "b")] {
            rooms.join(member, name(room));
        }
        let full = rooms.join(3, name("a"));
        assert_eq!(full, Reply::Mistake(Mistake::RoomFull(2)));
        assert_eq!(rooms.with(3), [3]);
        let another = rooms.join(4, name("c"));
        assert_eq!(another, Reply::Mistake(Mistake::TooManyRooms(2)));
        // A member that is alone takes the place of its old room, and a member may join its own room again.
        assert_eq!(rooms.join(3, name("c")), Reply::Joined(name("c"), 1));
        assert_eq!(rooms.join(2, name("a")), Reply::Joined(name("a"), 2));
    }

    #[test]
    fn members_that_come_and_go_in_any_order_leave_a_correct_list() {
        let mut rooms = Rooms::new(ChatLimits::default());
        let mut inside = BTreeSet::new();
        for step in 0_u32..2000 {
            let member = step.wrapping_mul(2_654_435_761) % 50;
            if inside.remove(&member) {
                rooms.leave(member);
            } else {
                rooms.join(member, name("a"));
                inside.insert(member);
            }
            let listed = inside.first().map_or(&[][..], |first| rooms.with(*first));
            let listed: BTreeSet<_> = listed.iter().copied().collect();
            assert_eq!(listed, inside);
        }
    }
}
