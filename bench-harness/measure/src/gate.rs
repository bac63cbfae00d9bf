//! Waits until the machine is quiet, within bounds, so that a trial is not measured beside somebody's compiler, nor beside what
//! the last trial left behind.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use procfs::{CurrentSI as _, KernelStats};
use record::sample::Gate;

use crate::cost::time_wait;
use crate::stop::Stop;

/// The share of all CPU time that may be in use on a quiet machine.
const QUIET: f64 = 0.06;
/// How often the machine is looked at, if the window is not shorter. The kernel counts in hundredths of a second.
const STEP: Duration = Duration::from_millis(50);
/// So many sockets in TIME_WAIT are few: about three for each port that clients usually have. Every server has a port of its own,
/// so that those of earlier trials take no port from its clients; but each of these ports must be looked at three times then. They
/// live for a minute, in which the trials of a quick comparison leave up to 70,000 (`time_wait` in their rows): with a lower bound
/// these trials would wait for each other.
pub const FEW: u64 = 85_000;

/// Time in use and time altogether, in ticks, since the machine started.
type Ticks = (u64, u64);

/// What is looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    ticks: Option<Ticks>,
    time_wait: u64,
}

/// Waits until the machine has been quiet for a window and few sockets are in TIME_WAIT, at most until the limit, or until a stop.
pub fn wait_for_quiet(window: Duration, limit: Duration, stop: &Stop) -> Gate {
    let look = || Look {
        ticks: ticks(),
        time_wait: time_wait(),
    };
    wait(window, limit, stop, look)
}

fn wait(window: Duration, limit: Duration, stop: &Stop, look: impl Fn() -> Look) -> Gate {
    let begin = Instant::now();
    let pause = window.clamp(Duration::from_millis(10), STEP);
    let steps = (window.as_nanos() / pause.as_nanos()).max(1) as usize;
    let mut seen = VecDeque::from([look()]);
    loop {
        thread::sleep(pause);
        let now = look();
        seen.push_back(now);
        let waited = begin.elapsed();
        if seen.len() > steps {
            let busy = busy(seen.pop_front().and_then(|then| then.ticks), now.ticks);
            let gate = Gate {
                waited_s: waited.as_secs_f64(),
                busy,
                quiet: busy < QUIET,
                time_wait: now.time_wait,
            };
            let ready = gate.quiet && gate.time_wait <= FEW;
            if ready || waited >= limit || stop.asked() {
                return gate;
            }
        }
    }
}

/// Share of CPU time in use between two looks; 0 where the kernel does not say.
fn busy(from: Option<Ticks>, to: Option<Ticks>) -> f64 {
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

/// Steal time is neighbours' work on this hardware, and counts as use.
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

    /// A machine that is busy for so many looks, then idle, and loses 1,000 sockets in TIME_WAIT at each.
    fn machine(busy_looks: u64, time_wait: u64) -> impl Fn() -> Look {
        let looks = Cell::new(0);
        move || {
            looks.set(looks.get() + 1);
            Look {
                ticks: Some((looks.get().min(busy_looks) * 10, looks.get() * 10)),
                time_wait: time_wait.saturating_sub(1000 * looks.get()),
            }
        }
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_quiet_machine_is_waited_for() {
        let gate = wait(STEP * 2, LONG, &Stop::never(), machine(4, 0));
        assert!(gate.quiet && gate.busy < QUIET, "{gate:?}");
        assert!(gate.waited_s > 0.0);
    }

    #[test]
    fn sockets_of_the_last_trial_are_waited_for() {
        let gate = wait(STEP, LONG, &Stop::never(), machine(0, FEW + 4000));
        assert!(gate.quiet, "{gate:?}");
        assert_eq!(gate.time_wait, FEW);
    }

    #[test]
    fn the_wait_for_a_busy_machine_ends() {
        let gate = wait(STEP, STEP * 3, &Stop::never(), machine(u64::MAX / 10, 0));
        assert!(!gate.quiet && gate.busy > 0.9, "{gate:?}");
        let gate = wait(STEP, STEP * 3, &Stop::never(), machine(0, 1_000_000));
        assert!(gate.time_wait > FEW, "{gate:?}");
    }
}
