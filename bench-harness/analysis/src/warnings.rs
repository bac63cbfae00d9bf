//! The warnings of a summary: those of the whole run, and the worst of each kind among its trials.

use std::mem::discriminant;

use record::plan::Plan;
use record::sample::Sample;
use record::store::Run;
use record::warning::{RunWarning, TrialWarning};
use serde::Serialize;

/// A warning about a run or about some of its trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// About the whole run.
    Run(RunWarning),
    /// About some trials.
    Trials {
        /// The worst one of its kind.
        worst: TrialWarning,
        /// Number of trials that have one of this kind.
        count: usize,
        /// Number of trials of the run.
        trials: usize,
    },
}

/// All warnings of a run, of which these rows are finished and this number is planned.
pub fn warnings(run: &Run, rows: &[&Sample], planned: usize) -> Vec<Warning> {
    let connections = run.plan.loads.iter().map(|load| load.connections);
    let of_machine = run.environment.warnings(connections.max().unwrap_or(0));
    let missing = (rows.len() < planned).then_some(RunWarning::Incomplete {
        finished: rows.len(),
        planned,
    });
    let mixed = mixes_services(&run.plan).then_some(RunWarning::Datagrams);
    let of_run = of_machine
        .into_iter()
        .chain(run.warnings.iter().cloned())
        .chain(missing)
        .chain(mixed);
    let mut all: Vec<_> = of_run.map(Warning::Run).collect();
    all.extend(worst_of_each_kind(rows));
    all
}

/// True if servers of datagrams and servers of streams are compared.
fn mixes_services(plan: &Plan) -> bool {
    let datagrams = plan.contenders.iter().filter(|who| who.datagrams).count();
    datagrams > 0 && datagrams < plan.contenders.len()
}

/// The worst warning of each kind, with the number of trials that have one of this kind.
fn worst_of_each_kind(rows: &[&Sample]) -> Vec<Warning> {
    let mut kinds: Vec<(TrialWarning, usize)> = Vec::new();
    for warning in rows.iter().flat_map(|row| &row.warnings) {
        let kind = discriminant(warning);
        match kinds
            .iter_mut()
            .find(|(known, _)| discriminant(known) == kind)
        {
            Some((worst, count)) => {
                *count += 1;
                if warning.size() > worst.size() {
                    *worst = warning.clone();
                }
            }
            None => kinds.push((warning.clone(), 1)),
        }
    }
    let trials = rows.len();
    let noted = |(worst, count)| Warning::Trials {
        worst,
        count,
        trials,
    };
    kinds.into_iter().map(noted).collect()
}
