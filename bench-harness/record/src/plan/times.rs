//! How long a plan takes on a quiet machine, and the window that fits a plan into a given time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LoadId, Plan, Profile, Trial};
use crate::capacity::SEARCH;

/// Time that starting and stopping two processes takes, beside what is waited for on purpose.
const START_AND_STOP: Duration = Duration::from_millis(15);
/// Time that it takes to make one more connection, at both ends together.
const CONNECT: Duration = Duration::from_micros(35);
/// Time that it takes to end it.
const DISCONNECT: Duration = Duration::from_micros(35);

/// How long the parts of a trial take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The machine must have been quiet for this long before a trial.
    pub gate_s: f64,
    /// Longest wait for a quiet machine.
    pub gate_limit_s: f64,
    /// Full load before the measured window.
    pub warm_up_s: f64,
    /// The measured window.
    pub duration_s: f64,
}

impl Plan {
    /// How long the parts of this trial take: those of a probe, and each step of a search, measure half as long as others.
    pub fn timing_of(&self, load: LoadId) -> Timing {
        let short = self.is_probe(load) || self.loads[load].objective.is_some();
        Timing {
            duration_s: self.timing.duration_s * if short { 0.5 } else { 1.0 },
            ..self.timing
        }
    }

    /// About how long the whole comparison takes on a quiet machine, if it is not precise enough before.
    pub fn expected(&self) -> Duration {
        self.trials().map(|trial| self.expected_trial(trial)).sum()
    }

    /// About how long one trial takes on a quiet machine.
    pub fn expected_trial(&self, trial: Trial) -> Duration {
        if self.cannot(trial.contender, trial.load).is_some() {
            return Duration::ZERO;
        }
        let load = &self.loads[trial.load];
        let timing = self.timing_of(trial.load);
        let servers = if load.objective.is_some() { SEARCH } else { 1 };
        let each =
            self.under_load(trial.load) + START_AND_STOP + DISCONNECT * load.connections as u32;
        Duration::from_secs_f64(timing.gate_s) + each * servers
    }

    /// How long a server is under this load: clients connect, which is measured too, then warm it up, then count.
    fn under_load(&self, load: LoadId) -> Duration {
        let timing = self.timing_of(load);
        let asked = Duration::from_secs_f64(timing.warm_up_s + timing.duration_s);
        asked + CONNECT * self.loads[load].connections as u32
    }

    /// The share of the expected time in which servers are under load.
    pub fn share_under_load(&self) -> f64 {
        let loaded = |trial: Trial| {
            let searches = self.loads[trial.load].objective.is_some();
            let runs = self.cannot(trial.contender, trial.load).is_none();
            let servers = if searches { f64::from(SEARCH) } else { 1.0 };
            f64::from(u8::from(runs)) * servers * self.under_load(trial.load).as_secs_f64()
        };
        self.trials().map(loaded).sum::<f64>() / self.expected().as_secs_f64().max(f64::EPSILON)
    }

    /// The same plan with the measured window with which it takes as long as that profile should, within its bounds.
    #[must_use]
    pub fn within_budget(mut self, profile: Profile) -> Self {
        let mut takes = |duration_s: f64| {
            self.timing.duration_s = duration_s;
            self.expected().as_secs_f64()
        };
        let (fixed, more) = (takes(0.0), takes(1.0));
        let fitting = (profile.budget().as_secs_f64() - fixed) / (more - fixed).max(f64::EPSILON);
        let [shortest, longest] = profile.windows().map(|window| window.as_secs_f64());
        let bounded = fitting.clamp(shortest, longest);
        // Whole hundredths are easier to read and to type.
        self.timing.duration_s = (bounded * 100.0).round() / 100.0;
        self
    }
}
