//! One client of a worker with its socket, and what the engine has to remember about it.

use socket2::Socket;

use crate::conversation::client::Client;
use crate::engine::group::Group;
use crate::engine::shared::Shared;
use crate::notes::timeline::Notes;
use crate::plan::behaviour::{Behaviour, Ending};
use crate::timing::part::Part;

/// A client and its socket.
pub struct Slot<'a> {
    pub client: Client<'a>,
    pub socket: Option<Socket>,
    /// Its class.
    pub group: usize,
    /// How often the connection has been lost: errands of earlier ones are void.
    pub epoch: u32,
    pub redials: u32,
    pub past: Past,
    pub watches_writes: bool,
    /// Whether its class behaves otherwise than to ask and to listen for as long as the run lasts, or its requests are noted one
    /// by one: all that the usual client is spared.
    pub special: bool,
    /// Its requests, one by one, if they are asked for.
    pub notes: Option<Box<Notes>>,
    /// How far its conversation is, where it is special.
    pub pace: Pace,
}

/// What a client has been through in the whole run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past {
    /// Whether the gate has heard what became of its first connect.
    pub decided: bool,
    /// Whether it was ever connected.
    pub was_open: bool,
}

/// What the engine remembers of a special conversation.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of one thing whether it is under way"
)]
pub struct Pace {
    /// Whether an errand to drip is put down.
    pub dripping: bool,
    /// Whether an errand to sip is put down.
    pub sipping: bool,
    /// Whether it is put down when the client gives up a datagram.
    pub patient: bool,
    /// Whether the client has said that it will send no more.
    pub shut: bool,
    /// Bytes sent.
    pub sent: u64,
}

impl Slot<'_> {
    pub fn socket(&self) -> &Socket {
        self.socket
            .as_ref()
            .expect("a client that connects or is open has a socket")
    }

    /// Forgets the connection; returns how many requests went with it.
    pub fn forget(&mut self) -> usize {
        self.socket = None;
        self.epoch += 1;
        self.watches_writes = false;
        self.pace = Pace::default();
        self.client.lost()
    }
}

/// The clients of a worker, class by class. Their numbers go on from class to class, and so differ in the whole run.
pub fn all<'a>(shared: &Shared<'a>, groups: &[Group<'a>], part: Part) -> Vec<Slot<'a>> {
    let (mut slots, mut first) = (Vec::new(), 0);
    let mut first_clients = shared.load.timeline;
    for (g, group) in groups.iter().enumerate() {
        let special = group.class.behaviour
            != Behaviour {
                ending: Ending::Close,
                ..Behaviour::default()
            };
        for number in part.numbers(group.class.connections) {
            let notes = (group.counts && number < first_clients).then(|| Box::new(Notes::new()));
            slots.push(Slot {
                client: Client::new(group.manner, (first + number) as u64),
                socket: None,
                group: g,
                epoch: 0,
                redials: group.class.reconnects,
                past: Past {
                    decided: group.class.connect_at.is_some(),
                    was_open: false,
                },
                watches_writes: false,
                special: special || notes.is_some(),
                notes,
                pace: Pace::default(),
            });
        }
        first += group.class.connections;
        if group.counts {
            first_clients = first_clients.saturating_sub(group.class.connections);
        }
    }
    debug_assert!(shared.load.connections() >= slots.len());
    slots
}
