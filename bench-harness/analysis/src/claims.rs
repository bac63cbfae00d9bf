//! Checks the claims that models make about themselves against what was measured.

use std::collections::BTreeMap;

use record::number::{counted, significant};
use record::plan::{Claim, ContenderId, Expect, LoadId};
use serde::Serialize;

use crate::cell::Cell;
use crate::metric::Metric;
use crate::shift::ratio;
use crate::slope::Slope;
use crate::summary::Summary;
use crate::verdict::Bar;

/// A claim about the slope of a metric over connections names the metric with this suffix.
const SLOPE: &str = "_per_connection";

/// A claim and its result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// The contender that makes the claim.
    pub contender: String,
    /// The claim as a sentence.
    pub says: String,
    /// The scenario that tests it.
    pub scenario: String,
    /// The result.
    pub result: ClaimResult,
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum ClaimResult {
    /// The claim is significantly true here.
    Holds {
        /// The figures.
        figures: String,
    },
    /// The claim is significantly false here.
    DoesNotHold {
        /// The figures.
        figures: String,
    },
    /// This run does not tell.
    NotMeasured {
        /// The reason, with the figures if there are any.
        reason: String,
    },
}

impl ClaimResult {
    /// The words of a table.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Holds { .. } => "holds",
            Self::DoesNotHold { .. } => "does not hold here",
            Self::NotMeasured { .. } => "not tested",
        }
    }

    /// The figures, or the reason why there are none.
    pub fn figures(&self) -> &str {
        match self {
            Self::Holds { figures } | Self::DoesNotHold { figures } => figures,
            Self::NotMeasured { reason } => reason,
        }
    }
}

/// Checks the claims of all contenders, in the order of the plan. A twin makes no claims of its own.
pub fn check(summary: &Summary) -> Vec<Checked> {
    let names = summary.scenario_names().into_iter();
    let parts: BTreeMap<&str, Summary> = names.map(|name| (name, summary.only(name))).collect();
    let mut all = Vec::new();
    for contender in summary.models() {
        let who = &summary.contenders[contender];
        for claim in &who.claims {
            let result = match &who.unsupported {
                Some(reason) => Err(format!("it cannot run here: {reason}")),
                None => checked(&parts, contender, claim),
            };
            all.push(Checked {
                contender: who.name.clone(),
                says: claim.says.clone(),
                scenario: claim.scenario.clone(),
                result: result.unwrap_or_else(|reason| ClaimResult::NotMeasured { reason }),
            });
        }
    }
    all
}

/// The result of a claim by the part of the run that measured its scenario, or the reason why there is none.
fn checked(
    parts: &BTreeMap<&str, Summary>,
    contender: ContenderId,
    claim: &Claim,
) -> Result<ClaimResult, String> {
    let scenario = claim.scenario.as_str();
    let part = parts
        .get(scenario)
        .ok_or_else(|| format!("the scenario `{scenario}` was not part of this run"))?;
    if let Some(metric) = claim.metric.strip_suffix(SLOPE).and_then(Metric::named) {
        let slope = part.per_connection(contender, metric);
        let slope = slope.ok_or_else(|| unknown_in_all_trials(metric))?;
        return by_slope(&slope, metric, &claim.expect);
    }
    let metric = Metric::named(&claim.metric).ok_or("this version does not know its metric")?;
    let steps = steps(part, contender, metric);
    for step in &steps {
        refuse_doubtful(step.cell, metric)?;
    }
    match claim.expect {
        Expect::Flat { .. } | Expect::Grows { .. } => by_growth(&steps, metric, &claim.expect),
        Expect::AtMost(_) | Expect::AtLeast(_) => by_values(&steps, metric, &claim.expect),
    }
}

/// A measured step of a scenario.
struct Step<'a> {
    label: String,
    cell: &'a Cell,
}

/// The measured steps of the scenario, in ascending order.
fn steps(part: &Summary, contender: ContenderId, metric: Metric) -> Vec<Step<'_>> {
    let is_measured = |load: &LoadId| !part.cell(contender, *load).values(metric).is_empty();
    let mut loads: Vec<LoadId> = part.load_ids().filter(is_measured).collect();
    loads.sort_by(|&a, &b| part.loads[a].step.total_cmp(&part.loads[b].step));
    let step = |load: LoadId| Step {
        label: part.loads[load].label(),
        cell: part.cell(contender, load),
    };
    loads.into_iter().map(step).collect()
}

/// Fails if the trials cannot carry a result, as they could carry no verdict. A saturated generator says nothing about speed, but
/// the cost of a request at that pace is still known.
fn refuse_doubtful(cell: &Cell, metric: Metric) -> Result<(), String> {
    let is_speed = metric == Metric::Capacity || metric.words() == Some(("faster", "slower"));
    let bar = match (cell.failed, cell.disturbed, cell.limited) {
        (trials @ 1.., _, _) => Bar::Failed { trials },
        (_, trials @ 1.., _) => Bar::Disturbed { trials },
        (_, _, trials @ 1..) if is_speed => Bar::Generator { trials },
        _ => return Ok(()),
    };
    Err(bar.to_string())
}

fn by_growth(steps: &[Step], metric: Metric, expect: &Expect) -> Result<ClaimResult, String> {
    let [first, .., last] = steps else {
        return Err("fewer than two steps of the scenario were measured".to_owned());
    };
    let growth = ratio(last.cell.values(metric), first.cell.values(metric));
    let growth = growth.ok_or_else(|| unknown_in_all_trials(metric))?;
    let median = |step: &Step| {
        let median = step.cell.estimates[&metric].median;
        format!("{} at {}", metric.unit().write(median), step.label)
    };
    let figures = format!("{}, {}", median(first), median(last));
    let Some((low, high)) = growth.interval else {
        let trials = counted(first.cell.trials.min(last.cell.trials), "trial");
        return Err(format!(
            "{figures}; {trials} of each are too few for a 95 % interval"
        ));
    };
    let [estimate, from, to] = [growth.estimate, low, high].map(significant);
    let figures = format!("{figures}: a ratio of {estimate} [{from}, {to}]");
    decide((low, high), expect, figures)
}

fn by_values(steps: &[Step], metric: Metric, expect: &Expect) -> Result<ClaimResult, String> {
    let estimates: Vec<_> = steps
        .iter()
        .filter_map(|step| step.cell.estimates.get(&metric))
        .collect();
    let lowest = estimates.iter().map(|step| step.low).min_by(f64::total_cmp);
    let highest = estimates
        .iter()
        .map(|step| step.high)
        .max_by(f64::total_cmp);
    let (low, high) = lowest
        .zip(highest)
        .ok_or_else(|| unknown_in_all_trials(metric))?;
    let write = |value: f64| metric.unit().write(value);
    let figures = format!(
        "{} to {} in all trials of {}",
        write(low),
        write(high),
        counted(steps.len(), "step")
    );
    // One step is enough to break the claim, if all its trials are on the wrong side.
    let is_broken = estimates.iter().any(|step| match expect {
        Expect::AtMost(most) => step.low > *most,
        Expect::AtLeast(least) => step.high < *least,
        Expect::Flat { .. } | Expect::Grows { .. } => false,
    });
    if is_broken {
        return Ok(ClaimResult::DoesNotHold { figures });
    }
    decide((low, high), expect, figures)
}

fn by_slope(slope: &Slope, metric: Metric, expect: &Expect) -> Result<ClaimResult, String> {
    let write = |value: f64| metric.unit().write(value);
    let estimate = write(slope.estimate);
    let Some((low, high)) = slope.interval else {
        return Err(format!(
            "{estimate} per connection; too few trials for an interval"
        ));
    };
    let figures = format!(
        "{estimate} per connection [{}, {}]",
        write(low),
        write(high)
    );
    decide((low, high), expect, figures)
}

/// Decides by the position of the whole interval.
fn decide(
    (low, high): (f64, f64),
    expect: &Expect,
    figures: String,
) -> Result<ClaimResult, String> {
    let (holds, is_broken) = match *expect {
        Expect::Flat { within } => (
            high <= within && low >= 1.0 / within,
            low > within || high < 1.0 / within,
        ),
        Expect::Grows { by } => (low >= by, high < by),
        Expect::AtMost(most) => (high <= most, low > most),
        Expect::AtLeast(least) => (low >= least, high < least),
    };
    match (holds, is_broken) {
        (true, _) => Ok(ClaimResult::Holds { figures }),
        (_, true) => Ok(ClaimResult::DoesNotHold { figures }),
        _ => Err(format!(
            "{figures}; the interval is too wide to decide, measure more blocks"
        )),
    }
}

fn unknown_in_all_trials(metric: Metric) -> String {
    format!("no trial has the figure `{}`", metric.heading())
}

#[cfg(test)]
mod tests;
