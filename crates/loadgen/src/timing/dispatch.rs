//! Who asks next in an open loop: a request that is due takes the connection that has been free for longest, or waits.

use std::collections::VecDeque;
use std::time::Instant;

/// Free connections and waiting requests; at most one of both lists has anything in it. `K` names a connection.
pub struct Dispatch<K> {
    free: VecDeque<K>,
    queue: VecDeque<Instant>,
    bound: usize,
}

/// What became of a request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<K> {
    /// This connection asks it now.
    Ask(K),
    /// It waits for a connection.
    Waits,
    /// Too many wait already: it will never be asked.
    Overflows,
}

impl<K> Dispatch<K> {
    /// Nothing is free and nothing waits; at most `bound` requests will.
    pub const fn new(bound: usize) -> Self {
        Self {
            free: VecDeque::new(),
            queue: VecDeque::new(),
            bound,
        }
    }

    /// A request is due that was intended at a time. Connections that are not `usable` any more are forgotten.
    pub fn due(&mut self, intended: Instant, usable: impl Fn(&K) -> bool) -> Due<K> {
        while let Some(connection) = self.free.pop_front() {
            if usable(&connection) {
                return Due::Ask(connection);
            }
        }
        if self.queue.len() == self.bound {
            return Due::Overflows;
        }
        self.queue.push_back(intended);
        Due::Waits
    }

    /// A connection has become free: returns when the request was intended that it is to ask, if one waits.
    pub fn freed(&mut self, connection: K) -> Option<Instant> {
        let waiting = self.queue.pop_front();
        if waiting.is_none() {
            self.free.push_back(connection);
        }
        waiting
    }

    /// When the waiting requests were intended, oldest first.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = Instant> {
        self.queue.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_connection_that_was_free_for_longest_asks_first() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        for connection in ['a', 'b', 'c'] {
            assert_eq!(dispatch.freed(connection), None);
        }
        assert_eq!(dispatch.due(now, |_| true), Due::Ask('a'));
        assert_eq!(dispatch.freed('a'), None);
        let asked = [(); 3].map(|()| dispatch.due(now, |_| true));
        assert_eq!(asked, ['b', 'c', 'a'].map(Due::Ask));
    }

    #[test]
    fn a_request_without_a_connection_keeps_its_time_and_its_turn() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        let later = now + Duration::from_secs(1);
        assert_eq!(dispatch.due(now, |_| true), Due::Waits);
        assert_eq!(dispatch.due(later, |_| true), Due::Waits);
        assert_eq!(dispatch.waiting().collect::<Vec<_>>(), [now, later]);
        assert_eq!(
            [dispatch.freed(1), dispatch.freed(2), dispatch.freed(3)],
            [Some(now), Some(later), None]
        );
    }

    #[test]
    fn the_queue_has_an_end() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::<u8>::new(1));
        assert_eq!(dispatch.due(now, |_| true), Due::Waits);
        assert_eq!(dispatch.due(now, |_| true), Due::Overflows);
    }

    #[test]
    fn a_dead_connection_is_not_free() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        dispatch.freed("dead");
        dispatch.freed("alive");
        assert_eq!(
            dispatch.due(now, |name| *name == "alive"),
            Due::Ask("alive")
        );
    }
}
