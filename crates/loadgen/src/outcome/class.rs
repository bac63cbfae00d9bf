//! The results of one class of clients, separate from all other classes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::latency::Latency;
use crate::timing::schedule::Schedule;

/// The results of one class of clients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClassOutcome {
    /// Name of the class in the load.
    pub name: String,
    /// What its clients do, in words.
    pub behaviour: String,
    /// True if its clients write and read at once, so that their waits are caused by the server.
    pub honest: bool,
    /// When its requests were due, as one text.
    pub schedule: Schedule,
    /// Requested clients.
    pub connections: u64,
    /// Successful connects in the whole run.
    pub established: u64,
    /// Connections open at the end.
    pub open_at_end: u64,
    /// Requests that the schedule called for in the window; in a closed loop, requests sent.
    pub offered: u64,
    /// Replies received in the window.
    pub requests: u64,
    /// Replies per second.
    pub rate: f64,
    /// Bytes handed to the kernel in the window.
    pub bytes_sent: u64,
    /// Bytes received in the window.
    pub bytes_received: u64,
    /// Response time: from the intended time to the reply.
    pub response: Latency,
    /// Service time: from sending to the reply.
    pub service: Latency,
    /// Requests without a reply at the end of the run. Their waits are part of the latencies.
    pub censored: Censored,
    /// How evenly its clients were served.
    pub fairness: Fairness,
    /// Number of errors of each kind in the whole run.
    pub errors: std::collections::BTreeMap<String, u64>,
}

/// How evenly clients were served in the measured window. Clients that send no requests do not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fairness {
    /// Clients that send requests.
    pub clients: u64,
    /// Clients with at least one reply in the window.
    pub active: u64,
    /// Jain's index of the replies per client: 1 if all clients got equally many, 1/n if only one got any (Jain, Chiu and
    /// Hawe, DEC-TR-301, 1984). `None` if there was no reply.
    pub jain: Option<f64>,
    /// Replies of the client with the fewest replies.
    pub least: u64,
    /// Replies of the client with the most replies.
    pub most: u64,
    /// The longest wait of any client for a reply that it got, from the intended time.
    pub worst_wait_ns: u64,
    /// Time from the first connect until the last client had its first reply; `None` if no client got one.
    pub last_first_served_ns: Option<u64>,
    /// Clients without any reply in the whole run.
    pub never_served: u64,
    /// Numbers of the first of them, at most [`Fairness::LISTED`].
    pub never_served_clients: Vec<u64>,
    /// Sum of the replies per client. Jain's index of merged outcomes is computed from it and from the sum of squares.
    pub sum: f64,
    /// Sum of the squares of the replies per client.
    pub sum_of_squares: f64,
}

impl Fairness {
    /// How many clients without a reply are listed.
    pub const LISTED: usize = 100;
}

/// Censored observations: requests without a reply at the end of the run. Each of their waits is a lower bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Censored {
    /// Requests sent, without a reply at the end.
    pub pending: u64,
    /// Requests due and not sent.
    pub unsent: u64,
    /// Requests dropped because the queue for a free connection was full.
    pub overflowed: u64,
    /// Clients that never got a connection to send on.
    pub refused: u64,
    /// Requests whose connection ended before the reply, in the whole run.
    pub lost: u64,
    /// The longest of these waits at the end, from the intended time.
    pub longest_ns: u64,
}

impl Censored {
    /// True if there were none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Fairness {
    /// Adds a client: its replies in the window and its longest wait.
    pub(crate) fn note(&mut self, served: u64, worst_wait_ns: u64) {
        self.least = if self.clients == 0 {
            served
        } else {
            self.least.min(served)
        };
        self.most = self.most.max(served);
        self.clients += 1;
        self.active += u64::from(served > 0);
        self.worst_wait_ns = self.worst_wait_ns.max(worst_wait_ns);
        self.sum += served as f64;
        self.sum_of_squares += (served as f64).powi(2);
        self.find_index();
    }

    /// Counts one of the clients as never served.
    pub(crate) fn starve(&mut self, number: u64) {
        self.never_served += 1;
        if self.never_served_clients.len() < Self::LISTED {
            self.never_served_clients.push(number);
        }
    }

    /// Adds other clients to these.
    pub fn merge(&mut self, other: &Self) {
        if other.clients == 0 {
            return;
        }
        self.least = if self.clients == 0 {
            other.least
        } else {
            self.least.min(other.least)
        };
        self.most = self.most.max(other.most);
        self.clients += other.clients;
        self.active += other.active;
        self.worst_wait_ns = self.worst_wait_ns.max(other.worst_wait_ns);
        self.last_first_served_ns = self.last_first_served_ns.max(other.last_first_served_ns);
        self.never_served += other.never_served;
        self.never_served_clients
            .extend(&other.never_served_clients);
        self.never_served_clients.sort_unstable();
        self.never_served_clients.truncate(Self::LISTED);
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
        self.find_index();
    }

    fn find_index(&mut self) {
        let squares = self.clients as f64 * self.sum_of_squares;
        self.jain = (squares > 0.0).then(|| self.sum * self.sum / squares);
    }
}

impl Censored {
    /// Adds the censored observations of other clients.
    pub fn merge(&mut self, other: &Self) {
        self.pending += other.pending;
        self.unsent += other.unsent;
        self.overflowed += other.overflowed;
        self.refused += other.refused;
        self.lost += other.lost;
        self.longest_ns = self.longest_ns.max(other.longest_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(replies: &[u64]) -> Fairness {
        let mut fairness = Fairness::default();
        for replies in replies {
            fairness.note(*replies, replies * 10);
        }
        fairness
    }

    #[test]
    fn the_index_is_1_when_all_are_served_alike_and_1_of_n_when_only_one_is() {
        assert_eq!(served(&[7, 7, 7]).jain, Some(1.0));
        assert_eq!(served(&[0, 9, 0, 0]).jain, Some(0.25));
        assert_eq!(served(&[0, 0]).jain, None);
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let (mut part, whole) = (served(&[1, 5]), served(&[1, 5, 3, 9]));
        part.merge(&served(&[3, 9]));
        assert_eq!(part, whole);
        assert_eq!(
            (part.least, part.most, part.active, part.worst_wait_ns),
            (1, 9, 4, 90)
        );
        part.merge(&Fairness::default());
        assert_eq!(part, whole);
    }

    #[test]
    fn the_list_of_clients_without_replies_is_bounded() {
        let mut fairness = served(&[0]);
        (0..150).for_each(|number| fairness.starve(number));
        assert_eq!(
            (fairness.never_served, fairness.never_served_clients.len()),
            (150, Fairness::LISTED)
        );
    }
}
