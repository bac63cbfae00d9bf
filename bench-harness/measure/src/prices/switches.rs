//! The price of a context switch among threads, and among processes.
//!
//! It is the CPU time of all tasks of a ring for one switch, without the two system calls of each turn. The more tasks take turns, the less
//! of each is in the caches. Source: L. McVoy and C. Staelin, "lmbench: portable tools for performance analysis", USENIX 1996.

use std::io;

use record::prices::{PricedCall, SwitchPrice};

use super::ring::{self, Spent, Tasks};
use super::{calls, stopwatch};

/// Sizes of rings of threads. Creating a thousand takes 30 ms.
const THREADS: [usize; 3] = [2, 100, 1000];
/// Sizes of rings of processes. Creating a hundred takes 50 ms.
const PROCESSES: [usize; 2] = [2, 100];

/// The prices of switches, and why larger rings have none if a task cannot be created.
pub(super) fn prices(kind: Tasks) -> (Vec<SwitchPrice>, Option<io::Error>) {
    let futex = calls::price(PricedCall::Futex).and_then(Result::ok);
    let call_us = futex.map_or(0.0, |price| price.us);
    let rings: &[usize] = match kind {
        Tasks::Threads => &THREADS,
        Tasks::Processes => &PROCESSES,
    };
    let mut prices = Vec::new();
    for &tasks in rings {
        match ring::run(kind, tasks) {
            Ok(repeats) => {
                let all = repeats.map(|spent| price_us(spent, call_us));
                let us = stopwatch::median(all.to_vec());
                prices.push(SwitchPrice { tasks, us });
            }
            Err(error) => return (prices, Some(error)),
        }
    }
    (prices, None)
}

/// The price of one switch, without the call that wakes and the call that sleeps.
fn price_us(spent: Spent, call_us: f64) -> f64 {
    let calls = 2.0 * call_us * spent.turns as f64;
    (spent.cpu.as_secs_f64() * 1e6 - calls).max(0.0) / spent.switches.max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_calls_of_a_turn_are_no_part_of_the_price() {
        let spent = Spent {
            cpu: Duration::from_micros(300),
            switches: 100,
            turns: 100,
        };
        assert!((price_us(spent, 0.5) - 2.0).abs() < 1e-9);
    }
}
