//! The suite for chat servers: what they must do, as cases for any of them.
//!
//! ```text
//! case       the list: name, sentence, to which servers a case applies
//! chatter    a client of a chat server
//! log        what a client has heard: each message once, in the order of its sender
//! delivery   a message reaches everybody in the room
//! lines      requests in pieces, mistakes
//! slow       receivers that do not keep up, and the declared policy
//! endings    clients leave, and the server stops
//! ```

mod case;
mod chatter;
mod delivery;
mod endings;
mod lines;
mod log;
mod slow;

pub use case::{ROOM_CASES, RoomCase};
