//! The time between the start of a server and its first measured slice: all clients are served once, system calls are counted,
//! and the idle server is watched.

use std::time::Duration;

use contract::clock;
use record::sample::{Method, SystemCalls};

use super::member::Member;
use crate::cost::{Members, Selection, Tracepoints};
use crate::generator::GeneratorError;
use crate::stop::Stop;

/// Maximum number of slices in the warm-up.
const MOST_WARM_UPS: usize = 20;
/// The warm-up ends if this number of slices serves no client for the first time.
const FRUITLESS: usize = 3;
/// Time in which a server is watched while no client asks.
const IDLE: Duration = Duration::from_millis(10);
/// Maximum number of such times that a server has to make its threads and processes.
const MOST_WAITS: usize = 300;
/// Maximum number of times that a server is watched.
const LOOKS: usize = 2;
/// Share of a CPU above which a server is watched again.
const AT_WORK: f64 = 0.1;

impl Member<'_> {
    /// Runs slices until every client that the server can serve has had a reply; then counts system calls in one more, and
    /// looks at the idle server. A server that computes then is stopped between its slices.
    pub(super) fn warm_up(&mut self, stop: &Stop) -> Result<(), GeneratorError> {
        self.wait_for_workers();
        let able = self.task.contender.capacity.unwrap_or(usize::MAX) as u64;
        let (mut fruitless, mut unserved) = (0, u64::MAX);
        for _ in 0..MOST_WARM_UPS {
            let clients = self.run(stop, None)?.clients;
            let served = clients.clients.saturating_sub(clients.never_served);
            if served >= able.min(clients.clients) || fruitless == FRUITLESS {
                break;
            }
            fruitless = if clients.never_served < unserved {
                0
            } else {
                fruitless + 1
            };
            unserved = clients.never_served;
        }
        match self.count_calls(stop)? {
            Ok(calls) => self.sample.system_calls = Some(calls),
            Err(reason) => self.sample.system_calls_missing = Some(reason),
        }
        self.watch_idle();
        Ok(())
    }

    /// Waits until the server makes no more threads or processes for the clients that are connected. Under load, the one that
    /// makes them would have to share its CPU with all those that are made already.
    fn wait_for_workers(&self) {
        let mut before = self.workers();
        for _ in 0..MOST_WAITS {
            std::thread::sleep(IDLE);
            let now = self.workers();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Number of threads of all processes of the server.
    fn workers(&self) -> usize {
        let group = self.server.group();
        let selection = Selection::affordable(IDLE, 0);
        let counters = group.counters(&group.members(), None, selection);
        counters.cost_since(&counters).threads
    }

    /// Counts system calls in a slice that is not measured otherwise. Counting slows the server down.
    fn count_calls(&mut self, stop: &Stop) -> Result<Result<SystemCalls, String>, GeneratorError> {
        let Some(cpus) = self.cpus else {
            return Ok(Err(
                "server and generator share their CPUs, so the system calls of both would be counted; use a machine with at least two CPUs"
                    .to_owned(),
            ));
        };
        let counters = match Tracepoints::open(cpus) {
            Ok(counters) => counters,
            Err(reason) => return Ok(Err(reason.to_string())),
        };
        let began = clock::now();
        let from = counters.read();
        let measured = self.run(stop, None)?;
        let to = counters.read();
        let (Ok(from), Ok(to)) = (from, to) else {
            return Ok(Err(
                "the counters of the kernel could not be read; try again as root".to_owned(),
            ));
        };
        let by_name = to
            .since(&from)
            .map(|(name, calls)| (name.to_owned(), calls));
        Ok(Ok(SystemCalls {
            by_name: by_name.collect(),
            requests: measured.clients.answered,
            span_s: clock::now().saturating_sub(began).as_secs_f64(),
            how: Method::Tracepoints,
            overran_s: 0.0,
        }))
    }

    /// Reads the CPU time that the server uses while no client asks, and stops the server if this is much. After a slice, a
    /// thousand processes still have to return to their `read`, so a busy server is watched again.
    fn watch_idle(&mut self) {
        let members = self.server.group().members();
        let mut looks = (0..LOOKS).map(|_| self.idle_share(&members));
        let first_idle = looks.find(|share| share.is_none_or(|share| share < AT_WORK));
        let share = first_idle.unwrap_or_else(|| self.idle_share(&members));
        self.sample.idle_share = share;
        self.members = Some(members);
        self.pause();
    }

    /// CPU time that the server uses, as a share of one CPU. Time in the run queue counts as well: beside a busy program, a server
    /// that spins gets only a part of its CPU. It is known only if all threads were read; a few of a thousand, scaled up, would
    /// make an idle server look busy.
    fn idle_share(&self, members: &Members) -> Option<f64> {
        let group = self.server.group();
        let selection = Selection::affordable(IDLE, self.task.load.active);
        let before = group.counters(members, self.cpus, selection);
        std::thread::sleep(IDLE);
        let after = group.counters(members, self.cpus, selection);
        let cost = after.cost_since(&before);
        let delay = cost
            .run_queue_s
            .filter(|_| cost.threads_read >= cost.threads);
        let wanted = cost.whole_cpu_s? + delay.unwrap_or(0.0);
        Some(wanted / cost.whole_s)
    }
}
