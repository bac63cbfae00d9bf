//! What all parts of one server share: its settings, its counters, its stop, and the places that clients take.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use echo_protocol::{Limits, Protocol};

use crate::children::{Change, Notes};
use crate::counters::Counters;
use crate::event::Observer;
use crate::silence::IdleTimeout;
use crate::stop::Stop;

/// Pause before the next try, after the system has run out of descriptors, memory, threads or processes.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// The settings of a server that its user can choose.
#[derive(Clone, Debug)]
pub struct Config {
    /// The protocol that the server speaks.
    pub protocol: Protocol,
    /// The memory limits of each session.
    pub limits: Limits,
    /// Number of threads, processes or loops, for models that have a choice.
    pub workers: NonZero<usize>,
    /// The largest number of conversations at a time; further clients wait in the accept queue.
    pub max_connections: u64,
    /// True if a new client wakes one of several loops that watch one listener, false if it wakes all of them.
    pub exclusive: bool,
    /// Watches the events of the server; `None` costs nothing.
    pub observer: Option<Observer>,
    /// The time after which the server ends the conversation of a client that sends and receives nothing.
    pub idle_timeout: Option<Duration>,
}

/// The settings, counters and stop of one server.
pub(crate) struct Shared {
    pub config: Config,
    pub counters: &'static Counters,
    pub stop: &'static Stop,
    pub idle: Option<IdleTimeout>,
    /// Number of conversations that must have ended before a descriptor is free again, after descriptors ran out. Each process
    /// has its own descriptors, and after a fork its own copy of this number.
    pub free_at: AtomicU64,
    /// Bounds the time for which a server that has ended a conversation waits for the end of its client.
    pub farewells: IdleTimeout,
    /// What each process holds, for models that fork.
    pub notes: &'static Notes,
    /// Called when the model has what it needs.
    pub ready: Mutex<Option<Ready>>,
}

/// Tells the user that the server is ready.
pub(crate) type Ready = Box<dyn FnOnce() + Send>;

impl Shared {
    /// True if a further client could take a place and get a descriptor.
    pub fn has_room(&self) -> bool {
        let places = self.counters.places.load(Ordering::SeqCst);
        places < self.config.max_connections && self.descriptors_are_free()
    }

    /// Takes a place for a client *before* the client is accepted; false if there is none.
    ///
    /// Counting after `accept` would let in too many clients as soon as several threads or processes accept at once.
    pub fn take_place(&self) -> bool {
        let places = self.counters.places.fetch_add(1, Ordering::SeqCst);
        self.notes.change(Change::TakesPlace);
        let taken = places < self.config.max_connections && self.descriptors_are_free();
        if !taken {
            self.give_back_place();
        }
        taken
    }

    /// Takes a place for a client that was accepted without one, even if that is one more than allowed.
    pub fn take_place_late(&self) {
        self.counters.places.fetch_add(1, Ordering::SeqCst);
    }

    /// Gives back a place for which no client was accepted.
    pub fn give_back_place(&self) {
        self.notes.change(Change::GivesPlaceBack);
        self.counters.give_back_place();
    }

    /// Counts a client that was accepted.
    pub fn opened(&self) {
        self.counters.totals.opened.fetch_add(1, Ordering::SeqCst);
        self.notes.change(Change::Opens);
    }

    /// Counts the end of a conversation, and gives back its place. Its descriptor must be closed already.
    pub fn closed(&self) {
        self.notes.change(Change::Closes);
        self.counters.close();
    }

    /// Number of conversations that have ended.
    pub fn closings(&self) -> u64 {
        self.counters.totals.closed.load(Ordering::SeqCst)
    }

    /// Notes that descriptors ran out in a call that began after `closings` conversations had ended: the next one
    /// that ends frees a descriptor. That may have happened already, in another thread, and is not signalled again.
    pub fn descriptors_ran_out(&self, closings: u64) {
        self.free_at.store(closings + 1, Ordering::SeqCst);
    }

    fn descriptors_are_free(&self) -> bool {
        self.closings() >= self.free_at.load(Ordering::SeqCst)
    }
}
