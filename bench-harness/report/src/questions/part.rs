//! The part of a run that one scenario measured, with what its figures need.

use analysis::{Knees, Metric, Summary};
use record::plan::ContenderId;

use crate::detail::Detail;

/// One scenario of a run.
pub struct Part<'a> {
    /// The loads and cells of the scenario.
    pub summary: &'a Summary,
    /// The detail for the whole page.
    pub detail: Detail,
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
