//! The rows of the step `compare`, from its slices and sittings.

use std::collections::BTreeMap;

use analysis::{Metric, slice_value};
use record::plan::{Contender, LoadId, Plan};
use record::sample::Sample;
use record::slice::Slice;

use crate::measured::{Measured, Row, Unit};
use crate::step::StepError;

/// What was measured, to be sorted into rows.
pub struct Rows<'a> {
    pub plan: &'a Plan,
    pub slices: &'a [Slice],
    pub samples: &'a [Sample],
    pub several_steps: bool,
    pub several_metrics: bool,
}

impl Rows<'_> {
    /// One row for each metric, step and model.
    ///
    /// # Errors
    /// No slice of a model counts.
    pub fn measured(&self, models: &[String], metrics: &[Metric]) -> Result<Measured, StepError> {
        let mut measured = Measured::default();
        for &metric in metrics {
            for load in LoadId::all(&self.plan.loads) {
                for contender in &self.plan.contenders {
                    measured.rows.push(self.row(metric, load, contender)?);
                }
            }
        }
        let disturbed = self.slices.iter().filter(|slice| slice.disturbed()).count();
        if disturbed > 0 && models.len() > 1 {
            measured.notes.push(format!(
                "{disturbed} of {} slices were disturbed by other programs, and do not count.",
                self.slices.len()
            ));
        }
        Ok(measured)
    }

    fn row(&self, metric: Metric, load: LoadId, contender: &Contender) -> Result<Row, StepError> {
        let step = self.plan.loads[load].step;
        let model = contender.name.as_str();
        let values = if self.is_known_by_slice(metric) {
            self.by_round(metric, step, model)
        } else {
            self.by_sitting(metric, step, model)
        };
        let (unit, factor) = unit(metric);
        let values: Vec<f64> = values.into_iter().map(|value| value * factor).collect();
        if values.is_empty() {
            return Err(StepError::NotHere(format!(
                "no slice of `{model}` told its {}: other programs disturbed the measurement, or the kernel does not show it; try again on a quiet machine",
                metric.heading()
            )));
        }
        let mut row = Row::new(self.label(metric, step, model), unit, values);
        if self.several_steps {
            row.group = Some(model.to_owned());
            row.at = Some(step);
        }
        Ok(row)
    }

    fn label(&self, metric: Metric, step: f64, model: &str) -> String {
        let mut label = model.to_owned();
        if self.several_metrics {
            label.push(' ');
            label += metric.name().trim_start_matches("response_");
        }
        if self.several_steps {
            label += " at ";
            label += &step.to_string();
        }
        label
    }

    /// True if slices show this figure, whether or not they were disturbed.
    fn is_known_by_slice(&self, metric: Metric) -> bool {
        let mut slices = self.slices.iter();
        slices.any(|slice| slice_value(metric, slice).is_some())
    }

    /// The values of a model sitting by sitting, for a figure that only the end of a server shows.
    fn by_sitting(&self, metric: Metric, step: f64, model: &str) -> Vec<f64> {
        let own = self.samples.iter().filter(|sample| {
            sample.contender == model && sample.load.step.total_cmp(&step).is_eq()
        });
        own.filter_map(|sample| metric.value_in(sample)).collect()
    }

    /// The values of a model round by round: of all slices of a round that count, the mean. A round in which a model has no slice that
    /// counts is left out for all models, so that rounds stay paired.
    fn by_round(&self, metric: Metric, step: f64, model: &str) -> Vec<f64> {
        let mut rounds: BTreeMap<(usize, usize), BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        let counting = self
            .slices
            .iter()
            .filter(|slice| slice.step.total_cmp(&step).is_eq());
        for slice in counting.filter(|slice| slice.counts()) {
            if let Some(value) = slice_value(metric, slice) {
                let round = (slice.place.sitting, slice.place.round);
                let models = rounds.entry(round).or_default();
                models.entry(&slice.contender).or_default().push(value);
            }
        }
        let whole = |models: &&BTreeMap<&str, Vec<f64>>| models.len() == self.plan.contenders.len();
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let rounds = rounds.values().filter(whole);
        rounds
            .filter_map(|models| models.get(model).map(mean))
            .collect()
    }
}

/// The unit of a lesson's row for a metric, and the factor from the metric's own unit.
const fn unit(metric: Metric) -> (Unit, f64) {
    match metric.unit() {
        analysis::Unit::PerSecond => (Unit::PerSecond, 1.0),
        analysis::Unit::Nanoseconds => (Unit::Us, 1e-3),
        analysis::Unit::Microseconds => (Unit::Us, 1.0),
        analysis::Unit::Kibibytes => (Unit::KiB, 1.0),
        analysis::Unit::PerRequest | analysis::Unit::Count => (Unit::Count, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_microseconds() {
        let latency = Metric::named("response_p99").unwrap();
        assert_eq!(unit(latency), (Unit::Us, 1e-3));
        let rate = Metric::named("throughput").unwrap();
        assert_eq!(unit(rate), (Unit::PerSecond, 1.0));
    }
}
