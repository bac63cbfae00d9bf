//! Adds up the slices of a server to the cost of its life in a sitting.

use record::sample::ServerCost;

use super::member::Measured;
use crate::cost::BeforeLoad;

/// The sum of the slices of one server.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Requests answered since the first connect, warm-up included.
    pub answered: u64,
    cost: ServerCost,
    /// True if the CPU time of a slice could not be read.
    is_unknown: bool,
}

impl Life {
    /// Adds a slice.
    pub fn add(&mut self, slice: &Measured) {
        let (clients, server, sum) = (&slice.clients, &slice.server, &mut self.cost);
        // Switches were counted from the order to the end of the drain. Their share for the window is that of the requests.
        let answered = clients.answered.max(1) as f64;
        let share = (clients.requests as f64 / answered).min(1.0);
        sum.window_s += server.window_s;
        sum.cpu_s += server.cpu_s.unwrap_or(0.0);
        self.is_unknown |= server.cpu_s.is_none();
        sum.voluntary += server.voluntary * share;
        sum.involuntary += server.involuntary * share;
        let delay = server.run_queue_s.map(|delay| delay * share);
        sum.run_queue_s = delay.map(|delay| sum.run_queue_s.unwrap_or(0.0) + delay);
        sum.sampler_cpu_s += server.sampler_cpu_s;
        (sum.processes, sum.threads) = (server.processes, server.threads);
        (sum.threads_read, sum.cpus) = (server.threads_read, server.cpus);
    }

    /// The cost of all slices.
    pub fn cost(&self, before: BeforeLoad) -> ServerCost {
        let known = if self.is_unknown { 0.0 } else { 1.0 };
        ServerCost {
            cpu_s: self.cost.cpu_s * known,
            kernel_stacks_bytes: self.cost.threads as f64 * before.kernel_stack_bytes,
            life_requests: self.answered,
            ..self.cost
        }
    }
}
