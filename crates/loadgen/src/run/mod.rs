//! One run from start to end: starts the workers, lets an observer watch, and collects the reports.

mod assemble;
mod bounds;
mod death;
mod descriptors;
mod merge;
mod probe;
mod sources;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::conversation::manner::Manner;
use crate::engine::orders::Orders;
use crate::engine::report::Report;
use crate::engine::shared::Shared;
use crate::engine::worker::CONNECTING_WAIT;
use crate::engine::{self, LOOK};
use crate::notes::progress::Progress;
use crate::outcome::Outcome;
use crate::plan::class::Class;
use crate::plan::error::LoadError;
use crate::plan::load::Load;
use crate::timing::gate::Gate;

/// The longest time that connecting at a rate may take.
const LONGEST_RAMP: Duration = Duration::from_hours(24);

impl Load {
    /// Runs this load and returns the outcome. It ends on time whatever the server does. After `stop` is set it ends early,
    /// with the results until then. It calls `watch` about every ten milliseconds.
    ///
    /// The calling thread is the first worker and calls `watch` between two batches. With a single thread in the process the
    /// kernel looks up descriptors faster, which saves 2 % of the CPU time.
    ///
    /// # Errors
    /// The load contradicts itself, needs too many descriptors, has a source address that cannot reach the target, or a
    /// system call of the generator fails. Faults of the server are not errors; the outcome counts them.
    pub fn run(
        &self,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<Outcome, LoadError> {
        self.check()?;
        let mut outcome = self.with_workers(stop, |shared| run_workers(shared, watch))?;
        outcome.server_died = death::is_suspected(&outcome) && probe::is_deserted(&self.target);
        Ok(outcome)
    }

    /// Connects the clients of this load, measures slices as ordered, and returns the outcome over all of them. Between two
    /// slices it waits for the next order, and the pause does not exist for the clients. After `stop` is set it ends early; a
    /// slice that is stopped is not part of the outcome.
    ///
    /// # Errors
    /// The load cannot be measured in slices, the orders end with an error, or as in [`run`](Self::run).
    pub fn run_slices(
        &self,
        stop: &AtomicBool,
        orders: &mut dyn Orders,
    ) -> Result<Outcome, LoadError> {
        self.check_for_slices()?;
        self.with_workers(stop, |shared| {
            engine::work_in_slices(shared, orders).map(|report| vec![report])
        })
    }

    fn with_workers(
        &self,
        stop: &AtomicBool,
        work: impl FnOnce(&Shared) -> Result<Vec<Report>, LoadError>,
    ) -> Result<Outcome, LoadError> {
        descriptors::provide(self.process_connections(), self.threads)?;
        let load = &*sources::provide(self)?;
        let manners = Manner::all(load);
        let start = Instant::now();
        let gate = Arc::new(load.gate(start));
        let shared = Shared {
            load,
            manners: &manners,
            stop,
            progress: &Progress::new(load.threads, Arc::clone(&gate)),
            start,
            gate,
        };
        let reports = work(&shared)?;
        Ok(assemble::outcome(&shared, reports))
    }

    fn gate(&self, start: Instant) -> Gate {
        let ramp = |class: &Class| {
            class
                .connect_rate
                .map_or(0.0, |rate| class.connections as f64 / rate)
        };
        let early = self
            .classes
            .iter()
            .filter(|class| class.connect_at.is_none());
        let ramp = early.map(ramp).fold(0.0, f64::max);
        let ramp = Duration::try_from_secs_f64(ramp)
            .unwrap_or(LONGEST_RAMP)
            .min(LONGEST_RAMP);
        let latest = match self.early_connections() {
            0 => start,
            _ => start + ramp + 2 * self.connect_timeout,
        };
        let notice = if self.threads == 1 {
            Duration::ZERO
        } else {
            2 * Duration::from_millis(CONNECTING_WAIT.into())
        };
        Gate::new(self.early_connections(), latest, notice, self.held)
    }
}

fn run_workers(
    shared: &Shared,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Vec<Report>, LoadError> {
    // A worker that fails ends the run for all, because its results would be incomplete.
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
