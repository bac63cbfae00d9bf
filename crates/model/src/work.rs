//! The work that a request asks for, done in the calling thread.
//!
//! Work ends early when the grace period after a stop is over. It looks at that every 100 ms, and needs no signal: a
//! worker on a pool has no socket whose end could wake it.

use std::fmt;
use std::hint;
use std::iter;
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::Work as Task;
use nix::time::{ClockId, clock_gettime};

use crate::stop::Stop;

/// Longest time for which a sleep does not notice the end of the grace period.
const NAP: Duration = Duration::from_millis(100);

/// The work that a request asks for. It is over when it is done, or when the grace period after a stop is over.
#[derive(Clone, Copy)]
pub struct Work {
    task: Task,
    stop: &'static Stop,
}

impl Work {
    pub(crate) const fn new(task: Task, stop: &'static Stop) -> Self {
        Self { task, stop }
    }

    /// The sleep that a request asks for, as naps of at most 100 ms, for models with timers of their own. The naps end
    /// with the grace period. `None` if the request asks for a computation.
    pub fn naps(self) -> Option<impl Iterator<Item = Duration>> {
        let Task::Sleep(duration) = self.task else {
            return None;
        };
        let end = Instant::now() + duration;
        Some(iter::from_fn(move || {
            let left = end.saturating_duration_since(Instant::now());
            (!left.is_zero() && !self.stop.grace_over()).then_some(left.min(NAP))
        }))
    }

    /// The computation that a request asks for, in slices of at most `longest`, for models that let others go on in
    /// between. The slices end with the grace period. Empty if the request asks for a sleep.
    pub fn slices(self, longest: Duration) -> impl Iterator<Item = Self> {
        let mut left = match self.task {
            Task::Spin(duration) => duration,
            Task::Sleep(_) => Duration::ZERO,
        };
        iter::from_fn(move || {
            let slice = left.min(longest);
            left -= slice;
            let task = Task::Spin(slice);
            (!slice.is_zero() && !self.stop.grace_over()).then_some(Self { task, ..self })
        })
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.task.fmt(f)
    }
}

/// Does the work in the calling thread. The model decides *where* it calls this, and its code shows it.
///
/// Spinning is measured in CPU time of the thread, like real computation: two spinning threads on one CPU take twice as
/// long. Sleeping is measured by the clock.
pub fn perform(work: Work) {
    match work.task {
        Task::Spin(duration) => spin(duration, work.stop),
        Task::Sleep(_) => work.naps().into_iter().flatten().for_each(thread::sleep),
    }
}

fn spin(duration: Duration, stop: &Stop) {
    let end = thread_cpu_time() + duration;
    while thread_cpu_time() < end && !stop.grace_over() {
        for _ in 0..100 {
            hint::spin_loop();
        }
    }
}

fn thread_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::MAX, Duration::from)
}
