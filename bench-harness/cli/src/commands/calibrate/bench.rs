//! Runs the generator against a known server, and repeats a run that other programs disturbed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loadgen::{Class, Load, Outcome, Progress, Schedule};
use measure::stop::Stop;
use record::pinning::Pinning;

use super::peer::Peer;
use super::script::Script;
use crate::failure::Failure;

/// The most attempts to get a run without disturbance.
const ATTEMPTS: u32 = 3;

/// Time under full load before each window.
const WARMUP: Duration = Duration::from_millis(200);

/// What all runs have in common.
pub struct Bench<'a> {
    /// The CPUs of server and generator.
    pub pinning: &'a Pinning,
    /// True once the user has pressed Ctrl-C.
    pub stop: &'a Stop,
    /// Length of each window.
    pub time: Duration,
    /// Number of independent repetitions from which an uncertainty is computed.
    pub repeat: usize,
    /// True if the generator spins.
    pub busy: bool,
}

/// The settings of one run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Schedule of the requests.
    pub schedule: Schedule,
    /// Number of connections.
    pub connections: usize,
    /// True if the generator spins.
    pub busy: bool,
    /// Measured time.
    pub time: Duration,
    /// Seed of random times.
    pub seed: u64,
}

impl Bench<'_> {
    /// Starts a known server.
    ///
    /// # Errors
    /// The server does not start.
    pub fn peer(&self, script: Script) -> Result<Peer, Failure> {
        Peer::start(script, self.pinning)
    }

    /// A run with this schedule and the usual settings.
    pub fn run(&self, schedule: Schedule) -> Run {
        Run {
            schedule,
            connections: 64,
            busy: self.busy,
            time: self.time,
            seed: 1,
        }
    }

    /// Measures a run, and repeats it if the generator had to wait for its CPU.
    ///
    /// # Errors
    /// The generator fails, or the user has pressed Ctrl-C.
    pub fn measure(&self, peer: &Peer, run: &Run) -> Result<Outcome, Failure> {
        for _ in 1..ATTEMPTS {
            let outcome = self.watch(peer, run, &mut |_| {})?;
            if !is_disturbed(&outcome) {
                return Ok(outcome);
            }
        }
        self.watch(peer, run, &mut |_| {})
    }

    /// Measures a run once, and calls `look` from time to time.
    ///
    /// # Errors
    /// The generator fails, or the user has pressed Ctrl-C.
    pub fn watch(
        &self,
        peer: &Peer,
        run: &Run,
        look: &mut dyn FnMut(&Progress),
    ) -> Result<Outcome, Failure> {
        let end = AtomicBool::new(false);
        let outcome = run.load(peer).run(&end, &mut |progress| {
            end.store(self.stop.is_requested(), Ordering::Relaxed);
            look(progress);
        })?;
        if self.stop.is_requested() {
            return Err(Failure::stopped(
                "stopped before the end, without a result; start the calibration again",
            ));
        }
        if outcome.requests == 0 || outcome.verification.mismatched > 0 {
            return Err(Failure::failed(
                "the known server gave no right reply; start `echolab calibrate --role null` by hand, and test it with `echolab load`",
            ));
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
