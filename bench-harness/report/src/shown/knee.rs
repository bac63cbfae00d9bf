//! Where each model breaks down as more is offered: the knee, the highest offered rate at which the objective still holds.

use analysis::{Metric, Summary};
use record::number::{percent, short};
use record::plan::{Objective, Rate, Recipe};

/// The scenario that looks for the knee, and whose objective holds where a run does not have it.
const SEARCH: &str = "capacity";

/// An objective, and how much may be offered to each contender until it is missed.
#[derive(Clone, Debug, PartialEq)]
pub struct Knees {
    /// What has to hold.
    pub objective: Objective,
    /// Whether the knees were looked for; else they are the highest steps at which the objective held.
    searched: bool,
    of: Vec<Option<Knee>>,
}

/// The knee of a contender: the offered rate as a share of the peak, and what is said of it.
#[derive(Clone, Debug, PartialEq)]
struct Knee {
    share: f64,
    says: String,
}

impl Knees {
    /// The knees of all contenders by what the whole run found, for a scenario that offers shares of the peak; `None` for other
    /// scenarios.
    pub fn of(summary: &Summary, scenario: &str) -> Option<Self> {
        let steps: Vec<(usize, f64)> = shares(summary, scenario).collect();
        if steps.is_empty() {
            return None;
        }
        let search = (0..summary.loads.len()).find(|&load| summary.loads[load].objective.is_some());
        let objective = match search {
            Some(load) => summary.loads[load].objective,
            None => Recipe::named(SEARCH).ok()?.objective,
        }?;
        let found = search.zip(summary.peak);
        let share = |contender: usize| match found {
            Some((load, peak)) => Some(summary.median(contender, load, Metric::Capacity)? / peak),
            None => highest(summary, contender, &steps, objective),
        };
        let knee =
            |contender: usize| Some(Knee::at(summary, contender, share(contender)?, objective));
        Some(Self {
            objective,
            searched: found.is_some(),
            of: (0..summary.contenders.len()).map(knee).collect(),
        })
    }

    /// Where the knee of a contender stands, on the line of the objective, and what is said of it; `None` where the objective is not
    /// known to have held.
    pub fn flag(&self, contender: usize) -> Option<(f64, f64, String)> {
        let knee = self.of.get(contender)?.as_ref()?;
        let height = self.objective.below.as_nanos() as f64;
        Some((knee.share, height, knee.says.clone()))
    }

    /// How to read the flags and the line.
    pub fn read(&self) -> String {
        let how = if self.searched {
            "as the search for it found"
        } else {
            "the highest step that holds it in the median"
        };
        format!(
            " Dashed line: the objective {}. Flag on it: the knee, the highest rate at which it still holds, {how}.",
            self.objective
        )
    }
}

impl Knee {
    fn at(summary: &Summary, contender: usize, share: f64, objective: Objective) -> Self {
        let rate = summary.peak.map(|peak| share * peak);
        let rate = rate.map_or(String::new(), |rate| {
            format!(" ({} requests/s)", short(rate))
        });
        let name = &summary.contenders[contender].name;
        Self {
            share,
            says: format!(
                "{name}: {objective} holds up to {} of the peak{rate}",
                percent((share * 100.0).round() / 100.0)
            ),
        }
    }
}

/// The loads of a scenario that offer a share of the peak, each with its share, from the least to the most.
pub fn shares(summary: &Summary, scenario: &str) -> impl Iterator<Item = (usize, f64)> {
    let share = |load: usize| match summary.loads[load].rate {
        Some(Rate::OfPeak(share)) if summary.loads[load].scenario == scenario => {
            Some((load, share))
        }
        _ => None,
    };
    let mut all: Vec<_> = (0..summary.loads.len()).filter_map(share).collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all.into_iter()
}

/// The highest step up to which the objective holds.
fn highest(
    summary: &Summary,
    contender: usize,
    steps: &[(usize, f64)],
    objective: Objective,
) -> Option<f64> {
    let metric = match (objective.percentile * 10.0).round() as u32 {
        500 => Metric::P50,
        990 => Metric::P99,
        999 => Metric::P999,
        _ => return None,
    };
    let bound = objective.below.as_nanos() as f64;
    let holds = |&&(load, _): &&(usize, f64)| {
        let value = summary.median(contender, load, metric);
        value.is_some_and(|value| value < bound) && !summary.left_out(contender, load)
    };
    let held = steps.iter().take_while(holds).last();
    held.map(|&(_, share)| share)
}
