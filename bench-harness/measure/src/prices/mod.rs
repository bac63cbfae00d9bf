//! Prices a context switch, a wake-up and the frequent system calls on the CPUs where the server would run.
//!
//! ```text
//! one CPU of the server                      a CPU of the generator
//! ─────────────────────                      ──────────────────────
//! calls     the same call again and again
//! lists     poll and select, 1 to 1000 sockets
//! switches  rings of threads and processes that wake each other
//! wake-up   receive ─ send ─ sleep  <──────  send ─ receive ─ pause
//! ```
//!
//! Each price is the median of several short repetitions in CPU time of the thread that pays, so that another program that runs in
//! between does not count. Caches are warm, so a price is a lower bound of what the same call costs in a server with much to do.

mod calls;
mod lists;
mod pair;
mod ring;
mod stopwatch;
mod switches;
mod wake_up;

use std::io;
use std::thread;
use std::time::Instant;

use record::pinning::Pinning;
use record::prices::{CallPrice, PricedCall, Prices};

use crate::cpus::{self, Confined};
use ring::Tasks;

/// Measures all prices in about half a second. A price that is not available is in [`Prices::missing`], with the reason.
pub fn measure(pinning: &Pinning) -> Prices {
    let begin = Instant::now();
    // A thread of its own: it moves to the CPU of the server, and ends there.
    let measured = thread::scope(|scope| scope.spawn(|| on_server_cpu(pinning)).join());
    let mut prices = measured.unwrap_or_default();
    prices.took_s = begin.elapsed().as_secs_f64();
    prices
}

fn on_server_cpu(pinning: &Pinning) -> Prices {
    let allowed = cpus::allowed();
    let server = pinning.server().unwrap_or(&allowed);
    let generator = pinning.generator().unwrap_or(&allowed);
    let own = server.first().copied();
    let other = generator.iter().copied().find(|&cpu| Some(cpu) != own);
    let _confined = Confined::to(own.as_slice().get(..1));
    let mut prices = Prices::default();
    for &call in PricedCall::ALL {
        let price = calls::price(call).unwrap_or_else(|| lists::price(call));
        prices.add_call(call, price);
    }
    for (kind, what) in [
        (Tasks::Threads, "context switch among threads"),
        (Tasks::Processes, "context switch among processes"),
    ] {
        let (switches, failure) = switches::prices(kind);
        match kind {
            Tasks::Threads => prices.switches = switches,
            Tasks::Processes => prices.process_switches = switches,
        }
        if let Some(error) = failure {
            prices.miss(what, &error);
        }
    }
    match wake_up::price(other, &prices) {
        Ok(us) => prices.wake_up_us = Some(us),
        Err(error) => prices.miss("wake-up by another CPU", &error),
    }
    prices
}

/// How prices are entered.
trait Enter {
    fn add_call(&mut self, call: PricedCall, price: io::Result<CallPrice>);
    fn miss(&mut self, what: &str, error: &io::Error);
}

impl Enter for Prices {
    fn add_call(&mut self, call: PricedCall, price: io::Result<CallPrice>) {
        match price {
            Ok(price) => {
                self.calls.insert(call, price);
            }
            Err(error) => self.miss(call.name(), &error),
        }
    }

    fn miss(&mut self, what: &str, error: &io::Error) {
        self.missing.insert(what.to_owned(), error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_prices_in_a_bounded_time() {
        let prices = measure(&Pinning::halves(&cpus::allowed()));
        eprintln!("{prices:#?}");
        for (call, price) in &prices.calls {
            assert!(price.us > 0.0 && price.us < 1000.0, "{call}: {price:?}");
            assert!(price.socket_us >= 0.0, "{call}: {price:?}");
        }
        assert!(
            prices.calls.contains_key(&PricedCall::Recvfrom),
            "{:?}",
            prices.missing
        );
        assert!(prices.thread_switch_us(2).is_some_and(|us| us > 0.0));
        // Each call has a price, or a reason why it has none.
        assert!(PricedCall::ALL.iter().all(|call| {
            prices.calls.contains_key(call) || prices.missing.contains_key(call.name())
        }));
    }
}
