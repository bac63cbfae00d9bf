//! The list of cases for chat servers.

use super::{delivery, endings, lines, slow};
use crate::explain::explained;
use crate::finding::Checked;
use crate::subject::Subject;

/// Something that a chat server must do.
pub struct RoomCase {
    /// Its name, in the words of a sentence.
    pub name: &'static str,
    /// What must be true of a correct server, in one sentence.
    pub sentence: &'static str,
    run: fn(&Subject) -> Checked,
}

impl RoomCase {
    /// Tries the case.
    ///
    /// # Errors
    /// The server does not do what it must.
    pub fn check(&self, subject: &Subject) -> Checked {
        explained(|| (self.run)(subject))
    }
}

/// A list of cases: `module::name: "sentence";`.
macro_rules! cases {
    ($($place:ident::$name:ident: $sentence:literal;)*) => {
        &[$(RoomCase {
            name: stringify!($name),
            sentence: $sentence,
            run: $place::$name,
        }),*]
    };
}

/// The cases for chat servers, from the simplest to the most demanding.
#[rustfmt::skip]
pub static ROOM_CASES: &[RoomCase] = cases![
    delivery::a_message_reaches_everybody_in_its_room_once: "A message reaches every member of its room once, the sender too, and no other client.";
    delivery::a_crowd_hears_every_message: "100 members of one room each send a message, and each hears 100.";
    delivery::messages_keep_the_order_of_their_sender: "Five members send 1,000 messages at the same time; each member hears all of them in the order of their senders, and in the order of the room if the server promises that.";
    delivery::many_rooms_do_not_mix: "20 rooms of three members each keep their messages for themselves.";
    lines::requests_may_come_in_pieces_or_together: "A request is understood, whether it comes byte by byte or with others in one segment.";
    lines::a_mistake_is_answered_and_ends_nothing: "A line that is no request is answered with advice, and the conversation goes on.";
    lines::a_line_that_is_too_long_ends_its_conversation_only: "A line without an end is refused at the bound, and the other members notice nothing.";
    endings::a_member_that_has_left_hears_no_more: "After its reply to /leave, a client hears no message of the room, and another room after /join.";
    endings::the_end_of_a_client_is_a_leave_and_it_hears_what_it_is_owed: "A client that ends its side still hears what it and others have said before, and then the server ends the connection.";
    endings::a_reset_harms_nobody: "Members reset their connections in the middle of a conversation, and the others go on.";
    endings::descriptors_and_threads_return: "After members have come and left, the server has no more descriptors, threads or processes than before.";
    endings::a_stop_lets_conversations_end: "After a stop, members may go on until they leave; then the server ends.";
    endings::the_grace_period_ends_conversations: "Members that stay are cut off when the grace period is over, also one that never reads.";
    slow::a_receiver_that_never_reads_harms_nobody_beyond_the_policy: "A member that never reads gets what the server declares, another room notices nothing, and memory stays bounded.";
    slow::a_client_that_asks_and_reads_late_is_bounded: "A client that sends requests and reads no reply fills no memory, and others go on; when it reads at last, no reply is missing.";
    slow::waiting_costs_no_cpu_time: "With silent members, and with one that has ended its side, the server uses no CPU time.";
];
