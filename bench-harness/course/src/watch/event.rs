//! What a watched server and its clients did, and when.

use contract::event::What;
use serde_json::{Value, json};

use super::words::{count, quoted, seconds};

/// The number of a client in the script, from 0.
pub type ClientId = usize;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Seconds since the script began.
    pub at: f64,
    /// What happened.
    pub what: Happening,
}

/// What happened, and on which side.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A client did something.
    Client(ClientId, Did),
    /// A thread of the server did something, for this client if it is one of the script.
    Server(Thread, Option<ClientId>, What),
    /// The kernel keeps something for a client.
    Kernel(ClientId, Kept),
}

/// A thread of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thread {
    /// Its process.
    pub process: i32,
    /// Its id.
    pub thread: i32,
}

/// What a client did, or what happened to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Did {
    /// It connected.
    Connected,
    /// It does nothing for this time.
    Silent(f64),
    /// It sent these bytes.
    Sent(Vec<u8>),
    /// It got bytes, this time after it had sent its request.
    Got(Vec<u8>, f64),
    /// It begins to ask this number of times for this number of bytes.
    Asks(usize, usize),
    /// It has this number of replies. The slowest took this time.
    Answered(usize, f64),
    /// It ended its side.
    Ended,
    /// It closed the connection.
    Left,
    /// It reset the connection.
    Reset,
    /// The server closed the connection.
    Dismissed,
    /// It failed, as this sentence says.
    Failed(String),
}

/// What the kernel keeps for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A connection that the server has not accepted, with this number of bytes.
    Queued(u64),
    /// This number of bytes that the server has not read.
    Unread(u64),
}

/// A system call of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The thread that made it.
    pub thread: Thread,
    /// Its name.
    pub name: String,
    /// The client whose socket it was about.
    pub client: Option<ClientId>,
    /// Its begin in seconds.
    pub from: f64,
    /// Its end.
    pub to: f64,
}

/// A client waited for a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The client.
    pub client: ClientId,
    /// The moment at which it had sent its request.
    pub from: f64,
    /// The moment of the reply, or of the end of its patience.
    pub to: f64,
    /// True if the reply came.
    pub answered: bool,
}

impl Event {
    /// The event as a line of JSON, for programs.
    pub fn json(&self, names: &[String]) -> Value {
        let at = (self.at * 1e6).round() / 1e6;
        let name = |client: &ClientId| names.get(*client);
        match &self.what {
            Happening::Client(client, did) => {
                json!({ "at": at, "by": "client", "client": name(client), "did": did.words() })
            }
            Happening::Server(thread, client, what) => json!({
                "at": at, "by": "server", "process": thread.process, "thread": thread.thread,
                "client": client.as_ref().map(name), "did": what.to_string(),
            }),
            Happening::Kernel(client, kept) => {
                json!({ "at": at, "by": "kernel", "client": name(client), "did": kept.words() })
            }
        }
    }
}

impl Did {
    /// The event as a verb phrase.
    pub fn words(&self) -> String {
        match self {
            Self::Connected => "connects".into(),
            Self::Silent(time) => format!("is silent for {time} s"),
            Self::Sent(bytes) => format!("sends {}", quoted(bytes)),
            Self::Got(bytes, after) => format!("gets {} after {}", quoted(bytes), seconds(*after)),
            Self::Asks(times, bytes) => {
                format!("asks {} times for {} bytes", count(*times), count(*bytes))
            }
            Self::Answered(times, slowest) => {
                format!(
                    "has {} replies, slowest {}",
                    count(*times),
                    seconds(*slowest)
                )
            }
            Self::Ended => "ends its side".into(),
            Self::Left => "leaves".into(),
            Self::Reset => "resets its connection".into(),
            Self::Dismissed => "is dismissed: the server closed the connection".into(),
            Self::Failed(why) => why.clone(),
        }
    }
}

impl Kept {
    /// What the kernel keeps, as a verb phrase about the client.
    pub fn words(self) -> String {
        match self {
            Self::Queued(0) => "waits in the accept queue".into(),
            Self::Queued(bytes) => format!("waits in the accept queue, {}", unread(bytes)),
            Self::Unread(bytes) => format!("waits: {} in the receive buffer", unread(bytes)),
        }
    }
}

fn unread(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".into(),
        _ => format!("{} bytes", count(bytes as usize)),
    }
}
