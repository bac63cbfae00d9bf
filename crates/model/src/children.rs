//! The child processes of a server that forks: they end with it, and their parent settles what a killed one leaves behind.
//!
//! A child that is killed runs no destructor: its clients keep their places, and are never counted as closed. So each process
//! notes in shared memory what it holds, and the parent reads that note when it has waited for the child.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};

use crate::counters::Counters;
use crate::memory::shared_numbers;
use crate::shared::Shared;
use crate::stats::add;
use crate::stop::Stop;

/// Number of process ids that Linux can give (`PID_MAX_LIMIT`, proc_sys_kernel(5)). Pages that are never written cost nothing.
const PIDS: usize = 1 << 22;

/// What a process holds, as a number in the table. The process alone changes it, and has one thread.
///
/// The number is 0 for a process that holds what it was forked with, because the table is full of zeros at the start. Otherwise
/// the lowest bit is set, the next one means a place for a client that the process waits for, and the others are the number of
/// its clients that were counted as opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holds {
    clients: u32,
    place: bool,
}

impl Holds {
    /// Nothing.
    pub const NOTHING: Self = Self::clients(0);
    /// One client.
    pub const CLIENT: Self = Self::clients(1);

    const fn clients(clients: u32) -> Self {
        Self {
            clients,
            place: false,
        }
    }

    const fn from_note(note: u32) -> Option<Self> {
        let (clients, place) = (note >> 2, note & 2 != 0);
        if note == 0 {
            return None;
        }
        Some(Self { clients, place })
    }

    /// A parent that passes its clients on only counts up, so its own number may overflow. It is never read.
    const fn note(self) -> u32 {
        self.clients << 2 | (self.place as u32) << 1 | 1
    }
}

/// What changes in what a process holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// It takes a place for a client that it waits for.
    TakesPlace,
    /// It gives back that place.
    GivesPlaceBack,
    /// A client came to its place, and was counted as opened.
    Opens,
    /// The conversation of a client has ended.
    Closes,
}

/// What each process of the server holds, by process id; empty if the server never forks.
#[derive(Default)]
pub(crate) struct Notes {
    table: OnceLock<&'static [AtomicU32]>,
    /// The id of this process. Each child has its own copy.
    own: AtomicUsize,
    /// What this process was forked with, if it is a child that was forked with a client.
    forked_with_client: AtomicBool,
}

impl Notes {
    /// Notes a change in what this process holds.
    pub fn change(&self, change: Change) {
        let own = self.own.load(Ordering::Relaxed);
        if let Some(note) = self.table.get().and_then(|table| table.get(own)) {
            let held = Holds::from_note(note.load(Ordering::SeqCst));
            let Holds { clients, place } = held.unwrap_or_else(|| self.forked_with());
            let (clients, place) = match change {
                Change::TakesPlace => (clients, true),
                Change::GivesPlaceBack => (clients, false),
                Change::Opens => (clients.wrapping_add(1), false),
                Change::Closes => (clients.saturating_sub(1), place),
            };
            note.store(Holds { clients, place }.note(), Ordering::SeqCst);
        }
    }

    fn forked_with(&self) -> Holds {
        Holds::clients(u32::from(self.forked_with_client.load(Ordering::Relaxed)))
    }

    /// Makes the table, if there is none.
    fn begin(&self) -> io::Result<()> {
        if self.table.get().is_none() {
            self.belong_to(getpid());
            let new = shared_numbers(PIDS)?;
            self.table.get_or_init(|| new);
        }
        Ok(())
    }

    /// The note of a process.
    fn of(&self, process: Pid) -> Option<&'static AtomicU32> {
        self.table.get()?.get(index(process))
    }

    fn belong_to(&self, process: Pid) {
        self.own.store(index(process), Ordering::Relaxed);
    }
}

/// The children of a server. A signal handler may wait for them.
#[derive(Clone, Copy)]
pub struct Children {
    notes: &'static Notes,
    counters: &'static Counters,
    stop: &'static Stop,
    server: Pid,
    /// What a child holds when it is forked.
    forked_with: Holds,
}

impl Children {
    pub(crate) fn new(shared: &Shared, forked_with: Holds) -> Self {
        Self {
            notes: shared.notes,
            counters: shared.counters,
            stop: shared.stop,
            server: getpid(),
            forked_with,
        }
    }

    /// Forks a child with fork(2). It is killed when its parent ends, also if the parent is killed.
    ///
    /// # Safety
    /// The calling process has one thread; otherwise the child may only do what signal-safety(7) allows.
    ///
    /// # Errors
    /// Those of fork(2), or of mmap(2) at the first call.
    pub unsafe fn fork(self) -> io::Result<ForkResult> {
        self.notes.begin()?;
        // SAFETY: the caller keeps the rules of fork(2).
        let forked = unsafe { fork() }?;
        if forked.is_child() {
            // It cannot fail: the signal exists.
            let _ = set_pdeathsig(Signal::SIGKILL);
            // If the parent was killed just before, the signal never comes.
            if getppid() != self.server {
                // SAFETY: `_exit` ends the child without running anything of its parent.
                unsafe { libc::_exit(1) }
            }
            self.notes.belong_to(getpid());
            let with_client = self.forked_with == Holds::CLIENT;
            let own = &self.notes.forked_with_client;
            own.store(with_client, Ordering::Relaxed);
            if !with_client {
                self.stop.waits_for_clients();
            }
        }
        Ok(forked)
    }

    /// Notes that a child gets a client that its parent has accepted. Call it before the client is passed on.
    pub fn give_client(self, child: Pid) {
        if let Some(note) = self.notes.of(child) {
            note.store(Holds::CLIENT.note(), Ordering::SeqCst);
        }
    }

    /// Waits for any child with waitpid(2). If the child was killed while it had clients, their conversations count as closed
    /// and broken, and their places are free again.
    ///
    /// # Errors
    /// Those of waitpid(2): `ECHILD` if no child is left.
    pub fn waitpid(self, flags: Option<WaitPidFlag>) -> nix::Result<WaitStatus> {
        let status = waitpid(None, flags)?;
        if let WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) = status {
            self.settle(pid);
        }
        Ok(status)
    }

    /// Waits until a child has ended, and returns its process id; `None` if no child is left.
    pub fn wait(self) -> Option<Pid> {
        loop {
            match self.waitpid(None) {
                Ok(status) => return status.pid(),
                Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// Settles what a child that has ended still holds.
    fn settle(self, pid: Pid) {
        let Some(note) = self.notes.of(pid) else {
            return;
        };
        // The process id may be given to another child.
        let held = Holds::from_note(note.swap(0, Ordering::SeqCst)).unwrap_or(self.forked_with);
        if held.place {
            self.counters.give_back_place();
        }
        add(&self.counters.totals.broken, held.clients.into());
        (0..held.clients).for_each(|_| self.counters.close());
    }
}

fn index(pid: Pid) -> usize {
    pid.as_raw() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_how_many_clients_a_process_has_and_whether_it_waits_for_one() {
        let table: &'static [AtomicU32] = Box::leak(Box::new([const { AtomicU32::new(0) }; 2]));
        let notes = Notes::default();
        assert!(notes.table.set(table).is_ok());
        notes.own.store(1, Ordering::Relaxed);
        let held = || Holds::from_note(table[1].load(Ordering::SeqCst));
        assert_eq!(held(), None);
        let steps = [
            (Change::TakesPlace, 0, true),
            (Change::Opens, 1, false),
            (Change::TakesPlace, 1, true),
            (Change::Opens, 2, false),
            (Change::TakesPlace, 2, true),
            (Change::Closes, 1, true),
            (Change::GivesPlaceBack, 1, false),
            (Change::Closes, 0, false),
        ];
        for (change, clients, place) in steps {
            notes.change(change);
            assert_eq!(held(), Some(Holds { clients, place }), "{change:?}");
        }
    }

    #[test]
    fn a_child_that_was_forked_with_a_client_has_none_after_its_end() {
        let table: &'static [AtomicU32] = Box::leak(Box::new([const { AtomicU32::new(0) }; 2]));
        let notes = Notes::default();
        assert!(notes.table.set(table).is_ok());
        notes.forked_with_client.store(true, Ordering::Relaxed);
        notes.change(Change::Closes);
        let held = Holds::from_note(table[0].load(Ordering::SeqCst));
        assert_eq!(held, Some(Holds::NOTHING));
    }
}
