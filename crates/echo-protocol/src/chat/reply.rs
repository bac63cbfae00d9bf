//! What a chat server tells one client alone: notices and errors.

use std::fmt;

use thiserror::Error;

use super::Name;

/// A line for one client alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The client is in this room now, which has this number of members.
    Joined(Name, usize),
    /// The client has left this room.
    Left(Name),
    /// The client's messages begin with this name now.
    Named(Name),
    /// This number of messages did not fit into the client's queue, and were dropped.
    Dropped(u64),
    /// The client's line is a mistake.
    Mistake(Mistake),
}

/// What is wrong with a line of a client; each text ends with what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mistake {
    /// The line is too long. This mistake ends the conversation.
    #[error("a line has at most {0} bytes; send shorter lines")]
    LongLine(usize),
    /// No command has this name.
    #[error(
        "no such command; use /join ROOM, /leave, /name NAME or /quit, or put a space before the slash"
    )]
    UnknownCommand,
    /// A name is missing or malformed.
    #[error(
        "a name has 1 to 32 letters, digits, dots, underscores and hyphens; choose another one"
    )]
    BadName,
    /// The client has said or left something without being in a room.
    #[error("you are in no room; join one first: /join lobby")]
    NoRoom,
    /// There are too many rooms.
    #[error("there are {0} rooms already; join one of them")]
    TooManyRooms(usize),
    /// The room has too many members.
    #[error("the room has {0} members already; join another one")]
    RoomFull(usize),
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(room, members) => write!(f, "* joined {room}, members: {members}"),
            Self::Left(room) => write!(f, "* left {room}"),
            Self::Named(name) => write!(f, "* your name is {name}"),
            Self::Dropped(messages) => write!(f, "* {messages} messages dropped"),
            Self::Mistake(mistake) => write!(f, "! {mistake}"),
        }
    }
}
