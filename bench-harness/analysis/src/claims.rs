//! Holds what models say about themselves against what was measured.

use std::collections::BTreeMap;

use record::number::{counted, significant};
use record::plan::{Claim, Expect};
use serde::Serialize;

use super::verdict::Bar;
use super::{Cell, Metric, Slope, Summary, ratio};

/// A claim's name for the slope of a metric ends so.
const SLOPE: &str = "_per_connection";

/// A claim that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Who makes it.
    pub contender: String,
    /// The sentence.
    pub says: String,
    /// The scenario that tests it.
    pub scenario: String,
    /// What came of it.
    pub held: Held,
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum Held {
    /// It is true here, by more than chance.
    Holds {
        /// The figures.
        found: String,
    },
    /// It is not true here, by more than chance.
    DoesNotHold {
        /// The figures.
        found: String,
    },
    /// This run does not tell.
    NotMeasured {
        /// Why, with the figures where there are some.
        why: String,
    },
}

impl Held {
    /// The words of a table.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Holds { .. } => "holds",
            Self::DoesNotHold { .. } => "does not hold here",
            Self::NotMeasured { .. } => "not measured",
        }
    }

    /// The figures, or why there are none.
    pub fn found(&self) -> &str {
        match self {
            Self::Holds { found } | Self::DoesNotHold { found } => found,
            Self::NotMeasured { why } => why,
        }
    }
}

/// Checks the claims of all contenders, in the order of the plan. A twin makes no claims of its own.
pub fn check(summary: &Summary) -> Vec<Checked> {
    let parts: BTreeMap<&str, Summary> = summary
        .scenarios()
        .into_iter()
        .map(|scenario| (scenario, summary.only(scenario)))
        .collect();
    let parts = &parts;
    let makers = (0..summary.contenders.len()).filter(|&c| !summary.is_twin(c));
    let all = makers.flat_map(|contender| {
        let who = &summary.contenders[contender];
        who.claims.iter().map(move |claim| Checked {
            contender: who.name.clone(),
            says: claim.says.clone(),
            scenario: claim.scenario.clone(),
            held: held(summary, parts, contender, claim)
                .unwrap_or_else(|why| Held::NotMeasured { why }),
        })
    });
    all.collect()
}

/// What came of a claim, or why nothing did.
fn held(
    summary: &Summary,
    parts: &BTreeMap<&str, Summary>,
    contender: usize,
    claim: &Claim,
) -> Result<Held, String> {
    if let Some(reason) = &summary.contenders[contender].unsupported {
        return Err(format!("it cannot run here: {reason}"));
    }
    let scenario = claim.scenario.as_str();
    let summary = parts
        .get(scenario)
        .ok_or_else(|| format!("the scenario `{scenario}` was not part of this run"))?;
    if let Some(metric) = claim.metric.strip_suffix(SLOPE).and_then(Metric::named) {
        let slope = summary.per_connection(contender, metric);
        let slope = slope.ok_or_else(|| not_told(metric))?;
        return by_slope(&slope, metric, &claim.expect);
    }
    let metric = Metric::named(&claim.metric).ok_or("this version does not know its figure")?;
    let steps = steps(summary, contender, metric);
    for (_, cell) in &steps {
        usable(cell, metric)?;
    }
    match claim.expect {
        Expect::Flat { .. } | Expect::Grows { .. } => by_growth(&steps, metric, &claim.expect),
        Expect::AtMost(_) | Expect::AtLeast(_) => by_values(&steps, metric, &claim.expect),
    }
}

/// The measured steps of the scenario, in the order of its axis, each with what a table calls it.
fn steps(summary: &Summary, contender: usize, metric: Metric) -> Vec<(String, &Cell)> {
    let measured = |load: &usize| !summary.cell(contender, *load).values(metric).is_empty();
    let mut loads: Vec<usize> = (0..summary.loads.len()).filter(measured).collect();
    loads.sort_by(|&a, &b| summary.loads[a].step.total_cmp(&summary.loads[b].step));
    let step = |load: usize| (summary.loads[load].label(), summary.cell(contender, load));
    loads.into_iter().map(step).collect()
}

/// Trials that carry no verdict carry no claim either. A generator at its limit tells nothing about speed, but what a
/// request cost the server at that pace is known.
fn usable(cell: &Cell, metric: Metric) -> Result<(), String> {
    let speed = metric == Metric::Capacity || metric.words() == Some(("faster", "slower"));
    let bar = match cell {
        Cell {
            failed: trials @ 1..,
            ..
        } => Bar::Failed { trials: *trials },
        Cell {
            disturbed: trials @ 1..,
            ..
        } => Bar::Disturbed { trials: *trials },
        Cell {
            limited: trials @ 1..,
            ..
        } if speed => Bar::Generator { trials: *trials },
        _ => return Ok(()),
    };
    Err(bar.to_string())
}

fn by_growth(steps: &[(String, &Cell)], metric: Metric, expect: &Expect) -> Result<Held, String> {
    let [(from, first), .., (to, last)] = steps else {
        return Err("fewer than two steps of the scenario were measured".to_owned());
    };
    let growth =
        ratio(last.values(metric), first.values(metric)).ok_or_else(|| not_told(metric))?;
    let write = |cell: &Cell| metric.unit().write(cell.estimates[&metric].median);
    let figures = format!("{} at {from}, {} at {to}", write(first), write(last));
    let Some((low, high)) = growth.interval else {
        let trials = counted(first.trials.min(last.trials), "trial");
        return Err(format!("{figures}; {trials} of each have no 95 % interval"));
    };
    let [estimate, from, to] = [growth.estimate, low, high].map(significant);
    let found = format!("{figures}: {estimate} times [{from}, {to}]");
    decide(low, high, expect, found)
}

fn by_values(steps: &[(String, &Cell)], metric: Metric, expect: &Expect) -> Result<Held, String> {
    let of_step = |(_, cell): &(String, &Cell)| cell.estimates.get(&metric).cloned();
    let found: Vec<_> = steps.iter().filter_map(of_step).collect();
    let (Some(low), Some(high)) = (
        found.iter().map(|step| step.low).min_by(f64::total_cmp),
        found.iter().map(|step| step.high).max_by(f64::total_cmp),
    ) else {
        return Err(not_told(metric));
    };
    let write = |value: f64| metric.unit().write(value);
    let figures = format!(
        "{} to {} in all trials of {}",
        write(low),
        write(high),
        counted(steps.len(), "step")
    );
    // It is broken only where a whole step is on the wrong side.
    let broken = found.iter().any(|step| match expect {
        Expect::AtMost(most) => step.low > *most,
        Expect::AtLeast(least) => step.high < *least,
        Expect::Flat { .. } | Expect::Grows { .. } => false,
    });
    if broken {
        return Ok(Held::DoesNotHold { found: figures });
    }
    decide(low, high, expect, figures)
}

fn by_slope(slope: &Slope, metric: Metric, expect: &Expect) -> Result<Held, String> {
    let write = |value: f64| metric.unit().write(value);
    let estimate = write(slope.estimate);
    let Some((low, high)) = slope.interval else {
        return Err(format!(
            "{estimate} a connection; too few trials for an interval"
        ));
    };
    let found = format!("{estimate} a connection [{}, {}]", write(low), write(high));
    decide(low, high, expect, found)
}

/// Decides by where the whole interval lies.
fn decide(low: f64, high: f64, expect: &Expect, found: String) -> Result<Held, String> {
    let (holds, broken) = match *expect {
        Expect::Flat { within } => (
            high <= within && low >= 1.0 / within,
            low > within || high < 1.0 / within,
        ),
        Expect::Grows { by } => (low >= by, high < by),
        Expect::AtMost(most) => (high <= most, low > most),
        Expect::AtLeast(least) => (low >= least, high < least),
    };
    match (holds, broken) {
        (true, _) => Ok(Held::Holds { found }),
        (_, true) => Ok(Held::DoesNotHold { found }),
        _ => Err(format!("{found}; too wide to tell, measure more blocks")),
    }
}

fn not_told(metric: Metric) -> String {
    format!("the trials do not tell the figure `{}`", metric.heading())
}

#[cfg(test)]
mod tests;
