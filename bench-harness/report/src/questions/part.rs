//! The part of a run that one scenario measured, with what its figures need.

use analysis::{Knees, Metric, Summary};
use record::plan::ContenderId;

/// Models in colour where all models share a panel: a reader cannot follow more names than these.
pub const NAMED: usize = 6;

/// One scenario of a run.
pub struct Part<'a> {
    /// The loads and cells of the scenario.
    pub summary: &'a Summary,
    /// The knees by the results of the whole run, if the scenario offers shares of the peak.
    pub knees: Option<&'a Knees>,
}

impl Part<'_> {
    /// The medians of a contender from left to right: (step, median).
    pub fn line(&self, contender: ContenderId, metric: Metric) -> Vec<(f64, f64)> {
        let point = |load| {
            let median = self.summary.median(contender, load, metric)?;
            Some((self.summary.loads[load].step, median))
        };
        let mut line: Vec<_> = self.summary.load_ids().filter_map(point).collect();
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        line
    }

    /// The lines of all models.
    pub fn lines(&self, metric: Metric) -> Vec<Vec<(f64, f64)>> {
        let models = self.summary.models();
        models
            .map(|contender| self.line(contender, metric))
            .collect()
    }
}

/// The models that differ most from the baseline at the last step, and the baseline, in the order of the plan.
pub fn far_from_the_baseline(summary: &Summary, metric: Metric) -> Vec<ContenderId> {
    let last = summary.last_load();
    let distance = |model: ContenderId| {
        if model == summary.baseline {
            return Some((model, f64::INFINITY));
        }
        let value = summary.median(model, last, metric)?;
        let own = summary.median(summary.baseline, last, metric)?;
        let off = (value / own).ln().abs();
        Some((model, if off.is_finite() { off } else { 0.0 }))
    };
    let mut models: Vec<(ContenderId, f64)> = summary.models().filter_map(distance).collect();
    models.sort_by(|a, b| b.1.total_cmp(&a.1));
    models.truncate(NAMED);
    let mut models: Vec<ContenderId> = models.into_iter().map(|(model, _)| model).collect();
    models.sort();
    models
}
