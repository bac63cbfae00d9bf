//! The causes of a difference in CPU time: context switches, sockets looked at, other system calls, and a rest.
//!
//! ```text
//! CPU per request, contender − baseline  =  switches · price  +  sockets · price  +  calls · price  +  rest
//!                                           ╰────────────── counts of the run, prices of its machine ─────╯
//! ```
//!
//! The prices are measured apart from the servers, so the parts need not add up. What they leave over is the rest. One part is the main
//! cause if it alone explains most of the difference, and all parts together do not contradict it: see [`Causes::main`].

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use record::plan::{ContenderId, LoadId};
use record::prices::{CallPrice, PricedCall, Prices};

use crate::metric::Metric;
use crate::summary::Summary;

/// The shares of a difference that explain it: at least 60 % of it, and at most the same factor too much. Prices are measured in loops with
/// one purpose, so they are no closer to those in a server than this.
pub const EXPLAINS: RangeInclusive<f64> = 0.6..=1.0 / 0.6;

/// What a server does for a request, as far as it has a price.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deeds {
    /// Context switches.
    pub switches: f64,
    /// The tasks that take turns.
    pub tasks: Tasks,
    /// The share of its CPUs that the server used.
    pub busy: f64,
    /// System calls by name.
    pub calls: BTreeMap<String, f64>,
    /// Sockets in the list of a call that looks at all of them.
    pub sockets: f64,
}

/// What takes turns on the CPUs of a server: all of it, but not more than there are busy clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Threads of one process.
    Threads(usize),
    /// Processes.
    Processes(usize),
}

impl Default for Tasks {
    fn default() -> Self {
        Self::Threads(1)
    }
}

impl Tasks {
    /// The price of a switch in microseconds.
    fn switch_us(self, prices: &Prices) -> Option<f64> {
        match self {
            Self::Threads(number) => prices.thread_switch_us(number),
            Self::Processes(number) => prices.process_switch_us(number),
        }
    }

    const fn are_several(self) -> bool {
        match self {
            Self::Threads(number) | Self::Processes(number) => number > 1,
        }
    }
}

/// A figure of both sides, and what its difference costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// Per request of the contender.
    pub count: f64,
    /// Per request of the baseline.
    pub baseline: f64,
    /// The price of the difference in microseconds a request; below 0 if the contender spends less.
    pub us: f64,
}

/// The difference in CPU time per request between a contender and the baseline, split over its causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Causes {
    /// The difference in microseconds; below 0 if the contender is cheaper.
    pub difference_us: f64,
    /// Context switches, with their wake-ups.
    pub switches: Part,
    /// Sockets that calls such as `poll` looked at.
    pub sockets: Part,
    /// All other system calls by name.
    pub calls: BTreeMap<String, Part>,
    /// Sockets that one such call looks at; 0 if the contender makes none.
    pub sockets_a_call: f64,
    /// Requests for each such call of the contender: what one look at all sockets finds.
    pub requests_a_call: f64,
}

/// A kind of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// More or fewer context switches.
    Switches,
    /// A call that looks at every socket.
    Sockets,
    /// More or fewer system calls.
    Calls,
}

impl Summary {
    /// The causes of the difference in CPU time per request to the baseline; `None` for the baseline itself, if the run has no prices,
    /// and if CPU time or switches are not known of both.
    pub fn causes(&self, contender: ContenderId, load: LoadId) -> Option<Causes> {
        let prices = self.prices.as_ref()?;
        let is_other = contender != self.baseline && !self.is_twin(contender);
        let difference_us = self
            .cpu_difference_us(contender, load)
            .filter(|_| is_other)?;
        let [own, baseline] = [contender, self.baseline].map(|side| self.deeds(side, load));
        Some(Causes::split(difference_us, prices, &own?, &baseline?))
    }

    /// The contender's CPU time per request minus the baseline's. Where both were measured in rounds, it follows from their ratio, which
    /// is more precise than two medians.
    fn cpu_difference_us(&self, contender: ContenderId, load: LoadId) -> Option<f64> {
        let own = self.median(contender, load, Metric::Cpu)?;
        let compared = self.cell(contender, load).compared.get(&Metric::Cpu);
        match compared {
            Some(compared) if compared.ratio.estimate > 0.0 => {
                Some(own * (1.0 - 1.0 / compared.ratio.estimate))
            }
            _ => Some(own - self.median(self.baseline, load, Metric::Cpu)?),
        }
    }

    /// What a contender does for a request under a load; `None` if its switches are not known.
    fn deeds(&self, contender: ContenderId, load: LoadId) -> Option<Deeds> {
        let (cell, of) = (self.cell(contender, load), &self.loads[load]);
        let median = |metric| self.median(contender, load, metric);
        let used = || Some(median(Metric::Cpu)? * median(Metric::Throughput)? / 1e6);
        let busy = cell.rounds.shares.server.or_else(used)?;
        let [processes, threads] = [Metric::Processes, Metric::Threads]
            .map(|metric| median(metric).unwrap_or(1.0).max(1.0));
        let most = of.active.max(1);
        let tasks = if processes > 1.0 {
            Tasks::Processes((processes as usize).min(most))
        } else {
            Tasks::Threads((threads as usize).min(most))
        };
        Some(Deeds {
            switches: median(Metric::Voluntary)? + median(Metric::Involuntary).unwrap_or(0.0),
            tasks,
            busy: busy.clamp(0.0, 1.0),
            calls: cell.calls.clone(),
            sockets: of.connections as f64 / threads.max(processes),
        })
    }
}

impl Causes {
    /// Splits a difference over the deeds of both sides.
    pub fn split(difference_us: f64, prices: &Prices, own: &Deeds, baseline: &Deeds) -> Self {
        let switches = Part {
            count: own.switches,
            baseline: baseline.switches,
            us: own.switches_us(prices) - baseline.switches_us(prices),
        };
        let [looked, looked_by_baseline] = [own, baseline].map(|side| side.looks(prices));
        let names = own.calls.keys().chain(baseline.calls.keys());
        // Without the counts of one side, a difference in calls would be that to a server without calls.
        let is_counted = !own.calls.is_empty() && !baseline.calls.is_empty();
        let calls = names.filter(|_| is_counted).map(|name| {
            let count = |side: &Deeds| side.calls.get(name).copied().unwrap_or(0.0);
            let part = Part {
                count: count(own),
                baseline: count(baseline),
                us: own.calls_us(name, prices) - baseline.calls_us(name, prices),
            };
            (name.clone(), part)
        });
        Self {
            difference_us,
            switches,
            sockets: Part {
                count: looked.sockets,
                baseline: looked_by_baseline.sockets,
                us: if is_counted {
                    looked.us - looked_by_baseline.us
                } else {
                    0.0
                },
            },
            calls: calls.collect(),
            sockets_a_call: if looked.calls > 0.0 { own.sockets } else { 0.0 },
            requests_a_call: if looked.calls > 0.0 {
                looked.calls.recip()
            } else {
                0.0
            },
        }
    }

    /// The price of all differences in calls together, in microseconds.
    pub fn calls_us(&self) -> f64 {
        self.calls.values().map(|part| part.us).sum()
    }

    /// What the parts do not explain, in microseconds.
    pub fn rest_us(&self) -> f64 {
        self.difference_us - self.switches.us - self.sockets.us - self.calls_us()
    }

    /// The cause that explains the difference; `None` if the run does not explain it.
    ///
    /// It is the greatest part in the direction of the difference. It must explain [`EXPLAINS`] of it, and so must all parts together.
    pub fn main(&self) -> Option<Cause> {
        let share = |us: f64| us / self.difference_us;
        let parts = [
            (Cause::Switches, self.switches.us),
            (Cause::Sockets, self.sockets.us),
            (Cause::Calls, self.calls_us()),
        ];
        let all = share(self.difference_us - self.rest_us());
        let by_share = |a: &&(Cause, f64), b: &&(Cause, f64)| share(a.1).total_cmp(&share(b.1));
        let (cause, us) = parts.iter().max_by(by_share)?;
        let explains = EXPLAINS.contains(&share(*us)) && EXPLAINS.contains(&all);
        explains.then_some(*cause)
    }

    /// The call whose difference in number costs most in the direction of all calls, with its name.
    pub fn dearest_call(&self) -> Option<(&str, &Part)> {
        let direction = self.calls_us().signum();
        let greatest = self.calls.iter().max_by(|a, b| {
            let towards = |part: &Part| part.us * direction;
            towards(a.1).total_cmp(&towards(b.1))
        });
        greatest.map(|(name, part)| (name.as_str(), part))
    }
}

/// What calls that look at lists of sockets do for a request.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    calls: f64,
    sockets: f64,
    us: f64,
}

impl Deeds {
    /// The price of the switches. A server with one thread sleeps on an idle CPU at each of them. Among several threads, another one is
    /// ready as often as the CPU is busy, and then follows at once.
    fn switches_us(&self, prices: &Prices) -> f64 {
        let switch = self.tasks.switch_us(prices);
        let Some(wake_up) = prices.wake_up_us.or(switch) else {
            return 0.0;
        };
        let another_ready = if self.tasks.are_several() {
            self.busy
        } else {
            0.0
        };
        let price = another_ready * switch.unwrap_or(wake_up) + (1.0 - another_ready) * wake_up;
        self.switches * price
    }

    /// Calls that look at every socket.
    fn looks(&self, prices: &Prices) -> Looks {
        let price = |name: &String| prices.call(PricedCall::of(name));
        let of_lists = self.calls.iter().filter_map(|(name, &count)| {
            let price = price(name).filter(|price| price.socket_us > 0.0)?;
            Some((count, price))
        });
        let of_lists: Vec<(f64, CallPrice)> = of_lists.collect();
        let calls: f64 = of_lists.iter().map(|(count, _)| count).sum();
        let entered = self.entered_queues(calls);
        let us = of_lists.iter().map(|(count, price)| {
            count * self.sockets * (price.socket_us + entered * price.queue_us)
        });
        Looks {
            calls,
            sockets: calls * self.sockets,
            us: us.sum(),
        }
    }

    /// The share of the sockets whose queue such a call enters: all if it sleeps; if not, those before the first one that is ready, which are
    /// one of `r + 1` parts if `r` sockets are ready somewhere in the list.
    fn entered_queues(&self, calls: f64) -> f64 {
        if calls <= 0.0 {
            return 0.0;
        }
        let sleeping = (self.switches / calls).min(1.0);
        let ready = calls.recip();
        sleeping + (1.0 - sleeping) / (ready + 1.0)
    }

    /// The price of the calls of this name, without the sockets that they look at.
    ///
    /// Receiving a request and sending a reply is the same work for each server: a completion model does it inside of
    /// another call. So the first receive and the first send of a request cost only the way into the kernel. All others cost their price;
    /// a receive beyond the first finds nothing.
    fn calls_us(&self, name: &str, prices: &Prices) -> f64 {
        let count = self.calls.get(name).copied().unwrap_or(0.0);
        let call = PricedCall::of(name);
        let us = |call| prices.call(call).map_or(0.0, |price| price.us);
        match call {
            Some(PricedCall::Recvfrom | PricedCall::Read | PricedCall::Nothing) => {
                let beyond = self.beyond_the_first(&[PricedCall::Recvfrom, PricedCall::Read]);
                let price = |call| us(Some(call));
                count
                    * (beyond * price(PricedCall::Nothing)
                        + (1.0 - beyond) * price(PricedCall::Entry))
            }
            Some(PricedCall::Sendto | PricedCall::Write) => {
                let beyond = self.beyond_the_first(&[PricedCall::Sendto, PricedCall::Write]);
                count * (beyond * us(call) + (1.0 - beyond) * us(Some(PricedCall::Entry)))
            }
            _ => count * us(call),
        }
    }

    /// The share of these calls that are more than one a request.
    fn beyond_the_first(&self, kinds: &[PricedCall]) -> f64 {
        let of_kind = self
            .calls
            .iter()
            .filter(|(name, _)| PricedCall::of(name).is_some_and(|call| kinds.contains(&call)));
        let all: f64 = of_kind.map(|(_, count)| count).sum();
        if all > 1.0 { (all - 1.0) / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests;
