//! Estimates how long a plan takes on a quiet machine, and fits the measured window into a given time.

use std::time::Duration;

use super::document::{Plan, Trial};
use super::index::LoadId;
use super::profile::Profile;
use super::timing::Timing;
use crate::search_result::EXPECTED_RATES;

/// Time to start and stop a server and a generator, without warm-up and window.
const START_AND_STOP: Duration = Duration::from_millis(15);
/// Time to open one more connection, at both ends together.
const CONNECT: Duration = Duration::from_micros(35);
/// Time to close one more connection.
const DISCONNECT: Duration = Duration::from_micros(35);

impl Plan {
    /// Lengths of the parts of a trial under this load. A trial of the probe and each step of a search have half the window.
    pub fn timing_of(&self, load: LoadId) -> Timing {
        let short = self.is_probe(load) || self.loads[load].objective.is_some();
        Timing {
            duration_s: self.timing.duration_s * if short { 0.5 } else { 1.0 },
            ..self.timing
        }
    }

    /// Expected time of the whole comparison on a quiet machine, if it does not end early.
    pub fn expected(&self) -> Duration {
        self.trials().map(|trial| self.expected_trial(trial)).sum()
    }

    /// Expected time of one trial on a quiet machine.
    pub fn expected_trial(&self, trial: Trial) -> Duration {
        let gate = Duration::from_secs_f64(self.timing.gate_s);
        let connections = self.loads[trial.load].connections as u32;
        let per_server =
            self.time_under_load(trial.load) + START_AND_STOP + DISCONNECT * connections;
        match self.expected_servers(trial) {
            0 => Duration::ZERO,
            servers => gate + per_server * servers,
        }
    }

    /// The share of the expected time in which servers are under load.
    pub fn share_under_load(&self) -> f64 {
        let time_under_load =
            |trial: Trial| self.time_under_load(trial.load) * self.expected_servers(trial);
        let under_load: Duration = self.trials().map(time_under_load).sum();
        under_load.as_secs_f64() / self.expected().as_secs_f64().max(f64::EPSILON)
    }

    /// Expected number of servers that a trial starts, one after another: a search starts one per rate.
    fn expected_servers(&self, trial: Trial) -> u32 {
        let is_search = self.loads[trial.load].objective.is_some();
        match self.unsupported_reason(trial.contender, trial.load) {
            Some(_) => 0,
            None if is_search => EXPECTED_RATES,
            None => 1,
        }
    }

    /// Time that one server is under this load: while clients connect, in the warm-up and in the window.
    fn time_under_load(&self, load: LoadId) -> Duration {
        let timing = self.timing_of(load);
        let requests = Duration::from_secs_f64(timing.warm_up_s + timing.duration_s);
        requests + CONNECT * self.loads[load].connections as u32
    }

    /// The same plan with the measured window that fits the budget of this profile, within its bounds.
    #[must_use]
    pub fn within_budget(mut self, profile: Profile) -> Self {
        let mut expected = |duration_s: f64| {
            self.timing.duration_s = duration_s;
            self.expected().as_secs_f64()
        };
        // The expected time is linear in the window.
        let at_zero = expected(0.0);
        let per_second = (expected(1.0) - at_zero).max(f64::EPSILON);
        let fitting = (profile.budget().as_secs_f64() - at_zero) / per_second;
        let [shortest, longest] = profile.windows().map(|window| window.as_secs_f64());
        let bounded = fitting.clamp(shortest, longest);
        // Hundredths of a second are easy to read and to type.
        self.timing.duration_s = (bounded * 100.0).round() / 100.0;
        self
    }
}
