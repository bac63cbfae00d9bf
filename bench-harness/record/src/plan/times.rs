//! Estimates how long a plan takes on a quiet machine, and fits the number of rounds or the measured window into a given
//! time.

use std::time::Duration;

use super::document::{Plan, Trial};
use super::index::LoadId;
use super::profile::Profile;
use super::sitting::Sitting;
use super::timing::Timing;
use crate::search_result::EXPECTED_RATES;

/// Time to start and stop a server and a generator, without warm-up and window.
const START_AND_STOP: Duration = Duration::from_millis(15);
/// Time to open one more connection, at both ends together.
const CONNECT: Duration = Duration::from_micros(35);
/// Time to close one more connection.
const DISCONNECT: Duration = Duration::from_micros(35);
/// Time of a slice beside its settling and its window: the order, the drain, the counters, the row.
const SLICE_OVERHEAD: Duration = Duration::from_millis(4);
/// The share of the budget for what is planned. The rest is for repeats of what was disturbed, and for undecided cells.
const PLANNED: f64 = 0.9;
/// Slices before the rounds of a sitting for each contender: warm-up, and counting system calls.
const WARM_UPS: u32 = 2;

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
        let sittings = self.sittings.iter();
        let sittings: Duration = sittings.map(|sitting| self.expected_sitting(sitting)).sum();
        self.fresh_trials()
            .map(|trial| self.expected_trial(trial))
            .sum::<Duration>()
            + sittings
    }

    /// Expected time of a sitting on a quiet machine.
    pub fn expected_sitting(&self, sitting: &Sitting) -> Duration {
        let members = sitting.contenders.len() as u32;
        let connections = self.loads[sitting.load].connections as u32;
        let gate = Duration::from_secs_f64(self.timing.gate_s);
        let each = START_AND_STOP * 2 + (CONNECT + DISCONNECT) * connections;
        gate + each * members + self.expected_slice(sitting.load) * slices(sitting)
    }

    /// Expected time of a slice under this load.
    pub fn expected_slice(&self, load: LoadId) -> Duration {
        let slicing = self.slicing(load, None);
        slicing.settle + slicing.window + SLICE_OVERHEAD
    }

    /// Expected time of one more round of a contender beside the baseline.
    pub fn expected_round(&self, load: LoadId) -> Duration {
        self.expected_slice(load) * 2
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
        let of_sitting = |sitting: &Sitting| {
            let slicing = self.slicing(sitting.load, None);
            let members = sitting.contenders.len() as u32;
            let connecting = CONNECT * self.loads[sitting.load].connections as u32 * members;
            (slicing.settle + slicing.window) * slices(sitting) + connecting
        };
        let in_sittings: Duration = self.sittings.iter().map(of_sitting).sum();
        let under_load = self.fresh_trials().map(time_under_load).sum::<Duration>() + in_sittings;
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

    /// The same plan with the number of rounds that fits the budget of this profile, within its bounds. Without sittings, the
    /// measured window follows from the budget.
    #[must_use]
    pub fn within_budget(mut self, profile: Profile) -> Self {
        let budget = profile.budget(self.contenders.len()).as_secs_f64();
        let [shortest, longest] = profile.windows().map(|window| window.as_secs_f64());
        if self.sittings.is_empty() {
            // Hundredths of a second are easy to read and to type.
            let fitting = fitting(budget, |seconds| {
                self.timing.duration_s = seconds;
                self.expected().as_secs_f64()
            });
            self.timing.duration_s = (fitting.clamp(shortest, longest) * 100.0).round() / 100.0;
            return self;
        }
        let fitting = fitting(budget * PLANNED, |rounds| {
            self.set_rounds(rounds as usize);
            self.expected().as_secs_f64()
        });
        let [fewest, most] = profile.rounds();
        self.set_rounds((fitting as usize).clamp(fewest, most));
        self
    }

    fn set_rounds(&mut self, rounds: usize) {
        for sitting in &mut self.sittings {
            sitting.rounds = rounds;
        }
    }
}

/// Number of slices of a sitting, warm-up included.
fn slices(sitting: &Sitting) -> u32 {
    sitting.slices() as u32 + WARM_UPS * sitting.contenders.len() as u32
}

/// The value at which an expected time, which is linear in it, reaches the budget; 0 if it is always above the budget.
fn fitting(budget: f64, mut expected: impl FnMut(f64) -> f64) -> f64 {
    let at_zero = expected(0.0);
    let for_each = (expected(1.0) - at_zero).max(f64::EPSILON);
    ((budget - at_zero) / for_each).max(0.0)
}
