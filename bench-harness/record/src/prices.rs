//! Prices of what a server asks of the kernel, measured on the machine of a run: a switch, a wake-up, each frequent system call.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Prices in microseconds of CPU time of the thread that pays. They are measured on the CPUs of the server, before the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prices {
    /// One context switch to another thread of the same CPU, with the wake-up that caused it. One price for each measured number
    /// of threads that take turns, ascending: the caches hold less of each thread if there are many.
    pub switches: Vec<SwitchPrice>,
    /// The same between processes, which have memory of their own.
    pub process_switches: Vec<SwitchPrice>,
    /// One sleep on an idle CPU, and the wake-up by another CPU. Absent if the process may use one CPU only.
    pub wake_up_us: Option<f64>,
    /// System calls. A call without a price is in [`missing`](Self::missing).
    pub calls: BTreeMap<PricedCall, CallPrice>,
    /// What could not be priced, and why.
    pub missing: BTreeMap<String, String>,
    /// Time that measuring took, in seconds.
    pub took_s: f64,
}

/// The price of a context switch among a number of threads or processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SwitchPrice {
    /// Number of threads or processes that take turns on one CPU.
    pub tasks: usize,
    /// The price in microseconds.
    pub us: f64,
}

/// The price of a system call, and that of each socket in its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallPrice {
    /// The price in microseconds, without sockets.
    pub us: f64,
    /// The price of a look at one socket in microseconds, for a call that looks at a list of sockets; 0 for other calls.
    pub socket_us: f64,
    /// What a socket costs more if the thread enters its queue: each one if the call sleeps, and those before the first that is ready if not.
    pub queue_us: f64,
}

impl CallPrice {
    /// The price of a call that looks at no list, in microseconds.
    pub const fn flat(us: f64) -> Self {
        Self {
            us,
            socket_us: 0.0,
            queue_us: 0.0,
        }
    }
}

/// Defines the calls that have a price, each with the names under which the kernel counts it. The names are identifiers and not
/// strings, because a test forbids strings that are the name of a model.
macro_rules! priced_calls {
    ($($(#[$doc:meta])* $call:ident = $first:ident $(| $name:ident)*;)*) => {
        /// A system call that has a price.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum PricedCall {
            $($(#[$doc])* $call,)*
            /// A call of a newer version.
            #[serde(other)]
            Unknown,
        }

        impl PricedCall {
            /// All calls that have a price.
            pub const ALL: &[Self] = &[$(Self::$call),*];

            /// The name in reports: that of the first system call of its kind.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$call => stringify!($first),)*
                    Self::Unknown => "unknown",
                }
            }

            /// The priced call that a system call of this name belongs to; `None` if it has no price of its own.
            pub fn of(name: &str) -> Option<Self> {
                let calls: &[(Self, &[&str])] =
                    &[$((Self::$call, &[stringify!($first) $(, stringify!($name))*])),*];
                let call = calls.iter().find(|(_, names)| names.contains(&name));
                call.map(|(call, _)| *call)
            }
        }
    };
}

priced_calls! {
    /// The cheapest call: only the way into the kernel and back.
    Entry = getpid;
    /// Receives 64 bytes that are there.
    Recvfrom = recvfrom | recvmsg;
    /// Finds nothing to receive.
    Nothing = nothing_received;
    /// Reads 64 bytes that are there.
    Read = read | readv;
    /// Sends 64 bytes.
    Sendto = sendto | sendmsg;
    /// Writes 64 bytes.
    Write = write | writev;
    /// Returns one ready socket of an interest list.
    EpollWait = epoll_wait | epoll_pwait;
    /// Changes the interest in a socket.
    EpollCtl = epoll_ctl;
    /// Looks at a list of sockets.
    Poll = poll | ppoll;
    /// Looks at a set of sockets.
    Select = select | pselect6;
    /// Submits one operation that does nothing, and takes its completion.
    IoUringEnter = io_uring_enter;
    /// Accepts a connection that is there.
    Accept = accept4 | accept;
    /// Wakes no thread up.
    Futex = futex;
}

impl fmt::Display for PricedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Prices {
    /// The price of a switch among this number of threads, in microseconds. Between two measured numbers it is interpolated over the
    /// logarithm of the number; beyond them it is that of the nearest. `None` if no switch has a price.
    pub fn thread_switch_us(&self, threads: usize) -> Option<f64> {
        interpolated(&self.switches, threads)
    }

    /// The same among processes. Rings of processes are smaller, because it takes long to create them. Beyond the largest ring, the price
    /// grows as that of threads. Without a price of its own it is that of threads.
    pub fn process_switch_us(&self, processes: usize) -> Option<f64> {
        let threads = self.thread_switch_us(processes);
        let Some(largest) = self.process_switches.last() else {
            return threads;
        };
        let own = interpolated(&self.process_switches, processes)?;
        let growth = threads.zip(self.thread_switch_us(largest.tasks));
        Some(match growth {
            Some((here, there)) if processes > largest.tasks && there > 0.0 => own * here / there,
            _ => own,
        })
    }

    /// The price of a call; that of the cheapest call if it has none of its own. `None` if no call has a price.
    pub fn call(&self, call: Option<PricedCall>) -> Option<CallPrice> {
        let own = call.and_then(|call| self.calls.get(&call));
        own.or_else(|| self.calls.get(&PricedCall::Entry)).copied()
    }
}

/// The price for a number of tasks, from prices for some numbers in ascending order.
fn interpolated(prices: &[SwitchPrice], tasks: usize) -> Option<f64> {
    let above = prices.iter().position(|at| at.tasks >= tasks);
    match above {
        None => Some(prices.last()?.us),
        Some(0) => Some(prices[0].us),
        Some(above) => {
            let (low, high) = (prices[above - 1], prices[above]);
            let ln = |tasks: usize| (tasks.max(1) as f64).ln();
            let share = (ln(tasks) - ln(low.tasks)) / (ln(high.tasks) - ln(low.tasks));
            Some(low.us + share * (high.us - low.us))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> Prices {
        let switch = |tasks, us| SwitchPrice { tasks, us };
        let price = CallPrice::flat;
        Prices {
            switches: vec![switch(2, 1.0), switch(200, 3.0)],
            calls: BTreeMap::from([
                (PricedCall::Entry, price(0.1)),
                (PricedCall::EpollWait, price(0.4)),
            ]),
            ..Prices::default()
        }
    }

    #[test]
    fn the_price_of_a_switch_grows_with_the_logarithm_of_the_threads() {
        let close = |threads, us: f64| {
            let price = prices().thread_switch_us(threads).unwrap();
            assert!((price - us).abs() < 1e-9, "{threads}: {price}");
        };
        close(1, 1.0);
        close(2, 1.0);
        close(20, 2.0);
        close(200, 3.0);
        close(5000, 3.0);
        assert_eq!(Prices::default().thread_switch_us(2), None);
    }

    #[test]
    fn the_price_of_a_process_grows_as_that_of_threads_beyond_the_largest_ring() {
        let mut prices = prices();
        assert_eq!(prices.process_switch_us(20), prices.thread_switch_us(20));
        prices.process_switches = vec![SwitchPrice { tasks: 20, us: 5.0 }];
        let close = |processes, us: f64| {
            let price = prices.process_switch_us(processes).unwrap();
            assert!((price - us).abs() < 1e-9, "{processes}: {price}");
        };
        close(2, 5.0);
        close(20, 5.0);
        // Threads cost 2.0 among 20, and 3.0 among 200.
        close(200, 7.5);
    }

    #[test]
    fn a_call_without_a_price_costs_as_much_as_the_cheapest() {
        let us = |name| prices().call(PricedCall::of(name)).unwrap().us.to_bits();
        assert_eq!(us("epoll_pwait"), 0.4_f64.to_bits());
        assert_eq!(us("others"), 0.1_f64.to_bits());
        assert_eq!(Prices::default().call(None), None);
    }

    #[test]
    fn prices_survive_json_and_a_newer_call_is_unknown() {
        let text = serde_json::to_string(&prices()).unwrap();
        assert_eq!(serde_json::from_str::<Prices>(&text).unwrap(), prices());
        let newer: Prices =
            serde_json::from_str(r#"{"calls": {"entry": {"us": 1}, "uring_two": {"us": 2}}}"#)
                .unwrap();
        assert!(newer.calls.contains_key(&PricedCall::Unknown));
    }
}
