//! Where each contender breaks down as the offered rate grows: the knee, the highest rate that meets the objective.

use record::plan::{ContenderId, LoadId, Objective, Recipe, names};

use crate::metric::Metric;
use crate::summary::Summary;

/// The knees of all contenders for one objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Knees {
    /// The objective.
    pub objective: Objective,
    /// True if a search found the knees; else they are the highest steps that met the objective.
    pub searched: bool,
    /// One a contender, as a share of the peak.
    shares: Vec<Option<f64>>,
}

impl Knees {
    /// The knees by the results of the whole run, for a scenario that offers shares of the peak; `None` for other scenarios. Without
    /// a search the objective is that of the built-in search.
    pub fn of(summary: &Summary, scenario: &str) -> Option<Self> {
        let steps = summary.shares_of_peak(scenario);
        if steps.is_empty() {
            return None;
        }
        let mut loads = summary.load_ids();
        let search = loads.find(|&load| summary.loads[load].objective.is_some());
        let objective = match search {
            Some(load) => summary.loads[load].objective,
            None => Recipe::named(names::CAPACITY).ok()?.objective,
        }?;
        let searched = search.zip(summary.probed.map(|probed| probed.peak));
        let share = |contender: ContenderId| match searched {
            Some((load, peak)) => Some(summary.median(contender, load, Metric::Capacity)? / peak),
            None => highest_step(summary, contender, &steps, objective),
        };
        Some(Self {
            objective,
            searched: searched.is_some(),
            shares: summary.contender_ids().map(share).collect(),
        })
    }

    /// The knee of a contender as a share of the peak; `None` if it is not known to have met the objective at any rate.
    pub fn share(&self, contender: ContenderId) -> Option<f64> {
        self.shares.get(contender.0).copied().flatten()
    }
}

/// The highest step up to which the objective was met.
fn highest_step(
    summary: &Summary,
    contender: ContenderId,
    steps: &[(LoadId, f64)],
    objective: Objective,
) -> Option<f64> {
    let metric = match (objective.percentile * 10.0).round() as u32 {
        500 => Metric::P50,
        990 => Metric::P99,
        999 => Metric::P999,
        _ => return None,
    };
    let bound = objective.below.as_nanos() as f64;
    let is_met = |&&(load, _): &&(LoadId, f64)| {
        let value = summary.median(contender, load, metric);
        value.is_some_and(|value| value < bound) && !summary.left_out(contender, load)
    };
    let last = steps.iter().take_while(is_met).last();
    last.map(|&(_, share)| share)
}
