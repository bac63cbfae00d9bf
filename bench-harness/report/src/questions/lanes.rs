//! Figure: who waits for whom, by the first requests of a few clients, for two models above one another.

mod record;

use ::record::number::{counted, grouped, nanoseconds};
use ::record::plan::{ContenderId, LoadId};
use analysis::{Cell, Metric, Summary};

use super::figure::Figure;
use super::rows::identity;
use crate::figure::{Asked, Client, Lanes};
use crate::phrases::situation;
use crate::svg::Panel;
use crate::table::Table;
pub use record::{Lane, Recorded, until};

/// The identifier of the figure.
pub const ID: &str = "lanes";

/// The figure of the first load under which single clients were recorded; `None` if there is none.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let load = *loads(summary).first()?;
    let drawn = telling(summary, load);
    Some(Figure {
        id: ID.to_owned(),
        short: "Who waits for whom".to_owned(),
        question: format!("Who waits for whom, with {}?", situation(summary, load)),
        how_to_read: how_to_read(summary, load),
        not_shown: "The other clients, and later requests (grey: not recorded). What the server does meanwhile: a client sees only when it sends and \
             when the reply comes. The generator sends the first requests one after the other, and reads the replies so; a small slope is its own."
            .to_owned(),
        panels: vec![panel(summary, load, &drawn)?],
        table: table(summary, load),
    })
}

/// The loads under which single clients were recorded.
pub fn loads(summary: &Summary) -> Vec<LoadId> {
    let loads = summary.measured_loads();
    let is_recorded = |load: &LoadId| !recorded(summary, *load).is_empty();
    loads.filter(is_recorded).collect()
}

/// The contenders with recorded clients under this load, without the control.
pub fn recorded(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let has = |id: &ContenderId| !summary.cell(*id, load).timelines.is_empty();
    let ids = summary.contender_ids();
    ids.filter(|&id| has(&id) && !summary.is_twin(id)).collect()
}

/// The two contenders that differ most: the baseline below, and above it the one that leaves out most of the recorded clients or, if
/// none does, the one with the fewest requests per second.
pub fn telling(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let all = recorded(summary, load);
    let never = |id: &ContenderId| summary.cell(*id, load).first_waits().never;
    let rate = |id: &ContenderId| summary.median(*id, load, Metric::Throughput).unwrap_or(0.0);
    let worse = |a: &&ContenderId, b: &&ContenderId| {
        never(b).cmp(&never(a)).then(rate(a).total_cmp(&rate(b)))
    };
    let is_baseline = |id: &&ContenderId| **id == summary.baseline;
    let below = all
        .iter()
        .find(is_baseline)
        .or_else(|| all.iter().max_by(worse));
    let others = all.iter().filter(|id| Some(*id) != below);
    others
        .min_by(worse)
        .into_iter()
        .chain(below)
        .copied()
        .collect()
}

/// The first replies of the clients of a cell, in a sentence.
pub fn note(cell: &Cell) -> String {
    let waits = cell.first_waits();
    let all = cell.timelines.len();
    let last = waits.range_us.map(|(_, last)| microseconds(last));
    match (waits.never, last) {
        (0, Some(last)) => {
            format!("each of these {all} clients waits at most {last} for its first reply")
        }
        (never, Some(_)) => format!("{never} of these {all} clients never get a reply"),
        (_, None) => "none of these clients gets a reply".to_owned(),
    }
}

/// The meaning of the dark part of a request.
pub fn dark(summary: &Summary, load: LoadId) -> &'static str {
    match work_us(summary, load) {
        Some(_) => "the server works on it",
        None => "its reply comes",
    }
}

/// Duration of the work of each request under this load in microseconds, if there is any.
pub fn work_us(summary: &Summary, load: LoadId) -> Option<u64> {
    let mut cells = summary.contender_ids().map(|id| summary.cell(id, load));
    cells.find_map(|cell| cell.work_us)
}

fn how_to_read(summary: &Summary, load: LoadId) -> String {
    let all = recorded(summary, load);
    let clients = all.iter().map(|&id| summary.cell(id, load).timelines.len());
    let dark = work_us(summary, load).map_or("its reply comes".to_owned(), |us| {
        format!(
            "the last {} before its reply, the duration of its work",
            microseconds(us)
        )
    });
    format!(
        "One lane a client: {} of {} busy ones, in the order in which they connected, from the moment at which all send their first request. Light: a \
         request waits. Dark: {dark}. Stairs: one client is answered after the other. A wall: all at the same time. A lane without a dark mark: a client \
         that only waits. Two models on the same axis: below the baseline, above it the one that differs most.",
        clients.max().unwrap_or(0),
        grouped(summary.loads[load].active as u64),
    )
}

fn panel(summary: &Summary, load: LoadId, drawn: &[ContenderId]) -> Option<Panel> {
    let records: Vec<Recorded> = drawn
        .iter()
        .map(|&id| Recorded::of(summary.cell(id, load)))
        .collect();
    let until_us = until(&records)?;
    let contender = |(&id, record): (&ContenderId, &Recorded)| Asked {
        identity: identity(summary, id),
        note: note(summary.cell(id, load)),
        known_ms: record.known_us.unwrap_or(until_us) as f64 / 1e3,
        clients: clients(record, work_us(summary, load).unwrap_or(0), until_us),
    };
    let described = drawn.iter().map(|&id| {
        format!(
            "{}: {}.",
            summary.contenders[id].name,
            note(summary.cell(id, load))
        )
    });
    let lanes = Lanes {
        description: described.collect::<Vec<_>>().join(" "),
        until_ms: until_us as f64 / 1e3,
        dark: dark(summary, load),
        contenders: drawn.iter().zip(&records).map(contender).collect(),
    };
    Some(lanes.panel())
}

fn clients(record: &Recorded, work_us: u64, until_us: u64) -> Vec<Client> {
    let client = |lane: &record::Lane| Client {
        name: format!("client {}", lane.client + 1),
        spans: lane.spans(work_us, until_us.min(record.known_us.unwrap_or(until_us))),
    };
    record.lanes.iter().map(client).collect()
}

fn table(summary: &Summary, load: LoadId) -> Table {
    let columns = [
        "model",
        "first reply after",
        "last reply after",
        "without reply",
    ];
    let title = format!(
        "The first request of each recorded client, with {}",
        situation(summary, load)
    );
    let mut table = Table::new(title, &columns);
    for id in recorded(summary, load) {
        let waits = summary.cell(id, load).first_waits();
        let (first, last) = match waits.range_us {
            Some((first, last)) => (microseconds(first), microseconds(last)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let name = summary.contenders[id].name.clone();
        table
            .rows
            .push(vec![name, first, last, counted(waits.never, "client")]);
    }
    table
}

fn microseconds(us: u64) -> String {
    nanoseconds(us as f64 * 1e3)
}
