//! What each worker of a server served.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::stats::{add, get};

/// Number of workers with a share of their own. Workers beyond it are counted with the last one.
const MOST_SHARES: usize = 256;

/// The part of one worker. Uneven shares are an imbalance that throughput alone does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Conversations that the worker had when they ended.
    pub connections: u64,
    /// Frames begun while the worker had the conversation (only `framed`). For a worker that has no conversations and
    /// only does work: the requests whose work it did.
    pub requests: u64,
}

/// The shares of all workers while the server runs.
pub(crate) struct Shares([ShareCounter; MOST_SHARES]);

#[derive(Default)]
struct ShareCounter {
    /// True if there is a worker of this number.
    exists: AtomicBool,
    connections: AtomicU64,
    requests: AtomicU64,
}

impl Default for Shares {
    fn default() -> Self {
        Self(std::array::from_fn(|_| ShareCounter::default()))
    }
}

impl Shares {
    /// Lists a worker, so that it is reported even if it serves no client.
    pub fn list(&self, worker: usize) {
        self.of(worker).exists.store(true, Ordering::Relaxed);
    }

    /// Adds to the share of a worker.
    pub fn credit(&self, worker: usize, connections: u64, requests: u64) {
        let share = self.of(worker);
        add(&share.connections, connections);
        add(&share.requests, requests);
    }

    /// The shares of all workers up to the last one that was listed.
    pub fn read(&self) -> Vec<Share> {
        let exists = |share: &ShareCounter| share.exists.load(Ordering::SeqCst);
        let workers = self.0.iter().rposition(exists).map_or(0, |last| last + 1);
        let read = |share: &ShareCounter| Share {
            connections: get(&share.connections),
            requests: get(&share.requests),
        };
        self.0[..workers].iter().map(read).collect()
    }

    fn of(&self, worker: usize) -> &ShareCounter {
        &self.0[worker.min(MOST_SHARES - 1)]
    }
}
