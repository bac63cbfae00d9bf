//! Reads the value of each metric from the row of a trial.

use record::sample::{Sample, ServerCost};

use super::{BEYOND, Metric};

impl Metric {
    /// The value in one trial; `None` if the trial does not tell.
    pub fn value_in(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Throughput
            | Self::P50
            | Self::P99
            | Self::P999
            | Self::FirstClassP99
            | Self::NeverServed
            | Self::Fairness
            | Self::Refused => self.seen_by_clients(sample),
            Self::Capacity => sample.capacity.as_ref()?.highest,
            Self::SystemCalls => {
                let calls = sample.system_calls.as_ref()?;
                (calls.requests > 0).then(|| calls.total() as f64 / calls.requests as f64)
            }
            _ => self.seen_by_the_kernel(sample),
        }
    }

    fn seen_by_clients(self, sample: &Sample) -> Option<f64> {
        let outcome = sample.outcome.as_ref()?;
        let connections = &outcome.connections;
        let response = match self {
            Self::FirstClassP99 => {
                let honest = outcome.classes.iter().filter(|class| class.honest).count();
                &outcome.classes.first().filter(|_| honest > 1)?.response
            }
            _ => &outcome.response,
        };
        let enough = |quantile: f64| response.count as f64 * (1.0 - quantile) >= BEYOND - 1e-6;
        match self {
            Self::Throughput => Some(outcome.rate),
            Self::P50 => enough(0.5).then_some(response.p50_ns as f64),
            Self::P99 | Self::FirstClassP99 => enough(0.99).then_some(response.p99_ns as f64),
            Self::P999 => enough(0.999).then_some(response.p999_ns as f64),
            // Some dishonest clients never finish a request, which is not the server's fault.
            Self::NeverServed if outcome.fairness.clients > 0 => {
                Some(outcome.fairness.never_served as f64)
            }
            Self::NeverServed => Some(connections.never_served as f64),
            Self::Fairness => outcome.fairness.jain,
            _ => {
                let refused = connections.refused + connections.timed_out + connections.failed;
                Some((refused + connections.reset + connections.closed) as f64)
            }
        }
    }

    fn seen_by_the_kernel(self, sample: &Sample) -> Option<f64> {
        let cost = sample.server.as_ref()?;
        let requests = sample.outcome.as_ref().map_or(0.0, |outcome| outcome.rate) * cost.window_s;
        let per_request = |value: f64| (requests > 0.0).then(|| value / requests);
        // A server that answered requests used CPU time, so a zero is a failed reading.
        let cpu = || per_request(Some(cost.cpu_s * 1e6).filter(|cpu| *cpu > 0.0)?);
        let alike =
            cost.all_threads_read() || ServerCost::are_alike(cost.threads, sample.load.active);
        let switches =
            |window: f64, life: u64| match (cost.all_threads_read(), cost.life_requests > 0) {
                _ if cost.threads == 0 => None, // no process was found
                (false, true) => Some(life as f64 / cost.life_requests as f64),
                (false, false) if !alike => None,
                _ => per_request(window),
            };
        // Rows of schema 1 lack what the kernel holds for the server. Every server has page tables and descriptors, so a zero
        // means "unknown".
        let whole = cost.processes_read > 0;
        let kernel = |bytes: f64| (whole && cost.page_tables_bytes > 0.0).then_some(bytes / 1024.0);
        match self {
            Self::Cpu => cpu(),
            Self::CpuUser => Some(cpu()? * cost.user_share()?),
            Self::CpuSystem => Some(cpu()? * (1.0 - cost.user_share()?)),
            Self::Voluntary => switches(cost.voluntary, cost.life_voluntary),
            Self::Involuntary => switches(cost.involuntary, cost.life_involuntary),
            Self::RunQueue => per_request(cost.run_queue_s.filter(|_| alike)? * 1e6),
            Self::Memory => whole.then_some(cost.pss_kib),
            Self::PageTables => kernel(cost.page_tables_bytes),
            Self::KernelStacks => kernel(cost.kernel_stacks_bytes),
            Self::SocketMemory => kernel(cost.socket_memory_bytes),
            Self::WholeMemory => {
                Some(cost.pss_kib + kernel(cost.page_tables_bytes + cost.kernel_stacks_bytes)?)
            }
            Self::Descriptors => (cost.descriptors > 0.0).then_some(cost.descriptors),
            // A server that was measured had a process with a thread, so a zero means that none was found.
            Self::Processes => (cost.processes > 0).then_some(cost.processes as f64),
            _ => (cost.threads > 0).then_some(cost.threads as f64),
        }
    }
}
