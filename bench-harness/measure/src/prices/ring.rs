//! A ring of threads or processes on one CPU, each of which wakes the next one up and then sleeps.
//!
//! ```text
//! task 0 ──wakes──> task 1 ──wakes──> … ──wakes──> task n-1 ──wakes──> task 0
//! ```
//!
//! Their turns, and what each of them spent, are in memory that processes share.

use std::array;
use std::io;
use std::iter::Sum;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::thread::{self, Builder};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use crate::cost::thread_cpu_time;

/// Independent repetitions in one ring: to create new tasks for each would take most of the time.
pub(super) const REPEATS: usize = 3;
/// Turns of a repetition, all tasks together.
const TURNS: usize = 1000;
/// Turns of a task in a repetition at least. Between two repetitions it asks twice what it spent.
const LEAST_LAPS: usize = 4;
/// Stack of a thread. It calls little.
const STACK: usize = 32 << 10;
/// A task that waits this long for its turn gives up, so that a ring with a missing task ends.
static PATIENCE: libc::timespec = libc::timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// The kind of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tasks {
    /// Threads of this process.
    Threads,
    /// Child processes. A switch changes the memory too.
    Processes,
}

/// What the tasks of a ring spent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spent {
    pub cpu: Duration,
    /// Context switches.
    pub switches: i64,
    /// Turns.
    pub turns: usize,
}

impl Spent {
    /// What the calling thread spent so far.
    fn now() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("Linux knows its own constant");
        Self {
            cpu: thread_cpu_time(),
            switches: usage.voluntary_context_switches() + usage.involuntary_context_switches(),
            turns: 0,
        }
    }
}

impl Sum for Spent {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, spent| Self {
            cpu: sum.cpu + spent.cpu,
            switches: sum.switches + spent.switches,
            turns: sum.turns + spent.turns,
        })
    }
}

/// Lets this number of tasks take turns on the CPU of the calling thread. Returns what they spent, for each repetition.
///
/// # Errors
/// A task cannot be created, or did not get its turn.
pub(super) fn run(kind: Tasks, tasks: usize) -> io::Result<[Spent; REPEATS]> {
    let board = &Board::new(tasks)?;
    match kind {
        Tasks::Threads => thread::scope(|scope| {
            for place in 0..tasks {
                let thread = Builder::new().stack_size(STACK);
                let started = thread.spawn_scoped(scope, move || board.take_turns(place));
                if let Err(error) = started {
                    board.cancel();
                    return Err(error);
                }
            }
            board.begin();
            Ok(())
        })?,
        Tasks::Processes => {
            let mut children = Vec::with_capacity(tasks);
            let forked = (0..tasks).try_for_each(|place| {
                children.push(board.fork(place)?);
                Ok(())
            });
            match forked {
                Ok(()) => board.begin(),
                Err(_) => board.cancel(),
            }
            for child in children {
                waitpid(child, None)?;
            }
            forked.map_err(|error: Errno| io::Error::from(error))?;
        }
    }
    board.spent()
}

/// The place of one task on the board. Places share no cache line.
#[derive(Debug)]
#[repr(align(128))]
struct Place {
    /// The lap for which it is this task's turn, from 1.
    lap: AtomicU32,
    spent: [SharedSpent; REPEATS],
}

/// What a task spent in a repetition.
#[derive(Debug)]
struct SharedSpent {
    cpu_ns: AtomicU64,
    switches: AtomicI64,
    turns: AtomicU64,
}

/// The lap of a ring that is given up.
const CANCELLED: u32 = u32::MAX;

/// The memory of a ring.
#[derive(Debug)]
struct Board {
    memory: NonNull<Place>,
    tasks: usize,
}

// SAFETY: the memory holds atomics only, and is mapped until the board is dropped.
unsafe impl Sync for Board {}

impl Board {
    fn new(tasks: usize) -> io::Result<Self> {
        let length = NonZeroUsize::new(tasks * size_of::<Place>())
            .ok_or_else(|| io::Error::other("a ring needs a task"))?;
        let (access, flags) = (
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_SHARED,
        );
        // SAFETY: this maps new memory. Zeros are valid atomics, and a page is aligned for a place.
        let memory = unsafe { mmap_anonymous(None, length, access, flags)? };
        Ok(Self {
            memory: memory.cast(),
            tasks,
        })
    }

    fn places(&self) -> &[Place] {
        // SAFETY: the memory holds this number of places, and only atomics change it.
        unsafe { slice::from_raw_parts(self.memory.as_ptr(), self.tasks) }
    }

    /// Gives the first task its turn.
    fn begin(&self) {
        let first = &self.places()[0].lap;
        first.store(1, Ordering::Release);
        wake(first);
    }

    fn cancel(&self) {
        for place in self.places() {
            place.lap.store(CANCELLED, Ordering::Release);
            wake(&place.lap);
        }
    }

    /// Starts a child process that takes the turns of this place.
    fn fork(&self, place: usize) -> nix::Result<Pid> {
        // SAFETY: the child makes system calls and changes the board only: it takes no lock, allocates nothing, and leaves with `_exit`.
        match unsafe { fork()? } {
            ForkResult::Parent { child } => Ok(child),
            ForkResult::Child => {
                self.take_turns(place);
                // SAFETY: this ends the child, which holds nothing that another process waits for.
                unsafe { libc::_exit(0) }
            }
        }
    }

    /// Number of laps of a repetition.
    fn laps(&self) -> u32 {
        TURNS.div_ceil(self.tasks).max(LEAST_LAPS) as u32
    }

    /// Takes the turns of a place. It allocates nothing, because it runs in forked children.
    fn take_turns(&self, number: usize) {
        // The first lap is not measured.
        if !self.take_laps(number, 1..=1) {
            return;
        }
        let laps = self.laps();
        let mut before = Spent::now();
        for (repeat, spent) in self.places()[number].spent.iter().enumerate() {
            let first = 2 + repeat as u32 * laps;
            if !self.take_laps(number, first..=first + laps - 1) {
                return;
            }
            let now = Spent::now();
            let cpu = now.cpu.saturating_sub(before.cpu).as_nanos() as u64;
            spent.cpu_ns.store(cpu, Ordering::Release);
            let switches = now.switches - before.switches;
            spent.switches.store(switches, Ordering::Release);
            spent.turns.store(laps.into(), Ordering::Release);
            before = now;
        }
    }

    /// Takes the turns of a place in these laps; false if the ring ended before.
    fn take_laps(&self, number: usize, laps: RangeInclusive<u32>) -> bool {
        let places = self.places();
        let next = (number + 1) % places.len();
        for lap in laps {
            if !wait_for(&places[number].lap, lap) {
                return false;
            }
            let next_lap = if next == 0 { lap + 1 } else { lap };
            places[next].lap.store(next_lap, Ordering::Release);
            wake(&places[next].lap);
        }
        true
    }

    /// What all tasks spent in each repetition, after they have ended.
    fn spent(&self) -> io::Result<[Spent; REPEATS]> {
        let of_place = |spent: &SharedSpent| Spent {
            cpu: Duration::from_nanos(spent.cpu_ns.load(Ordering::Acquire)),
            switches: spent.switches.load(Ordering::Acquire),
            turns: spent.turns.load(Ordering::Acquire) as usize,
        };
        let places = self.places().iter();
        let all = array::from_fn(|repeat| {
            let spent = places.clone().map(|place| of_place(&place.spent[repeat]));
            spent.sum::<Spent>()
        });
        if all.iter().any(|spent| spent.turns < TURNS) {
            return Err(io::Error::other(
                "a task did not get its turn within a second",
            ));
        }
        Ok(all)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // SAFETY: this is the mapping of `new`, and no reference into it outlives the board.
        let unmapped = unsafe { munmap(self.memory.cast(), self.tasks * size_of::<Place>()) };
        debug_assert!(unmapped.is_ok());
    }
}

/// Sleeps until the word has this value; false if the ring was cancelled, or the patience is over.
fn wait_for(word: &AtomicU32, value: u32) -> bool {
    loop {
        let seen = word.load(Ordering::Acquire);
        if seen == value || seen == CANCELLED {
            return seen == value;
        }
        // SAFETY: word and time are aligned and outlive the call.
        let slept = unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT,
                seen,
                &raw const PATIENCE,
            )
        };
        if Errno::result(slept) == Err(Errno::ETIMEDOUT) {
            return false;
        }
    }
}

/// Wakes the task up that waits for this word.
fn wake(word: &AtomicU32) {
    // SAFETY: the word is aligned and outlives the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, 1) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpus::{Confined, allowed};

    #[test]
    fn a_ring_on_one_cpu_switches_at_each_turn() {
        let _confined = Confined::to(Some(&allowed()[..1]));
        for kind in [Tasks::Threads, Tasks::Processes] {
            for spent in run(kind, 10).unwrap() {
                assert_eq!(spent.turns, TURNS, "{kind:?}");
                assert!(spent.switches as usize + 20 >= TURNS, "{kind:?}: {spent:?}");
                assert!(spent.cpu > Duration::ZERO, "{kind:?}");
            }
        }
    }

    #[test]
    fn a_cancelled_ring_ends_without_a_price() {
        let board = Board::new(2).unwrap();
        board.cancel();
        board.take_turns(0);
        assert!(board.spent().is_err());
    }
}
