//! One run of the generator against a known server, again where the machine disturbed it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::bail;
use loadgen::{Class, Load, Outcome, Progress, Schedule};
use measure::stop::Stop;
use record::pinning::Pinning;

use super::known_server::Script;
use super::peer::Peer;

/// How often a run is made at most until nobody disturbs it.
const ATTEMPTS: u32 = 3;

/// Full load before each window.
const WARMUP: Duration = Duration::from_millis(200);

/// What all runs have in common.
pub struct Bench<'a> {
    /// Who runs where.
    pub pinning: &'a Pinning,
    /// Whether the user wants it to end.
    pub stop: &'a Stop,
    /// How long each window is.
    pub time: Duration,
    /// Independent repetitions where the run's own uncertainty is asked for.
    pub repeat: usize,
    /// Whether the generator spins.
    pub busy: bool,
}

/// What one run is told.
#[derive(Clone, Debug)]
pub struct Run {
    /// When requests are due.
    pub schedule: Schedule,
    /// Connections.
    pub connections: usize,
    /// Whether the generator spins.
    pub busy: bool,
    /// How long to measure.
    pub time: Duration,
    /// What random times are made from.
    pub seed: u64,
}

impl Bench<'_> {
    /// A known server.
    ///
    /// # Errors
    /// It does not begin.
    pub fn peer(&self, script: Script) -> anyhow::Result<Peer> {
        Peer::start(script, self.pinning)
    }

    /// A run with this schedule, and everything else as usual.
    pub fn run(&self, schedule: Schedule) -> Run {
        Run {
            schedule,
            connections: 64,
            busy: self.busy,
            time: self.time,
            seed: 1,
        }
    }

    /// Runs it, again where the generator had to queue for its CPU.
    ///
    /// # Errors
    /// The generator cannot go on, or a stop was asked for.
    pub fn measure(&self, peer: &Peer, run: &Run) -> anyhow::Result<Outcome> {
        for _ in 1..ATTEMPTS {
            let outcome = self.watch(peer, run, &mut |_| {})?;
            if !is_disturbed(&outcome) {
                return Ok(outcome);
            }
        }
        self.watch(peer, run, &mut |_| {})
    }

    /// Runs it once, and calls `look` every now and then.
    ///
    /// # Errors
    /// The generator cannot go on, or a stop was asked for.
    pub fn watch(
        &self,
        peer: &Peer,
        run: &Run,
        look: &mut dyn FnMut(&Progress),
    ) -> anyhow::Result<Outcome> {
        let end = AtomicBool::new(false);
        let outcome = run.load(peer).run(&end, &mut |progress| {
            end.store(self.stop.is_requested(), Ordering::Relaxed);
            look(progress);
        })?;
        if self.stop.is_requested() {
            bail!("stopped before the end; start the calibration again for all of its figures");
        }
        if outcome.requests == 0 || outcome.verification.mismatched > 0 {
            bail!(
                "the known server did not answer; see `echolab calibrate --role null` and `echolab load`"
            );
        }
        Ok(outcome)
    }
}

impl Run {
    fn load(&self, peer: &Peer) -> Load {
        let mut class = Class::of("calibration", self.connections);
        class.schedule = self.schedule.clone();
        Load {
            classes: vec![class],
            duration: self.time,
            warmup: WARMUP,
            seed: self.seed,
            busy: self.busy,
            ..Load::on(peer.target.clone())
        }
    }
}

fn is_disturbed(outcome: &Outcome) -> bool {
    let mut checks = outcome.checks.iter();
    checks.any(|check| check.name == "run-queue" && check.fails())
}
