//! The time that this process has waited for a CPU, which shows while a run goes on that other programs disturb it.

use std::fs;
use std::time::Duration;

/// The time in which threads of this process were ready to run but had no CPU; zero if the kernel does not show it
/// (`CONFIG_SCHED_INFO`).
pub fn waited_for_cpu() -> Duration {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let waited = threads.flatten().filter_map(|thread| {
        // A thread may end between these two system calls.
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        run_queue_delay(&text)
    });
    waited.sum()
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
    fn the_second_field_is_the_wait() {
        assert_eq!(
            run_queue_delay("1234 5678 9\n"),
            Some(Duration::from_nanos(5678))
        );
        assert_eq!(run_queue_delay(""), None);
    }
}
