//! The chat protocol: clients join rooms, and a message goes to everybody in the room.
//!
//! It is text, so that people can speak it with `nc`. A line ends with LF, and a CR before the LF does not belong to it.
//!
//! | the client sends | meaning |
//! |---|---|
//! | `/join ROOM` | leaves its room, if it is in one, and enters this one |
//! | `/leave` | leaves its room |
//! | `/name NAME` | its later messages begin with this name; without it they begin with `guest` |
//! | `/quit` | ends the conversation |
//! | any other line | a message for everybody in its room, the sender too |
//! | an empty line | nothing |
//!
//! | the server sends | meaning |
//! |---|---|
//! | `NAME: TEXT` | a message |
//! | `* TEXT` | a notice: `* joined lobby, members: 3`, `* left lobby`, `* your name is ada`, `* 12 messages dropped` |
//! | `! TEXT` | an error in the client's last line; the text ends with what to do |
//!
//! Names of rooms and of clients have 1 to 32 bytes: letters, digits, `.`, `_` and `-`. So no message looks like a notice. A
//! message may have any bytes, whatever their encoding, but control bytes other than the tab become `?`: an escape sequence
//! must not reach the terminals of others. A message that begins with `/` needs a space in front of it.
//!
//! The messages of one sender arrive in the order in which it sent them. Members get no notice when others join or leave: if N clients
//! join one after the other, that would be N² lines.
//!
//! The end of the client's side is a leave: what is queued for the client still goes out. A last line without its end is
//! dropped, because it may not be whole. A line that is longer than [`ChatLimits::line`] ends the
//! conversation, after an error. All other errors end nothing.
//!
//! Three types share the work. None of them waits, and none knows a socket:
//!
//! * [`Lines`] makes requests of the bytes of one client.
//! * [`Rooms`] knows who is in which room.
//! * [`Outbox`] queues lines for one client, up to a bound, and counts what happened to its messages.
//!
//! ```
//! use echo_protocol::chat::{ChatLimits, Lines, Name, Outbox, Request, Rooms};
//!
//! let limits = ChatLimits::default();
//! let mut lines = Lines::new(limits);
//! let input = b"/join lobby\nhello\n";
//! lines.spare()[..input.len()].copy_from_slice(input);
//! lines.received(input.len());
//!
//! let (mut rooms, mut outbox) = (Rooms::new(limits), Outbox::new(limits));
//! while let Some(request) = lines.next_request() {
//!     match request {
//!         Request::Join(room) => {
//!             outbox.reply(&rooms.join(7, room));
//!         }
//!         Request::Say(message) => {
//!             for _member in rooms.with(7) {
//!                 assert!(outbox.queue(&message));
//!             }
//!         }
//!         Request::Leave | Request::Reply(_) | Request::End => {}
//!     }
//! }
//! assert_eq!(outbox.pending(), b"* joined lobby, members: 1\nguest: hello\n");
//! ```

mod limits;
mod lines;
mod name;
mod outbox;
mod reply;
mod rooms;
mod stamp;

pub use limits::ChatLimits;
pub use lines::{Lines, Request};
pub use name::Name;
pub use outbox::{Fate, Outbox};
pub use reply::{Mistake, Reply};
pub use rooms::Rooms;
pub use stamp::Stamp;
