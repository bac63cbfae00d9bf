//! Runs a trial that searches for the highest rate: one rate after another, each with a fresh server.

use std::mem::discriminant;

use record::plan::Objective;
use record::sample::Sample;
use record::search_result::TriedRate;
use record::warning::TrialWarning;

use super::processes::Processes;
use crate::search::Search;
use crate::task::Task;
use crate::warnings::warnings;

impl Processes {
    /// Searches for the highest rate, and writes the results into the row. Each rate has a fresh server, because the effects
    /// of an overload would harm the next rate.
    pub(super) fn find_highest_rate(
        &self,
        task: &Task,
        objective: Objective,
        peak: f64,
        sample: &mut Sample,
    ) {
        let mut search = Search::around(peak, objective);
        let mut disturbances = Vec::new();
        let mut best = None;
        while let Some(rate) = search.next_rate() {
            let mut row = sample.clone();
            self.measure(&task.at_rate(rate), &mut row);
            row.warnings = warnings(&row);
            let Some(outcome) = row.outcome.as_ref().filter(|_| row.failure.is_none()) else {
                (sample.failure, sample.outcome) = (row.failure, None);
                return;
            };
            let tried = TriedRate {
                rate,
                missed: objective.miss_reason(outcome),
                value_ns: objective.value_ns(outcome),
                requests: outcome.requests,
            };
            let disturbs = row.warnings.iter().filter(|warning| warning.disturbs());
            disturbances.extend(disturbs.cloned());
            if tried.missed.is_none() || search.result().highest.is_none() {
                best = Some(row);
            }
            search.add(tried);
        }
        if let Some(best) = best {
            *sample = best;
        }
        add_worst(disturbances, &mut sample.warnings);
        sample.capacity = Some(search.finish());
    }
}

/// Adds the worst disturbance of each kind that has no warning yet.
fn add_worst(mut disturbances: Vec<TrialWarning>, warnings: &mut Vec<TrialWarning>) {
    disturbances.sort_by(|a, b| b.size().total_cmp(&a.size()));
    for disturbance in disturbances {
        let kind = discriminant(&disturbance);
        if warnings.iter().all(|other| discriminant(other) != kind) {
            warnings.push(disturbance);
        }
    }
}
