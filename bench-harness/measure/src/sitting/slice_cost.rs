//! Reads the cost of a server in a slice: CPU time at both ends of the window, all else before and after the slice.
//!
//! ```text
//! order    counters ──────────────────────────────────────────────┐ switches, run queue, foreign programs, steal
//! settled  CPU time of each process ───────────────┐              │
//! end      CPU time of each process ───────────────┘ CPU          │
//! drained  counters ──────────────────────────────────────────────┘
//! ```
//!
//! Reading CPU time takes one system call for a process, so it can be done in the window. The other counters are files.

use std::time::{Duration, Instant};

use record::slice::SliceCost;

use crate::cost::{Counters, Group, Members, Selection, steal, thread_cpu_time};

/// The counters of a slice that has begun.
#[derive(Debug)]
pub struct Meter<'a> {
    group: Group,
    cpus: Option<&'a [usize]>,
    selection: Selection,
    members: Members,
    before: Counters,
    steal_before: Duration,
    sampler_before: Duration,
    /// CPU time at the begin and at the end of the window, each with the time of reading it.
    readings: Vec<(Instant, Option<Duration>)>,
}

impl<'a> Meter<'a> {
    /// Reads the counters before a slice.
    pub fn begin(
        group: Group,
        cpus: Option<&'a [usize]>,
        selection: Selection,
        members: Members,
    ) -> Self {
        let sampler_before = thread_cpu_time();
        let members = members.refresh();
        Self {
            group,
            cpus,
            selection,
            before: group.counters(&members, cpus, selection),
            members,
            steal_before: steal(),
            sampler_before,
            readings: Vec::with_capacity(2),
        }
    }

    /// Reads CPU time at one end of the window.
    pub fn read(&mut self) {
        let before = Instant::now();
        let cpu = self.members.cpu_time();
        // The middle of the reading: a server may have a thousand processes.
        self.readings.push((before + before.elapsed() / 2, cpu));
    }

    /// Reads the counters after a slice. Returns the cost, and the processes of the server.
    pub fn end(self) -> (SliceCost, Members) {
        let members = self.members.refresh();
        let after = self.group.counters(&members, self.cpus, self.selection);
        let mut cost = after.cost_since(&self.before);
        if let [(begin, from), (end, to)] = self.readings[..] {
            cost.window_s = end.saturating_duration_since(begin).as_secs_f64();
            let cpu = from.zip(to).map(|(from, to)| to.saturating_sub(from));
            cost.cpu_s = cpu.map(|cpu| cpu.as_secs_f64());
        }
        cost.steal_s = steal().saturating_sub(self.steal_before).as_secs_f64();
        let sampler = thread_cpu_time().saturating_sub(self.sampler_before);
        cost.sampler_cpu_s = sampler.as_secs_f64();
        (cost, members)
    }
}
