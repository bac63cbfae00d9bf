//! Assigns the requests of an open loop to connections: the connection that has been free for longest sends next.

use std::collections::VecDeque;
use std::time::Instant;

/// The free connections, or the requests that wait for one. At most one of the two lists is not empty. `K` identifies a
/// connection.
pub struct Dispatch<K> {
    free: VecDeque<K>,
    queue: VecDeque<Instant>,
    bound: usize,
}

/// What happens to a request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment<K> {
    /// This connection sends it now.
    Send(K),
    /// It waits for a free connection.
    Waits,
    /// The queue is full, so it is never sent.
    Overflows,
}

impl<K> Dispatch<K> {
    /// Creates an empty dispatcher. At most `bound` requests may wait.
    pub const fn new(bound: usize) -> Self {
        Self {
            free: VecDeque::new(),
            queue: VecDeque::new(),
            bound,
        }
    }

    /// Assigns a request that is due. Drops free connections that are no longer `usable`.
    pub fn assign(&mut self, intended: Instant, usable: impl Fn(&K) -> bool) -> Assignment<K> {
        while let Some(connection) = self.free.pop_front() {
            if usable(&connection) {
                return Assignment::Send(connection);
            }
        }
        if self.queue.len() == self.bound {
            return Assignment::Overflows;
        }
        self.queue.push_back(intended);
        Assignment::Waits
    }

    /// Takes a connection that has become free. Returns the intended time of the waiting request that it must send, if there
    /// is one.
    pub fn release(&mut self, connection: K) -> Option<Instant> {
        let waiting = self.queue.pop_front();
        if waiting.is_none() {
            self.free.push_back(connection);
        }
        waiting
    }

    /// Drops the waiting requests.
    pub fn drop_waiting(&mut self) {
        self.queue.clear();
    }

    /// The intended times of the waiting requests, oldest first.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = Instant> {
        self.queue.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_connection_that_was_free_for_longest_sends_first() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        for connection in ['a', 'b', 'c'] {
            assert_eq!(dispatch.release(connection), None);
        }
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Send('a'));
        assert_eq!(dispatch.release('a'), None);
        let assigned = [(); 3].map(|()| dispatch.assign(now, |_| true));
        assert_eq!(assigned, ['b', 'c', 'a'].map(Assignment::Send));
    }

    #[test]
    fn a_request_without_a_connection_keeps_its_time_and_its_turn() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        let later = now + Duration::from_secs(1);
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Waits);
        assert_eq!(dispatch.assign(later, |_| true), Assignment::Waits);
        assert_eq!(dispatch.waiting().collect::<Vec<_>>(), [now, later]);
        assert_eq!(
            [
                dispatch.release(1),
                dispatch.release(2),
                dispatch.release(3)
            ],
            [Some(now), Some(later), None]
        );
    }

    #[test]
    fn dropped_requests_leave_connections_free() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Waits);
        dispatch.drop_waiting();
        assert_eq!(dispatch.waiting().len(), 0);
        assert_eq!(dispatch.release('a'), None);
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Send('a'));
    }

    #[test]
    fn the_queue_is_bounded() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::<u8>::new(1));
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Waits);
        assert_eq!(dispatch.assign(now, |_| true), Assignment::Overflows);
    }

    #[test]
    fn a_dead_connection_is_not_free() {
        let (now, mut dispatch) = (Instant::now(), Dispatch::new(9));
        dispatch.release("dead");
        dispatch.release("alive");
        assert_eq!(
            dispatch.assign(now, |name| *name == "alive"),
            Assignment::Send("alive")
        );
    }
}
