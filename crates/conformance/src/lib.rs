//! The conformance and fault suite: what a server must do, as cases for any echo server.
//!
//! ```text
//! case, group       the list: name, topic, what a case needs, the cases on which it builds
//! cases/*           the cases, by topic
//! texts             what each case says to a reader: its sentence, what a failure means, how to see it by hand
//! expect            what a server claims of itself
//! subject           what is checked: a model, the command of any server, an address
//! options, start, server, process, ports     a server of the subject, started for one case
//! client, datagram, frame                    its clients
//! watch             what /proc says about its processes
//! finding, explain  why a case fails, and what the server did meanwhile
//! rooms           the cases for chat servers, and their clients
//! run, board, machine   several cases at a time, on a machine that may be slow or disturbed
//! ```
//!
//! # What a case may ask for
//!
//! A case says what it needs ([`Needs`]). With an address, the suite is a client. With a command, it also starts and stops the
//! server, suspends it, limits its descriptors, and reads its memory and CPU time. Our models keep a contract as well: they take
//! options, and report what they counted. Some cases need an address only, and see more if there is a process.
//!
//! # Why one bug fails one case
//!
//! A case names the cases on which it builds ([`Case::after`]). If one of them fails, this one would fail for the same reason,
//! so it is not tried. What stays in the list of failures is what the author of the server has to look at.
//!
//! # When a failure counts
//!
//! Every wait has a deadline: [`DEADLINE`], multiplied by the slowness of the machine ([`Machine`]), which a small task measures
//! before the run. A thread looks for pauses of the machine during the run. A case that fails while the machine paused is tried
//! again; if it fails and the machine pauses again, it is [`Outcome::Unclear`], and says nothing about the server.

mod board;
mod case;
mod cases;
mod client;
mod datagram;
mod expect;
mod explain;
mod finding;
mod frame;
mod group;
pub mod machine;
mod options;
pub mod ports;
mod process;
mod rooms;
mod run;
mod server;
mod start;
mod subject;
pub mod texts;
mod watch;

pub use case::{CASES, Case, DATAGRAM_CASES};
pub use expect::{Beyond, Crowd, Delays, Expect};
pub use explain::{ENDED, PANICKED};
pub use finding::{Checked, Finding};
pub use group::{Group, Needs};
pub use machine::Machine;
pub use options::{Launch, Options, WORKERS};
pub use process::confine;
pub use rooms::{ROOM_CASES, RoomCase};
pub use run::{Outcome, Progress, Run, STOPPED, Tested, default_jobs};
pub use server::Server;
pub use start::REFUSED;
pub use subject::{DEADLINE, Subject, Words};
