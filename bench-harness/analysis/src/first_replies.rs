//! When clients got their first reply: in a crowd that connects at once, and among a few clients that were recorded one by one.

use record::outcome::Moment;

use crate::cell::Cell;

/// Open connections that were never served: all established ones, less those that were served once.
pub fn waiting(now: &Moment) -> u64 {
    now.established.saturating_sub(now.served).min(now.open)
}

/// Clients that want to be served and never were: connecting or waiting.
pub fn unserved(now: &Moment) -> u64 {
    now.connecting() + waiting(now)
}

/// The time at which every client had its first reply, in seconds since the first connect; `None` if some were unserved at the end.
pub fn all_served_after(moments: &[Moment]) -> Option<f64> {
    match moments.iter().rposition(|now| unserved(now) > 0) {
        None => Some(0.0),
        Some(last) => moments.get(last + 1).map(|after| after.at_s),
    }
}

/// First waits of the recorded clients of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstWaits {
    /// The shortest one and the longest one in microseconds; `None` if no client was answered.
    pub range_us: Option<(u64, u64)>,
    /// Number of clients that never got a reply.
    pub never: usize,
}

impl Cell {
    /// The first waits of the recorded clients.
    pub fn first_waits(&self) -> FirstWaits {
        let waits = self.timelines.iter().map(|client| client.took_us.first());
        let waits: Vec<u64> = waits.flatten().copied().collect();
        FirstWaits {
            range_us: waits.iter().min().copied().zip(waits.iter().max().copied()),
            never: self.timelines.len() - waits.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_served_when_none_waits_any_more() {
        let at = |at_s: f64, established: u64, served: u64| Moment {
            at_s,
            attempted: established,
            established,
            served,
            open: established,
            ..Moment::default()
        };
        let moments = [at(0.1, 8, 8), at(0.2, 20, 9), at(0.3, 20, 20)];
        assert_eq!(all_served_after(&moments), Some(0.3));
        assert_eq!(all_served_after(&moments[..2]), None);
        assert_eq!(all_served_after(&moments[..1]), Some(0.0));
    }
}
