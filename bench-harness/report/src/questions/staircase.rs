//! Figure: which client waits for which, by the first requests of a few clients.

use analysis::{Cell, Members, Metric, Summary};
use record::number::{counted, nanoseconds};
use record::outcome::Timeline;
use record::plan::{ContenderId, LoadId};

use super::figure::Figure;
use super::rows::{families, identity};
use crate::figure::{Client, Doing, Span, Staircase};
use crate::phrases::label;
use crate::svg::Panel;
use crate::table::Table;

/// The fastest and the slowest model of a family are both drawn if they differ at least by this factor.
const APART: f64 = 1.5;

/// The figure of the first load of a scenario under which single clients were recorded; `None` if there is none.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let has_timelines = |load: &LoadId| {
        let mut cells = summary.contender_ids().map(|id| summary.cell(id, *load));
        cells.any(|cell| !cell.timelines.is_empty())
    };
    let load = summary.loads_of(scenario).find(has_timelines)?;
    let drawn = drawn(summary, load);
    let cells: Vec<&Cell> = drawn.iter().map(|&id| summary.cell(id, load)).collect();
    let until_us = until(&cells)?;
    let dark = dark(&cells);
    Some(Figure {
        id: format!("{scenario}-staircase"),
        short: format!("Waiting: {scenario}"),
        question: format!(
            "Which clients wait for each other, at {}?",
            label(summary, load)
        ),
        how_to_read: format!(
            "One row per client, from the moment at which all send their first request. Light: a request waits. Dark: {dark}. Stairs: the \
             server works on one request after the other. A wall: it works on all at the same time. Shown per family: the model with the \
             fewest requests/s under this load, and the one with the most if it answers at least 1.5 times as many."
        ),
        not_shown: format!(
            "Other clients, other trials, and more than the first {} of each client. When the server worked on a request: a client sees only the \
             send and the reply. A server that sends several replies at once, as with io_uring, looks like a wall although it works on one \
             request after the other; the light part before the wall is then long.",
            counted(Timeline::REQUESTS, "request")
        ),
        panels: drawn
            .iter()
            .map(|&contender| panel(summary, contender, load, until_us))
            .collect(),
        table: table(summary, load),
    })
}

/// The meaning of the dark part of a request.
fn dark(cells: &[&Cell]) -> String {
    let work = cells.iter().find_map(|cell| cell.work_us);
    work.map_or("the reply arrives".to_owned(), |us| {
        format!(
            "the last {} before its reply, the duration of its work",
            microseconds(us)
        )
    })
}

/// The slowest model of each family under this load and, if it is far from it, the fastest.
fn drawn(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let rate = |&contender: &ContenderId| {
        let has_timelines = !summary.cell(contender, load).timelines.is_empty();
        let rate = summary.median(contender, load, Metric::Throughput)?;
        has_timelines.then_some((contender, rate))
    };
    let of_family = |family: &Members| {
        let rates: Vec<(ContenderId, f64)> = family.members.iter().filter_map(rate).collect();
        let slowest = rates.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        // The first one of several equal ones, as with the slowest.
        let fastest = rates.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let far = slowest.zip(fastest).filter(|(a, b)| b.1 >= APART * a.1);
        let both = slowest.into_iter().chain(far.map(|(_, fastest)| fastest));
        both.map(|(contender, _)| *contender).collect::<Vec<_>>()
    };
    families(summary).iter().flat_map(of_family).collect()
}

/// The end of the axis in microseconds: when the last client had its second reply, but no later than the end of any full record.
fn until(cells: &[&Cell]) -> Option<u64> {
    let all = || cells.iter().flat_map(|cell| &cell.timelines);
    let reply = |timeline: &Timeline, index: usize| {
        Some(timeline.sent_us.get(index)? + timeline.took_us.get(index)?)
    };
    let second = all().filter_map(|timeline| reply(timeline, 1).or_else(|| reply(timeline, 0)));
    let full = all().filter_map(|timeline| reply(timeline, Timeline::REQUESTS - 1));
    Some(second.max()?.min(full.min().unwrap_or(u64::MAX)).max(1))
}

fn panel(summary: &Summary, contender: ContenderId, load: LoadId, until_us: u64) -> Panel {
    let cell = summary.cell(contender, load);
    let clients = cell.timelines.iter().map(|timeline| Client {
        name: format!("client {}", timeline.client + 1),
        spans: spans(timeline, cell.work_us.unwrap_or(0), until_us),
    });
    Staircase {
        identity: identity(summary, contender),
        description: format!(
            "{}: of {} clients {}.",
            summary.contenders[contender].name,
            cell.timelines.len(),
            in_words(cell)
        ),
        until_ms: until_us as f64 / 1e3,
        clients: clients.collect(),
    }
    .panel()
}

/// What a client did until then: each request waits, and is then served for as long as its work takes.
fn spans(timeline: &Timeline, work_us: u64, until_us: u64) -> Vec<Span> {
    let span = |from: u64, to: u64, doing: Doing| {
        (from < until_us).then(|| Span {
            from_ms: from as f64 / 1e3,
            to_ms: to.min(until_us) as f64 / 1e3,
            doing,
        })
    };
    let request = |(index, &sent): (usize, &u64)| match timeline.took_us.get(index) {
        Some(&took) => {
            let turn = sent + took.saturating_sub(work_us);
            [
                span(sent, turn, Doing::Waiting),
                span(turn, sent + took, Doing::Served),
            ]
        }
        None => [span(sent, until_us, Doing::Waiting), None],
    };
    let requests = timeline.sent_us.iter().enumerate().map(request);
    requests.flatten().flatten().collect()
}

/// How long the first requests took, and how many clients were never answered.
fn in_words(cell: &Cell) -> String {
    let waits = cell.first_waits();
    let never = match waits.never {
        0 => String::new(),
        never => format!(", {never} never"),
    };
    match waits.range_us {
        Some((first, last)) => format!(
            "the first was answered after {}, the last after {}{never}",
            microseconds(first),
            microseconds(last)
        ),
        None => "none was answered".to_owned(),
    }
}

fn table(summary: &Summary, load: LoadId) -> Table {
    let columns = [
        "model",
        "first reply after",
        "last reply after",
        "without reply",
    ];
    let mut table = Table::new("The first request of each recorded client", &columns);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let cell = summary.cell(id, load);
        if cell.timelines.is_empty() {
            continue;
        }
        let waits = cell.first_waits();
        let (first, last) = match waits.range_us {
            Some((first, last)) => (microseconds(first), microseconds(last)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let row = vec![contender.name.clone(), first, last, waits.never.to_string()];
        table.rows.push(row);
    }
    table
}

fn microseconds(us: u64) -> String {
    nanoseconds(us as f64 * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(sent_us: &[u64], took_us: &[u64]) -> Timeline {
        Timeline {
            client: 0,
            sent_us: sent_us.to_vec(),
            took_us: took_us.to_vec(),
        }
    }

    #[test]
    fn a_request_waits_until_its_work_begins() {
        let spans = spans(&timeline(&[0, 8_000], &[8_000]), 5_000, 20_000);
        let plain: Vec<_> = spans
            .iter()
            .map(|span| (span.from_ms, span.to_ms, span.doing))
            .collect();
        assert_eq!(
            plain,
            [
                (0.0, 3.0, Doing::Waiting),
                (3.0, 8.0, Doing::Served),
                (8.0, 20.0, Doing::Waiting)
            ]
        );
    }

    #[test]
    fn the_axis_ends_with_the_second_reply_of_the_last_client() {
        let cell = |timelines: Vec<Timeline>| Cell {
            timelines,
            ..Cell::default()
        };
        let slow = cell(vec![timeline(&[0, 80], &[80, 80]), timeline(&[0], &[])]);
        assert_eq!(until(&[&slow]), Some(160));
        let fast = cell(vec![timeline(&(0..32).collect::<Vec<_>>(), &[3; 32])]);
        assert_eq!(until(&[&slow, &fast]), Some(34));
        assert_eq!(until(&[]), None);
    }
}
