//! The list of all models, and a process that serves any of them.
//!
//! The list is in the order of the course: each model answers a question that the one before it raises. The command
//! line, the conformance suite, the reports and the README's table all use it.
//!
//! [`ROOMS`] is the list of the chat servers, in which one conversation wakes another. They have a trait of their own, and the
//! same process around them.

mod bind;
mod error;
mod last_resort;
mod options;
mod process;
mod registry;
mod rooms;
mod signals;
mod socket_file;
mod stop_message;

pub use error::ServeError;
pub use model::{
    About, AboutRoom, Capacity, Claim, Client, Ending, Event, Expect, Family, Listen, Model,
    Observer, Order, Queue, RoomModel, RoomStats, Share, SlowReceiver, Stats, Transport,
    Unsupported, What, WorkPlace, Workers,
};
pub use options::ServeOptions;
pub use process::{Report, serve, serve_rooms};
pub use registry::{CORE, MODELS, REFERENCE, UnknownModel, find, nearest};
pub use rooms::{CHAT, ROOMS, find_room};
