//! The table of slices: one row each, with its figures and their log ratios to the neighbouring slices of the baseline.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use analysis::{BY_ROUND, Metric, ratios_by_slice, slice_value};
use record::foreign::cell;
use record::plan::Load;
use record::slice::Slice;
use record::store::Run;

use super::io_error;

/// The columns with their descriptions, as the help shows them.
pub const COLUMNS: [(&str, &str); 27] = [
    ("run", "name of the folder"),
    ("sitting", "number of the sitting in the plan, from 0"),
    ("start", "how often its processes had been started before"),
    ("position", "place in the order of slices since that start"),
    ("round", "number of the round in the sitting, from 0"),
    ("attempt", "0, or 1, 2… for repeats of a disturbed slice"),
    ("block", "number of the block, from 0"),
    ("contender", "the server that was measured"),
    ("is_baseline", "true if the others are compared with it"),
    ("scenario", "kind of load"),
    ("step", "its value on the axis of the scenario"),
    ("connections", "number of clients that are connected"),
    ("pipeline", "most requests that a client has in flight"),
    (
        "offered",
        "requests offered per second; empty in a closed loop",
    ),
    ("started", "when the slice began (RFC 3339, UTC)"),
    ("counts", "true if it did not fail and was not disturbed"),
    ("window_s", "measured time in seconds"),
    ("requests", "replies in that time"),
    ("throughput", "requests per second"),
    ("response_p50", "median response time in nanoseconds"),
    ("cpu", "CPU time of the server per request in microseconds"),
    (
        "server_share",
        "share of its usable CPUs that the server used",
    ),
    (
        "generator_share",
        "share of its CPU that the generator used",
    ),
    ("never_served", "clients without any reply so far"),
    (
        "log_throughput",
        "log ratio to the mean of the two neighbours' logs",
    ),
    ("log_response_p50", "the same for the median response time"),
    ("log_cpu", "the same for CPU time per request"),
];

/// Writes all slices of a run as a table.
///
/// # Errors
/// `out` cannot be written.
pub fn write_slices(run: &Run, out: impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(BufWriter::new(out));
    let header = COLUMNS.map(|(name, _)| name);
    table.write_record(header).map_err(io_error)?;
    let ratios = ratios_by_slice(&run.plan, &run.slices);
    let none = BTreeMap::new();
    for slice in &run.slices {
        let ratios = ratios.get(&slice.place).unwrap_or(&none);
        let figures = figures(slice, ratios);
        let row = place(run, slice).into_iter().chain(figures);
        table.write_record(row).map_err(io_error)?;
    }
    table.flush()
}

/// The columns that say which slice it is.
fn place(run: &Run, slice: &Slice) -> [String; 16] {
    let place = slice.place;
    let sitting = run.plan.sittings.get(place.sitting);
    let load = sitting.map(|sitting| &run.plan.loads[sitting.load]);
    let text = |number: Option<usize>| number.map_or_else(String::new, |n| n.to_string());
    [
        cell(&run.name).into_owned(),
        place.sitting.to_string(),
        place.start.to_string(),
        place.position.to_string(),
        place.round.to_string(),
        place.attempt.to_string(),
        text(sitting.map(|sitting| sitting.block)),
        cell(&slice.contender).into_owned(),
        (slice.contender == run.plan.baseline).to_string(),
        cell(&slice.scenario).into_owned(),
        slice.step.to_string(),
        text(load.map(|load| load.connections)),
        text(load.map(Load::depth)),
        number(slice.offered),
        slice.started.to_string(),
        slice.counts().to_string(),
    ]
}

/// The columns of figures.
fn figures(slice: &Slice, ratios: &BTreeMap<Metric, f64>) -> Vec<String> {
    let clients = &slice.clients;
    let mut figures = vec![clients.window_s.to_string(), clients.requests.to_string()];
    figures.extend(BY_ROUND.map(|metric| number(slice_value(metric, slice))));
    figures.extend([
        number(slice.server_share()),
        number(slice.generator_share()),
        clients.never_served.to_string(),
    ]);
    figures.extend(BY_ROUND.map(|metric| number(ratios.get(&metric).copied())));
    figures
}

/// A figure as text; empty if there is none.
fn number(value: Option<f64>) -> String {
    let value = value.filter(|value| value.is_finite());
    value.map_or_else(String::new, |value| value.to_string())
}
