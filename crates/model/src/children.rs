//! The child processes of a server that forks: they end with it, and their parent settles what a killed one leaves behind.
//!
//! A child that is killed runs no destructor: its client keeps its place, and is never counted as closed. So each process
//! notes in shared memory what it holds, and the parent reads that note when it has waited for the child.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};

use crate::counters::Counters;
use crate::memory::shared_bytes;
use crate::shared::Shared;
use crate::stats::add;
use crate::stop::Stop;

/// Number of process ids that Linux can give (`PID_MAX_LIMIT`, proc_sys_kernel(5)). Pages that are never written cost nothing.
const PIDS: usize = 1 << 22;

/// What a process holds. It serves one client at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Holds {
    /// What it was forked with. This must be 0: the table is full of zeros at the start.
    AsForked,
    /// Nothing.
    Nothing,
    /// A place for a client that it waits for.
    Place,
    /// A client that was counted as opened.
    Client,
}

impl Holds {
    const fn of(note: u8) -> Self {
        match note {
            0 => Self::AsForked,
            1 => Self::Nothing,
            2 => Self::Place,
            _ => Self::Client,
        }
    }
}

/// What each process of the server holds, by process id; empty if the server never forks.
#[derive(Default)]
pub(crate) struct Notes {
    table: OnceLock<&'static [AtomicU8]>,
    /// The id of this process. Each child has its own copy.
    own: AtomicUsize,
}

impl Notes {
    /// Notes what this process holds.
    pub fn note(&self, holds: Holds) {
        let own = self.own.load(Ordering::Relaxed);
        if let Some(note) = self.table.get().and_then(|table| table.get(own)) {
            note.store(holds as u8, Ordering::SeqCst);
        }
    }

    /// Makes the table, if there is none.
    fn begin(&self) -> io::Result<()> {
        if self.table.get().is_none() {
            self.belong_to(getpid());
            let new = shared_bytes(PIDS)?;
            self.table.get_or_init(|| new);
        }
        Ok(())
    }

    /// The note of a process.
    fn of(&self, process: Pid) -> Option<&'static AtomicU8> {
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
            if self.forked_with == Holds::Nothing {
                self.stop.waits_for_clients();
            }
        }
        Ok(forked)
    }

    /// Notes that a child gets a client that its parent has accepted. Call it before the client is passed on.
    pub fn give_client(self, child: Pid) {
        if let Some(note) = self.notes.of(child) {
            note.store(Holds::Client as u8, Ordering::SeqCst);
        }
    }

    /// Waits for any child with waitpid(2). If the child was killed while it had a client, the conversation counts as closed
    /// and broken, and its place is free again.
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
        let held = Holds::of(note.swap(Holds::AsForked as u8, Ordering::SeqCst));
        let held = if held == Holds::AsForked {
            self.forked_with
        } else {
            held
        };
        match held {
            Holds::AsForked | Holds::Nothing => {}
            Holds::Place => self.counters.give_back_place(),
            Holds::Client => {
                add(&self.counters.totals.broken, 1);
                self.counters.close();
            }
        }
    }
}

fn index(pid: Pid) -> usize {
    pid.as_raw() as usize
}
