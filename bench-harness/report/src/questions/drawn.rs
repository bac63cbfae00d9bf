//! Which loads are drawn: all figures of a report draw the same few.

use analysis::Summary;
use record::plan::{LoadId, Rate, names};
use record::store::Run;

/// Connections of the load whose response times are drawn: busy, and not yet at any limit.
const MIDDLE: f64 = 100.0;
/// The same for offered rates, as a share of the peak.
const MIDDLE_SHARE: f64 = 0.75;
/// Equal rates that are drawn.
const EQUAL: usize = 2;

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

/// The loads whose costs and response times are drawn: the equal rates, or else the middle load of the main scenario.
pub fn main_loads(summary: &Summary) -> Vec<LoadId> {
    let Some(main) = summary.main_scenario() else {
        return Vec::new();
    };
    if main == names::EQUAL {
        return key_loads(summary, main, EQUAL, |_| true);
    }
    middle_load(summary, main).into_iter().collect()
}

/// The load of the ladder under which a server is busy, and not yet at any limit.
pub fn saturated_load(summary: &Summary) -> Option<LoadId> {
    middle_load(summary, names::LADDER)
}

/// The summary with the details that figures draw.
pub fn with_details(run: &Run, summary: &Summary) -> Summary {
    let mut detailed = summary.clone();
    detailed.add_curves(run, &main_loads(summary));
    if let Some(load) = crowd_load(summary) {
        detailed.add_connections(run, load);
    }
    detailed
}
