//! One run from beginning to end: workers started, their notes merged, the outcome written.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::cost::Usage;
use crate::engine::{self, CONNECTING_WAIT, LOOK, Report, Shared};
use crate::gate::Gate;
use crate::progress::Progress;
use crate::series::halves;
use crate::{
    Censored, Connections, Cost, Latency, Load, LoadError, Moment, Outcome, Verification,
    descriptors,
};

impl Load {
    /// Does what this load says and returns what was measured. Ends on time whatever the server does, and early, with what
    /// was measured until then, after `stop` is set. `watch` is called about every ten milliseconds.
    ///
    /// The calling thread is the first worker, and calls `watch` between two batches: with one thread in the process
    /// the kernel finds descriptors faster, which is worth two hundredths of the CPU time.
    ///
    /// # Errors
    /// The load contradicts itself, needs more descriptors than there are, or the system fails the generator itself.
    /// What the server does wrong is no error but counted in the outcome.
    pub fn run(
        &self,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<Outcome, LoadError> {
        self.check()?;
        descriptors::provide(self.connections, self.threads)?;
        let manner = self.manner();
        let start = Instant::now();
        let shared = Shared {
            load: self,
            manner: &manner,
            stop,
            progress: &Progress::new(self.threads),
            start,
            gate: self.gate(start),
        };
        let reports = run_workers(&shared, watch)?;
        Ok(outcome(&shared, reports))
    }

    fn gate(&self, start: Instant) -> Gate {
        let ramp = self
            .connect_rate
            .map_or(0.0, |rate| self.connections as f64 / rate);
        let latest = start + Duration::from_secs_f64(ramp) + 2 * self.connect_timeout;
        let notice = if self.threads == 1 {
            Duration::ZERO
        } else {
            2 * Duration::from_millis(CONNECTING_WAIT.into())
        };
        Gate::new(self.connections, latest, notice)
    }
}

fn run_workers(
    shared: &Shared,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Vec<Report>, LoadError> {
    // Who cannot work ends the work of all, or the run would last for nothing.
    let end_all = |error: io::Error| {
        shared.stop.store(true, Ordering::Relaxed);
        error
    };
    thread::scope(|scope| {
        let mut others = Vec::new();
        for id in 1..shared.load.threads {
            let work = move || engine::work(shared, id, &mut |_| {}).map_err(end_all);
            let builder = thread::Builder::new().name(format!("load-{id}"));
            others.push(builder.spawn_scoped(scope, work).map_err(end_all)?);
        }
        let mut reports = vec![engine::work(shared, 0, watch).map_err(end_all)?];
        while !others.iter().all(ScopedJoinHandle::is_finished) {
            watch(shared.progress);
            thread::sleep(LOOK);
        }
        for worker in others {
            reports.push(worker.join().expect("a worker does not panic")?);
        }
        Ok(reports)
    })
}

fn outcome(shared: &Shared, reports: Vec<Report>) -> Outcome {
    let began = reports.iter().map(|report| report.began).min();
    let ended = reports.iter().map(|report| report.ended).max();
    let since_start =
        |at: Option<Instant>| at.map_or(0.0, |at| at.duration_since(shared.start).as_secs_f64());
    let (window_start_s, end_s) = (since_start(began), since_start(ended));
    let elapsed_s = end_s - window_start_s;
    let censored = censored(&reports);
    let usages = reports.iter().map(|report| report.usage).collect();
    let mut recorders = reports.into_iter().map(|report| report.recorder);
    let mut all = recorders.next().expect("a run has at least one worker");
    recorders.for_each(|recorder| all.merge(recorder));
    let (window, now) = (all.window, all.now());
    let over_time = all.series.finish(Moment { at_s: end_s, ..now });
    Outcome {
        schema: Outcome::SCHEMA,
        load: shared.load.summary(),
        interrupted: shared.stop.load(Ordering::Relaxed),
        window_start_s,
        elapsed_s,
        requests: window.requests,
        rate: if elapsed_s > 0.0 {
            window.requests as f64 / elapsed_s
        } else {
            0.0
        },
        halves: halves(&over_time, window_start_s, end_s, window.requests),
        bytes_sent: window.bytes_sent,
        bytes_received: window.bytes_received,
        response: Latency::of(&all.response),
        service: Latency::of(&all.service),
        connect: Latency::of(&all.connect),
        censored,
        connections: Connections {
            open_at_once: shared.gate.most_open(),
            ..all.connections
        },
        over_time,
        verification: Verification {
            verified: if shared.load.verify {
                window.requests
            } else {
                0
            },
            mismatched: all.mismatched,
            first_mismatch: all.first_mismatch,
        },
        errors: all.errors,
        cost: Cost {
            waits: window.waits,
            sends: window.sends,
            receives: window.receives,
            ..cost(usages, elapsed_s)
        },
        valid: true,
        ..Outcome::default()
    }
}

fn censored(reports: &[Report]) -> Censored {
    let mut sum = Censored::default();
    for Report { censored, .. } in reports {
        sum.pending += censored.pending;
        sum.unsent += censored.unsent;
        sum.lost += censored.lost;
        sum.longest_ns = sum.longest_ns.max(censored.longest_ns);
    }
    sum
}

fn cost(workers: Vec<Usage>, elapsed_s: f64) -> Cost {
    let mut cost = Cost {
        run_queue_delay_s: Some(0.0),
        ..Cost::default()
    };
    for usage in workers {
        let cpu = usage.user + usage.system;
        cost.user_s += usage.user.as_secs_f64();
        cost.system_s += usage.system.as_secs_f64();
        cost.run_queue_delay_s = cost
            .run_queue_delay_s
            .zip(usage.run_queue_delay)
            .map(|(sum, delay)| sum + delay.as_secs_f64());
        let share = if elapsed_s > 0.0 {
            cpu.as_secs_f64() / elapsed_s
        } else {
            0.0
        };
        cost.worker_cpu_share.push(share);
    }
    cost
}
