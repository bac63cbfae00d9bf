//! Which loads are drawn: all figures of a report draw the same few.

use analysis::Summary;
use record::plan::{LoadId, Rate};
use record::store::Run;

use crate::detail::Detail;

/// Rows of all panels of the comparison together, so that the page stays small. Every scenario keeps one panel at least.
const ROWS: usize = 240;
/// Connections of the load whose response times are drawn: busy, and not yet at any limit.
const MIDDLE: f64 = 100.0;
/// The same for offered rates, as a share of the peak.
const MIDDLE_SHARE: f64 = 0.75;
/// Loads of the comparison with another baseline on a full page.
const FEW: usize = 2;

/// At most this many loads of a scenario that meet a condition: the first one, the last one, and some at even distances between them.
pub fn key_loads(
    summary: &Summary,
    scenario: &str,
    most: usize,
    condition: impl Fn(&LoadId) -> bool,
) -> Vec<LoadId> {
    let loads: Vec<LoadId> = summary.loads_of(scenario).filter(condition).collect();
    if loads.len() <= most {
        return loads;
    }
    match most {
        0 | 1 => loads.last().copied().into_iter().collect(),
        most => (0..most)
            .map(|place| loads[place * (loads.len() - 1) / (most - 1)])
            .collect(),
    }
}

/// The loads that the comparison draws: one or two of each scenario.
pub fn compared_loads(summary: &Summary) -> Vec<LoadId> {
    let scenarios = summary.scenario_names().len().max(1);
    let most = (ROWS / summary.contenders.len() / scenarios).clamp(1, 2);
    loads_with_ratios(summary, most)
}

/// All loads under which some contender was compared with the baseline.
pub fn all_compared_loads(summary: &Summary) -> Vec<LoadId> {
    loads_with_ratios(summary, usize::MAX)
}

/// At most this many loads of each scenario under which some contender was compared.
fn loads_with_ratios(summary: &Summary, most: usize) -> Vec<LoadId> {
    let has_ratio = |load: &LoadId| {
        let metric = summary.deciding(*load);
        let mut cells = summary
            .contender_ids()
            .map(|contender| summary.cell(contender, *load));
        cells.any(|cell| cell.compared.contains_key(&metric))
    };
    let scenarios = summary.scenario_names();
    let loads = scenarios
        .iter()
        .flat_map(|scenario| key_loads(summary, scenario, most, has_ratio));
    loads.collect()
}

/// The loads of the comparison with another baseline: the same as with the plan's, or fewer on a full page.
pub fn loads_of_other_baselines(summary: &Summary) -> Vec<LoadId> {
    match Detail::of(summary) {
        Detail::Full => compared_loads(summary),
        // The first ones may be several equal rates.
        Detail::Reduced => {
            let advised = summary.advised_loads();
            advised[advised.len().saturating_sub(FEW)..].to_vec()
        }
    }
}

/// The load of a scenario whose response times are drawn.
pub fn middle_load(summary: &Summary, scenario: &str) -> Option<LoadId> {
    let distance = |load: &LoadId| {
        let load = &summary.loads[*load];
        let ratio = match load.rate {
            Some(Rate::OfPeak(share) | Rate::OfSlowest(share)) => share / MIDDLE_SHARE,
            Some(Rate::Fixed(_)) | None => load.connections as f64 / MIDDLE,
        };
        ratio.ln().abs()
    };
    let loads = summary.loads_of(scenario);
    loads.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// The load whose connections are drawn over time: the one with the most clients that come while others are served, or else the
/// load with the most connections.
pub fn crowd_load(summary: &Summary) -> Option<LoadId> {
    let connections = |load: &LoadId| summary.loads[*load].connections;
    let come_later = |load: &LoadId| summary.loads[*load].connects_in_the_window();
    let crowd = summary
        .load_ids()
        .filter(come_later)
        .max_by_key(connections);
    let rising = || {
        let scenario = summary.rising_scenario().or(summary.main_scenario())?;
        summary.loads_of(scenario).max_by_key(connections)
    };
    crowd.or_else(rising)
}

/// The summary with the details that figures draw.
pub fn with_details(run: &Run, summary: &Summary) -> Summary {
    let middle: Vec<LoadId> = summary
        .scenario_names()
        .into_iter()
        .filter_map(|scenario| middle_load(summary, scenario))
        .collect();
    let mut detailed = summary.clone();
    detailed.add_curves(run, &middle);
    if let Some(load) = crowd_load(summary) {
        detailed.add_connections(run, load);
    }
    detailed
}
