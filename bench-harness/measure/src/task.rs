//! A trial made concrete: who serves, under which load at which rate, for how long.

use record::plan::{Contender, Load, Plan, Timing, Trial};

/// All that a trial needs to know of its plan.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// Its place in the plan.
    pub trial: Trial,
    /// Who serves.
    pub contender: &'a Contender,
    /// What clients do; an offered rate is known.
    pub load: Load,
    /// How long each part takes.
    pub timing: Timing,
    /// What payloads and random times are made from.
    pub seed: u64,
    /// Whether it is the first of its cell, and no probe.
    pub first: bool,
    /// The peak, where the probe has found it.
    pub peak: Option<f64>,
}

impl<'a> Task<'a> {
    /// What is to be done in this trial.
    ///
    /// # Errors
    /// A sentence: the rate is a share of a peak that is not known.
    pub fn of(plan: &'a Plan, trial: Trial, peak: Option<f64>) -> Result<Self, String> {
        let load = &plan.loads[trial.load];
        if load.needs_peak() && peak.is_none() {
            return Err(
                "the probe got no replies, so rates given as a share of the peak cannot be computed; look at the trials of the scenario `probe`, and measure again"
                    .to_owned(),
            );
        }
        let task = Self {
            trial,
            contender: &plan.contenders[trial.contender],
            load: load.clone(),
            timing: plan.timing_of(trial.load),
            seed: plan.seed,
            first: trial.block == plan.first_block() && trial.attempt == 0,
            peak,
        };
        Ok(match load.rate.and_then(|rate| rate.at(peak)) {
            Some(rate) => task.offering(rate),
            None => task,
        })
    }

    /// The same at another rate, in requests a second.
    #[must_use]
    pub fn offering(&self, rate: f64) -> Self {
        Self {
            load: self.load.offered(rate),
            ..self.clone()
        }
    }

    /// Requests offered a second; `None` in a closed loop.
    pub fn offered(&self) -> Option<f64> {
        self.load.rate.and_then(|rate| rate.at(None))
    }
}
