//! Waits, within bounds, until the machine is quiet, so that other programs or the last trial do not disturb the next one.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use procfs::{CurrentSI as _, KernelStats};
use record::sample::Gate;

use crate::cost::NetNamespace;
use crate::stop::Stop;

/// Maximum share of all CPU time in use on a quiet machine.
const QUIET: f64 = 0.06;
/// Maximum time between two readings; shorter if the window is shorter. The kernel counts in ticks of 10 ms.
const STEP: Duration = Duration::from_millis(50);
/// Maximum number of sockets in TIME_WAIT for a trial to begin: about three for each port that clients usually have.
///
/// Every server has its own port, so sockets of earlier trials take no port from its clients. But the kernel must then look
/// at each port three times. A socket stays in TIME_WAIT for a minute, in which the trials of a quick comparison leave up to
/// 70,000 (`time_wait` in their rows). With a lower limit, these trials would wait for each other.
pub const MOST_TIME_WAIT: u64 = 85_000;

/// CPU time in use, and all CPU time, in ticks since the machine started.
type Ticks = (u64, u64);

/// The state of the machine at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    ticks: Option<Ticks>,
    time_wait: u64,
}

/// Waits until the machine has been quiet for the time `window` and has few sockets in TIME_WAIT, but at most until the
/// limit or until the user stops the run.
///
/// There is no server yet, so the sockets are those of our own network namespace, where the clients will be.
pub fn wait_for_quiet(window: Duration, limit: Duration, stop: &Stop) -> Gate {
    let read = || Reading {
        ticks: ticks(),
        time_wait: NetNamespace::Own.time_wait_sockets(),
    };
    wait(window, limit, stop, read)
}

fn wait(window: Duration, limit: Duration, stop: &Stop, read: impl Fn() -> Reading) -> Gate {
    let begin = Instant::now();
    let pause = window.clamp(Duration::from_millis(10), STEP);
    let steps = (window.as_nanos() / pause.as_nanos()).max(1) as usize;
    let mut readings = VecDeque::from([read()]);
    loop {
        thread::sleep(pause);
        let now = read();
        readings.push_back(now);
        let waited = begin.elapsed();
        // A window that is longer than the limit, as in a damaged plan, may not delay the end or the user's stop.
        let is_over = waited >= limit || stop.is_requested();
        let is_whole = readings.len() > steps;
        if !is_whole && !is_over {
            continue;
        }
        let first = readings.pop_front().unwrap_or_default();
        let busy = busy_share(first.ticks, now.ticks);
        let gate = Gate {
            waited_s: waited.as_secs_f64(),
            busy,
            quiet: is_whole && busy < QUIET,
            time_wait: now.time_wait,
        };
        if is_over || gate.quiet && gate.time_wait <= MOST_TIME_WAIT {
            return gate;
        }
    }
}

/// Share of CPU time in use between two readings; 0 if the kernel does not show it.
fn busy_share(from: Option<Ticks>, to: Option<Ticks>) -> f64 {
    let (Some(from), Some(to)) = (from, to) else {
        return 0.0;
    };
    let all = to.1.saturating_sub(from.1);
    if all == 0 {
        0.0
    } else {
        to.0.saturating_sub(from.0) as f64 / all as f64
    }
}

/// Steal time, in which other machines used this hardware, counts as time in use.
fn ticks() -> Option<Ticks> {
    let total = KernelStats::current().ok()?.total;
    let idle = total.idle + total.iowait.unwrap_or(0);
    let used = total.user
        + total.nice
        + total.system
        + total.irq.unwrap_or(0)
        + total.softirq.unwrap_or(0)
        + total.steal.unwrap_or(0);
    Some((used, used + idle))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A machine that is busy for `busy_readings` readings, then idle. At each reading, 1,000 sockets leave TIME_WAIT.
    fn machine(busy_readings: u64, time_wait: u64) -> impl Fn() -> Reading {
        let readings = Cell::new(0);
        move || {
            readings.set(readings.get() + 1);
            Reading {
                ticks: Some((readings.get().min(busy_readings) * 10, readings.get() * 10)),
                time_wait: time_wait.saturating_sub(1000 * readings.get()),
            }
        }
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_trial_waits_for_a_quiet_machine() {
        let gate = wait(STEP * 2, LONG, &Stop::manual(), machine(4, 0));
        assert!(gate.quiet && gate.busy < QUIET, "{gate:?}");
        assert!(gate.waited_s > 0.0);
    }

    #[test]
    fn a_trial_waits_until_few_sockets_are_in_time_wait() {
        let machine = machine(0, MOST_TIME_WAIT + 4000);
        let gate = wait(STEP, LONG, &Stop::manual(), machine);
        assert!(gate.quiet, "{gate:?}");
        assert_eq!(gate.time_wait, MOST_TIME_WAIT);
    }

    #[test]
    fn a_window_longer_than_the_limit_delays_neither_the_limit_nor_a_stop() {
        let year = Duration::from_hours(8766);
        let gate = wait(year, STEP, &Stop::manual(), machine(0, 0));
        assert!(!gate.quiet && gate.waited_s < 60.0, "{gate:?}");
        let stop = Stop::manual();
        stop.request();
        let gate = wait(year, year, &stop, machine(0, 0));
        assert!(gate.waited_s < 60.0, "{gate:?}");
    }

    #[test]
    fn the_wait_for_a_busy_machine_ends_at_the_limit() {
        let gate = wait(STEP, STEP * 3, &Stop::manual(), machine(u64::MAX / 10, 0));
        assert!(!gate.quiet && gate.busy > 0.9, "{gate:?}");
        let gate = wait(STEP, STEP * 3, &Stop::manual(), machine(0, 1_000_000));
        assert!(gate.time_wait > MOST_TIME_WAIT, "{gate:?}");
    }
}
