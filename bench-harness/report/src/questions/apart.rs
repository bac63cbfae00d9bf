//! Which contenders are not ranked in a figure, and why, in a few words.

use analysis::{Cell, Metric, Summary};
use record::number::{grouped, share};
use record::plan::{ContenderId, LoadId};

use crate::phrases::why_missing;

/// The heading of contenders that are not ranked.
pub const NOT_RANKED: &str = "did not serve every client";
/// The heading of contenders without data.
pub const NOT_MEASURED: &str = "not measured";
/// The heading of the control.
pub const CONTROL: &str = "control: the same server twice";

/// Why a contender has no rank under a load, if it did not serve every request.
pub fn why_not_ranked(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    let cell = summary.cell(contender, load);
    if cell.left_out() {
        return Some(unserved(cell, summary.loads[load].active as u64));
    }
    let answered = cell.behind()?;
    Some(format!("answered only {} of the requests", share(answered)))
}

/// How many clients were served, or refused.
fn unserved(cell: &Cell, clients: u64) -> String {
    let median = |metric| {
        let estimate = cell.estimates.get(&metric);
        estimate.map_or(0, |estimate| estimate.median as u64)
    };
    match median(Metric::NeverServed) {
        0 => format!("refused {} connections", grouped(median(Metric::Refused))),
        never => {
            let clients = clients.max(never);
            let served = grouped(clients - never);
            format!("served {served} of {} clients", grouped(clients))
        }
    }
}

/// Why a contender has no value under a load.
pub fn why_absent(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    let capacity = summary.contenders[contender].capacity;
    let declared = capacity.filter(|_| summary.cell(contender, load).cannot.is_some());
    match declared {
        Some(capacity) => format!("serves at most {} at once", grouped(capacity as u64)),
        None => why_missing(summary, contender, load).to_owned(),
    }
}
