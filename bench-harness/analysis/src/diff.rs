//! Two runs of one plan on one machine, before and after a change: what became faster, slower, cheaper, dearer.

use record::circumstances::{Difference, differences, differences_of_plans};
use record::store::Run;
use serde::Serialize;

use super::compare::{at_least, barred};
use super::verdict::{Bar, Compared, Pair, judge};
use super::{Metric, Summary};

/// What differs between two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// What differs about the machine: with anything in here the runs should not be compared.
    pub environment: Vec<Difference>,
    /// What differs about what was to be done: only what both did is compared.
    pub plan: Vec<Difference>,
    /// What differs about the program, which is often the very change that is asked about.
    pub program: Vec<Difference>,
    /// Every figure that is judged, of every contender under every load that both measured: the second run's divided by
    /// the first's.
    pub changes: Vec<Change>,
}

/// What became of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Whose.
    pub contender: String,
    /// The scenario of the load.
    pub scenario: String,
    /// What a table calls the load.
    pub load: String,
    /// Which.
    pub metric: Metric,
    /// Whether it is the one that decides under this load.
    pub decides: bool,
    /// The second run against the first.
    pub compared: Compared,
}

/// Compares two runs, the second with the first. All contenders under one load are one family for Holm's correction, as
/// within a run, and there are verdicts only where both runs measured the baseline like itself.
pub fn diff(a: &Run, b: &Run) -> Diff {
    let (program, environment) = differences(&a.environment, &b.environment)
        .into_iter()
        .partition(Difference::is_of_the_program);
    let (first, second) = (Summary::of(a), Summary::of(b));
    let mut all = Vec::new();
    for load in 0..first.loads.len() {
        let both = in_both(&first, &second, load);
        all.extend(Metric::judged().flat_map(|metric| changes(&first, &second, &both, metric)));
    }
    Diff {
        changes: all,
        environment,
        program,
        plan: differences_of_plans(&a.plan, &b.plan),
    }
}

/// A cell of the first run and the same of the second, each as contender and load.
type Both = ((usize, usize), (usize, usize));

/// All contenders of both runs under a load of the first one. What a twin does is known from its own run.
fn in_both(first: &Summary, second: &Summary, load: usize) -> Vec<Both> {
    let same = |other: &record::plan::Load| *other == first.loads[load];
    let Some(same_load) = second.loads.iter().position(same) else {
        return Vec::new();
    };
    let contenders = (0..first.contenders.len()).filter(|&c| !first.is_twin(c));
    let both = contenders.filter_map(|contender| {
        let name = &first.contenders[contender].name;
        let other = second.contenders.iter().position(|who| who.name == *name)?;
        Some(((contender, load), (other, same_load)))
    });
    both.collect()
}

fn changes(first: &Summary, second: &Summary, both: &[Both], metric: Metric) -> Vec<Change> {
    let pair = |&((c, l), (d, m)): &Both| {
        let (base, own) = (first.cell(c, l), second.cell(d, m));
        let untrusted = || {
            first
                .untrusted(l, metric)
                .or_else(|| second.untrusted(m, metric))
        };
        let fewer = base.left_out() && !own.left_out();
        let bar = barred(own, &[base], metric).or(fewer.then_some(Bar::LeftOut));
        Pair {
            own: own.values(metric),
            base: base.values(metric),
            bar: bar.or_else(untrusted),
            left_out: own.left_out() && !base.left_out(),
            at_least: at_least(own, &[base], metric),
        }
    };
    let pairs: Vec<Pair> = both.iter().map(pair).collect();
    let found = both.iter().zip(judge(metric, &pairs));
    let change = |(&((c, l), _), found): (&Both, Option<Compared>)| {
        Some(Change {
            contender: first.contenders[c].name.clone(),
            scenario: first.loads[l].scenario.clone(),
            load: first.loads[l].label(),
            metric,
            decides: first.deciding(l) == metric,
            compared: found?,
        })
    };
    found.filter_map(change).collect()
}
