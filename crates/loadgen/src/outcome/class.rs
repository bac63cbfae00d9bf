//! One class of clients as it was measured: nothing in it is averaged with other classes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::latency::Latency;
use crate::timing::schedule::Schedule;

/// What one class of clients measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClassOutcome {
    /// Its name in the load.
    pub name: String,
    /// What its clients do, in words.
    pub behaviour: String,
    /// Whether its clients read and write at once, so that their waits are the server's.
    pub honest: bool,
    /// When its requests are due, in words.
    pub schedule: Schedule,
    /// Clients asked for.
    pub connections: u64,
    /// Connects that succeeded, over the whole run.
    pub established: u64,
    /// Clients that were open at the end.
    pub open_at_end: u64,
    /// Requests that the schedule intended in the window; in a closed loop those that were asked.
    pub offered: u64,
    /// Requests answered in the window.
    pub requests: u64,
    /// Requests answered a second.
    pub rate: f64,
    /// Bytes handed to the kernel in the window.
    pub bytes_sent: u64,
    /// Bytes received in the window.
    pub bytes_received: u64,
    /// From intended to answered.
    pub response: Latency,
    /// From sent to answered.
    pub service: Latency,
    /// What was not finished when the run ended; part of the latencies.
    pub censored: Censored,
    /// How evenly its clients were served.
    pub fairness: Fairness,
    /// Everything that went wrong, over the whole run.
    pub errors: std::collections::BTreeMap<String, u64>,
}

/// How evenly clients were served in the measured window. Clients that never ask anything do not take part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fairness {
    /// Clients that take part.
    pub clients: u64,
    /// Clients that were served at least once in the window.
    pub active: u64,
    /// Jain's index of the requests answered: 1 when all were served alike, 1/n when only one was (Jain, Chiu and Hawe,
    /// DEC-TR-301, 1984); none where nothing was answered.
    pub jain: Option<f64>,
    /// The client served least: its requests answered.
    pub least: u64,
    /// The client served most: its requests answered.
    pub most: u64,
    /// The longest that any client waited for a reply it got, from intended.
    pub worst_wait_ns: u64,
    /// When the last client was served for the first time, from its first connect; none where nobody was.
    pub last_first_served_ns: Option<u64>,
    /// Clients that were never served in the whole run.
    pub never_served: u64,
    /// The numbers of the first of them, at most [`Fairness::LISTED`].
    pub never_served_clients: Vec<u64>,
    /// Sum of the requests answered, and of their squares: what Jain's index is merged from.
    pub sum: f64,
    /// See [`sum`](Self::sum).
    pub sum_of_squares: f64,
}

impl Fairness {
    /// How many clients that were never served are listed.
    pub const LISTED: usize = 100;
}

/// What was not finished when the run ended: each of these waits lasted *at least* so long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Censored {
    /// Requests sent and not answered when the run ended.
    pub pending: u64,
    /// Requests that were due and not sent.
    pub unsent: u64,
    /// Requests that found the queue of those that wait for a connection full.
    pub overflowed: u64,
    /// Clients that never got the connection on which they would have asked.
    pub refused: u64,
    /// Requests whose connection ended before the reply, over the whole run.
    pub lost: u64,
    /// Longest of these waits until the end, from the intended time.
    pub longest_ns: u64,
}

impl Fairness {
    /// One more client takes part, which got so many replies in the window and waited at most so long for one.
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

    /// One of them was never served.
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
    /// Adds what others did not finish.
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
    fn the_list_of_the_never_served_has_an_end() {
        let mut fairness = served(&[0]);
        (0..150).for_each(|number| fairness.starve(number));
        assert_eq!(
            (fairness.never_served, fairness.never_served_clients.len()),
            (150, Fairness::LISTED)
        );
    }
}
