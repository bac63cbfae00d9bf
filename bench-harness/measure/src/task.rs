//! The task of a trial: the contender, the load with its rate, and the timing.

use record::peak::Probed;
use record::plan::{Contender, Load, Plan, Timing, Trial};

/// The part of a plan that a trial needs.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// Its place in the plan.
    pub trial: Trial,
    /// The contender that is measured.
    pub contender: &'a Contender,
    /// The load. Its rate is in requests per second, unless a search finds the rate.
    pub load: Load,
    /// Lengths of the parts of the trial.
    pub timing: Timing,
    /// The seed of payloads and random times.
    pub seed: u64,
    /// True if it is the first trial of its cell, and does not belong to the probe.
    pub is_first: bool,
    /// What the probe has found, if it found something.
    pub probed: Option<Probed>,
}

impl<'a> Task<'a> {
    /// The task of this trial.
    ///
    /// # Errors
    /// The load needs the probe, and the probe found nothing. The error is a sentence for the row.
    pub fn new(plan: &'a Plan, trial: Trial, probed: Option<Probed>) -> Result<Self, String> {
        let load = &plan.loads[trial.load];
        if load.needs_peak() && probed.is_none() {
            return Err(
                "the probe got no replies, so rates given as a share of its result cannot be computed; see why the trials of the scenario `probe` failed, and measure again"
                    .to_owned(),
            );
        }
        let task = Self {
            trial,
            contender: &plan.contenders[trial.contender],
            load: load.clone(),
            timing: plan.timing_of(trial.load),
            seed: plan.seed,
            is_first: trial.block == plan.first_block() && trial.attempt == 0,
            probed,
        };
        Ok(match load.rate.and_then(|rate| rate.per_second(probed)) {
            Some(rate) => task.at_rate(rate),
            None => task,
        })
    }

    /// The same task at this rate, in requests per second.
    #[must_use]
    pub fn at_rate(&self, rate: f64) -> Self {
        Self {
            load: self.load.at_rate(rate),
            ..self.clone()
        }
    }

    /// Requests offered per second; `None` in a closed loop.
    pub fn offered_rate(&self) -> Option<f64> {
        self.load.rate.and_then(|rate| rate.per_second(None))
    }
}
