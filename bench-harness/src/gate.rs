//! Waits until the machine is quiet, within bounds, so that a trial is not measured beside somebody's compiler.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use procfs::{CurrentSI as _, KernelStats};

use crate::sample::Gate;
use crate::stop::Stop;

/// The share of all CPU time that may be in use on a quiet machine.
const QUIET: f64 = 0.06;
/// How often the machine is looked at.
const STEP: Duration = Duration::from_millis(50);

/// Time in use and time altogether, in ticks, since the machine started.
type Ticks = (u64, u64);

/// Waits until the machine has been quiet for a window, at most until the limit, or until a stop.
pub fn wait_for_quiet(window: Duration, limit: Duration, stop: &Stop) -> Gate {
    wait(window, limit, stop, ticks)
}

fn wait(window: Duration, limit: Duration, stop: &Stop, ticks: impl Fn() -> Option<Ticks>) -> Gate {
    let begin = Instant::now();
    let steps = (window.as_nanos() / STEP.as_nanos()).max(1) as usize;
    let mut seen = VecDeque::from([ticks()]);
    loop {
        thread::sleep(STEP);
        seen.push_back(ticks());
        let waited = begin.elapsed();
        if seen.len() > steps {
            let busy = busy(
                seen.pop_front().flatten(),
                *seen.back().expect("it was just added"),
            );
            let gate = Gate {
                waited_s: waited.as_secs_f64(),
                busy,
                quiet: busy < QUIET,
            };
            if gate.quiet || waited >= limit || stop.asked() {
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

    /// A machine that is busy for so many looks, then idle.
    fn machine(busy_looks: u64) -> impl Fn() -> Option<Ticks> {
        let looks = Cell::new(0);
        move || {
            looks.set(looks.get() + 1);
            Some((looks.get().min(busy_looks) * 10, looks.get() * 10))
        }
    }

    #[test]
    fn a_quiet_machine_is_waited_for() {
        let stop = Stop::never();
        let gate = wait(STEP * 2, Duration::from_secs(60), &stop, machine(4));
        assert!(gate.quiet && gate.busy < QUIET, "{gate:?}");
        assert!(gate.waited_s > 0.0);
    }

    #[test]
    fn the_wait_for_a_busy_machine_ends() {
        let gate = wait(STEP, STEP * 3, &Stop::never(), machine(u64::MAX));
        assert!(!gate.quiet && gate.busy > 0.9, "{gate:?}");
    }
}
