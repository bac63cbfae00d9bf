//! CPU time of the calling thread, and the time it waited for a CPU.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// CPU use of one thread since its start, or between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in user mode.
    pub user: Duration,
    /// CPU time in the kernel.
    pub system: Duration,
    /// Time ready to run without a CPU; `None` if the kernel does not report it (`CONFIG_SCHED_INFO`).
    pub run_queue_delay: Option<Duration>,
}

impl Usage {
    /// Reads the CPU use of the calling thread so far.
    pub fn of_this_thread() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).ok();
        let micros = |time: nix::sys::time::TimeVal| {
            Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0))
        };
        let schedstat = fs::read_to_string("/proc/thread-self/schedstat").ok();
        Self {
            user: usage.map_or(Duration::ZERO, |usage| micros(usage.user_time())),
            system: usage.map_or(Duration::ZERO, |usage| micros(usage.system_time())),
            run_queue_delay: schedstat.as_deref().and_then(run_queue_delay),
        }
    }

    /// The sum of two uses. The delay is unknown if one of them is.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            user: self.user + other.user,
            system: self.system + other.system,
            run_queue_delay: self
                .run_queue_delay
                .zip(other.run_queue_delay)
                .map(|(a, b)| a + b),
        }
    }

    /// The use since an earlier reading.
    pub fn since(&self, earlier: &Self) -> Self {
        let delay = self.run_queue_delay.zip(earlier.run_queue_delay);
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            run_queue_delay: delay.map(|(now, then)| now.saturating_sub(then)),
        }
    }
}

/// The second field of schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst in the kernel).
fn run_queue_delay(schedstat: &str) -> Option<Duration> {
    let nanos = schedstat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_second_field_of_schedstat() {
        let delay = run_queue_delay("1234 5678 9\n");
        assert_eq!(delay, Some(Duration::from_nanos(5678)));
        assert_eq!(run_queue_delay(""), None);
        assert_eq!(run_queue_delay("1 many 2"), None);
    }

    #[test]
    fn a_thread_that_computes_uses_cpu_time() {
        let before = Usage::of_this_thread();
        let mut usage = before;
        let mut sum = 0_u64;
        while usage.since(&before).user.is_zero() {
            sum = std::hint::black_box(sum.wrapping_add(1));
            usage = Usage::of_this_thread();
        }
        assert!(usage.user > before.user);
    }
}
