//! One client of a worker with its socket, and the engine's state of it.

use std::collections::VecDeque;
use std::time::Instant;

use socket2::Socket;

use crate::conversation::client::Client;
use crate::engine::group::Group;
use crate::engine::shared::Shared;
use crate::notes::timeline::RequestLog;
use crate::plan::behaviour::{Behaviour, Ending};
use crate::timing::part::Part;

/// A client and its socket.
pub struct Slot<'a> {
    pub client: Client<'a>,
    pub socket: Option<Socket>,
    /// Index of its class.
    pub group: usize,
    /// How often the connection has been lost. Errands of earlier connections are void.
    pub epoch: u32,
    pub redials: u32,
    pub past: Past,
    pub watches_writable: bool,
    /// True if the class needs more than sending and receiving until the end of the run, or if its requests are recorded
    /// individually. Usual clients skip all of that.
    pub special: bool,
    /// Its first requests, if requested.
    pub log: Option<Box<RequestLog>>,
    #[expect(
        clippy::box_collection,
        reason = "a slot stays small, because few clients repeat requests"
    )]
    /// Intended times of the requests to repeat on its next connection, if there are any.
    pub resend: Option<Box<VecDeque<Instant>>>,
    /// State of its conversation, if it is special.
    pub special_state: SpecialState,
}

/// History of a client in the whole run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past {
    /// True if the gate knows the result of its first connect.
    pub connect_finished: bool,
    /// True if a connect of this client has timed out.
    pub waited_in_vain: bool,
    /// True if it was ever connected.
    pub was_open: bool,
}

/// State of a special conversation.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
pub struct SpecialState {
    /// True if the next bytes to send are scheduled.
    pub send_scheduled: bool,
    /// True if the next read is scheduled.
    pub read_scheduled: bool,
    /// True if a reply timeout is scheduled.
    pub timeout_scheduled: bool,
    /// True if the client has shut down its sending side.
    pub shut_down: bool,
    /// Bytes sent in this conversation.
    pub sent: u64,
}

impl Slot<'_> {
    pub fn socket(&self) -> &Socket {
        self.socket
            .as_ref()
            .expect("a client that connects or is open has a socket")
    }

    /// The intended time of the next request to repeat.
    pub fn next_resend(&mut self) -> Option<Instant> {
        let resend = self.resend.as_mut()?;
        let next = resend.pop_front();
        if resend.is_empty() {
            self.resend = None;
        }
        next
    }

    /// Forgets the connection. Returns the number of requests lost with it.
    pub fn forget(&mut self) -> usize {
        self.socket = None;
        self.epoch += 1;
        self.watches_writable = false;
        self.special_state = SpecialState::default();
        self.client.disconnected()
    }
}

/// Creates the clients of a worker, class by class. Client numbers continue from class to class, so they are unique in the
/// run.
pub fn all<'a>(shared: &Shared<'a>, groups: &[Group<'a>], part: Part) -> Vec<Slot<'a>> {
    let (mut slots, mut first) = (Vec::new(), 0);
    let mut recorded = shared.load.timeline;
    for (g, group) in groups.iter().enumerate() {
        let special = is_special(&group.class.behaviour);
        let connections = group.class.connections;
        for number in part.indices(connections) {
            let is_recorded = group.is_counted && is_recorded(number, connections, recorded);
            let log = is_recorded.then(|| Box::new(RequestLog::new()));
            slots.push(Slot {
                client: Client::new(group.manner, (first + number) as u64),
                socket: None,
                group: g,
                epoch: 0,
                redials: group.class.reconnects,
                past: Past {
                    connect_finished: group.class.connect_at.is_some(),
                    waited_in_vain: false,
                    was_open: false,
                },
                watches_writable: false,
                special: special || log.is_some(),
                log,
                resend: None,
                special_state: SpecialState::default(),
            });
        }
        first += connections;
        if group.is_counted {
            recorded = recorded.saturating_sub(connections);
        }
    }
    debug_assert!(shared.load.connections() >= slots.len());
    slots
}

/// True if clients of this behaviour need more than sending and receiving until the end of the run.
pub fn is_special(behaviour: &Behaviour) -> bool {
    let usual = Behaviour {
        ending: Ending::Close,
        ..Behaviour::default()
    };
    *behaviour != usual
}

/// True if the first requests of this client are recorded: of a class with `all` clients, `recorded` ones are, at even distances.
/// Neighbours would tell the same, and a server that leaves out the last clients would look as if it left out none.
const fn is_recorded(number: usize, all: usize, recorded: usize) -> bool {
    recorded >= all || (number * recorded) % all < recorded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_clients_are_at_even_distances() {
        let recorded = |all, recorded| -> Vec<usize> {
            (0..all)
                .filter(|&number| is_recorded(number, all, recorded))
                .collect()
        };
        assert_eq!(recorded(100, 8), [0, 13, 25, 38, 50, 63, 75, 88]);
        assert_eq!(recorded(4, 3), [0, 2, 3]);
        assert_eq!(recorded(3, 8), [0, 1, 2]);
        assert!(recorded(5, 0).is_empty());
    }
}
