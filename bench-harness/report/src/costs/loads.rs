//! Which loads have a cost table: all of a small run; of a large one those of the first screen, and the last steps of the first scenarios.

use analysis::Summary;
use record::plan::LoadId;

use crate::detail::Detail;

/// Tables of a large run. Each one of thirty models has about 16 KB with its data, and the page at most 600 KB.
const TABLES: usize = 9;

/// The loads with a table, those of the first screen first.
pub fn shown(summary: &Summary) -> Vec<LoadId> {
    let mut loads = summary.headline_loads();
    let others: Vec<LoadId> = match Detail::of(summary) {
        Detail::Full => summary.measured_loads().collect(),
        Detail::Reduced => last_steps(summary),
    };
    for load in others {
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    loads.retain(|&load| is_measured(summary, load));
    if Detail::of(summary) == Detail::Reduced {
        loads.truncate(TABLES);
    }
    loads
}

/// The measured loads without a table.
pub fn others(summary: &Summary) -> usize {
    let shown = shown(summary);
    let measured = summary
        .measured_loads()
        .filter(|&load| is_measured(summary, load));
    measured.filter(|load| !shown.contains(load)).count()
}

fn last_steps(summary: &Summary) -> Vec<LoadId> {
    let scenarios = summary.scenario_names().into_iter();
    let last = scenarios.filter_map(|scenario| summary.loads_of(scenario).next_back());
    last.collect()
}

/// True if some contender was measured or tried under this load.
fn is_measured(summary: &Summary, load: LoadId) -> bool {
    let mut contenders = summary.contender_ids();
    contenders.any(|contender| {
        let cell = summary.cell(contender, load);
        cell.trials + cell.failed > 0
    })
}
