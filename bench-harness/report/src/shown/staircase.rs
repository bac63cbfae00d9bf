//! Figure: who waits for whom, by the first requests of a few clients.

use analysis::{Cell, Metric, Summary};
use record::number::{counted, nanoseconds};
use record::outcome::Timeline;

use super::super::figure::{Client, Doing, Span, Staircase};
use super::super::svg::Panel;
use super::super::table::Table;
use super::{Figure, families, who};

/// The model that answers the most is drawn beside the one that answers the fewest if it answers so many times as many.
const APART: f64 = 1.5;

/// The figure of the first load of a scenario whose clients were noted one by one; `None` where none were.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let noted = |load: &usize| {
        let mut models = 0..summary.contenders.len();
        summary.loads[*load].scenario == scenario
            && models.any(|c| !summary.cell(c, *load).timelines.is_empty())
    };
    let load = (0..summary.loads.len()).find(noted)?;
    let drawn = telling(summary, load);
    let cells: Vec<&Cell> = drawn.iter().map(|&c| summary.cell(c, load)).collect();
    let until_us = until(&cells)?;
    let work = cells.iter().find_map(|cell| cell.work_us);
    let dark = work.map_or("its end, when the reply came".to_owned(), |us| {
        format!(
            "the last {} before its reply, which is how long the work takes that it asks for",
            nanoseconds(us as f64 * 1e3)
        )
    });
    Some(Figure {
        id: format!("{scenario}-staircase"),
        short: format!("Who waits: {scenario}"),
        question: format!("Who waits for whom, at {}?", summary.loads[load].label()),
        read: format!(
            "One row a client, from the moment at which all ask for the first time. Light: its request waits; dark: {dark}. Stairs: \
             one after the other. A wall: all at the same time. Of each family the model that answers the fewest requests under \
             this load, and where another answers half as many again or more, the one that answers the most."
        ),
        not: format!(
            "Other clients, and more than the first {} of each, in one trial. When the server worked on a request: a client sees only \
             when it sent it and when the reply came. A server that sends the replies of several requests at once, as io_uring submits \
             them, looks like a wall, although it works on one after the other: then the light part before it is long.",
            counted(Timeline::REQUESTS, "request")
        ),
        panels: drawn
            .iter()
            .map(|&contender| panel(summary, contender, load, until_us))
            .collect(),
        table: table(summary, load),
    })
}

/// Of each family the slowest under this load and, where it is far from it, the fastest.
fn telling(summary: &Summary, load: usize) -> Vec<usize> {
    let rate = |c: usize| summary.median(c, load, Metric::Throughput);
    let of_family = |members: &[usize]| {
        let noted = members
            .iter()
            .filter(|&&c| !summary.cell(c, load).timelines.is_empty());
        let rates: Vec<(usize, f64)> = noted.filter_map(|&c| Some((c, rate(c)?))).collect();
        let slowest = rates.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        // Of several equal ones the first, as with the slowest.
        let fastest = rates.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let far = slowest.zip(fastest).filter(|(a, b)| b.1 >= APART * a.1);
        let both = slowest.into_iter().chain(far.map(|(_, fastest)| fastest));
        both.map(|(c, _)| *c).collect::<Vec<_>>()
    };
    let families = families(summary);
    families
        .iter()
        .flat_map(|(_, members)| of_family(members))
        .collect()
}

/// When the last client had its second reply, but no later than the notes of any client reach, in microseconds.
fn until(cells: &[&Cell]) -> Option<u64> {
    let all = || cells.iter().flat_map(|cell| &cell.timelines);
    let end = |timeline: &Timeline, index: usize| {
        Some(timeline.sent_us.get(index)? + timeline.took_us.get(index)?)
    };
    let second = all().filter_map(|timeline| end(timeline, 1).or_else(|| end(timeline, 0)));
    let full = all().filter_map(|timeline| end(timeline, Timeline::REQUESTS - 1));
    Some(second.max()?.min(full.min().unwrap_or(u64::MAX)).max(1))
}

fn panel(summary: &Summary, contender: usize, load: usize, until_us: u64) -> Panel {
    let cell = summary.cell(contender, load);
    let clients = cell.timelines.iter().map(|timeline| Client {
        name: format!("client {}", timeline.client + 1),
        spans: spans(timeline, cell.work_us.unwrap_or(0), until_us),
    });
    Staircase {
        who: who(summary, contender),
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

/// What a client did until then: each request waits, and is then being served for as long as its work takes.
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

/// How long the first request of the clients took, and who was never answered.
fn in_words(cell: &Cell) -> String {
    let (first, last, never) = first_waits(cell);
    let never = match never {
        0 => String::new(),
        never => format!(", {never} never"),
    };
    match first.zip(last) {
        Some((first, last)) => {
            let write = |us: u64| nanoseconds(us as f64 * 1e3);
            format!(
                "the first was answered after {}, the last after {}{never}",
                write(first),
                write(last)
            )
        }
        None => "none was answered".to_owned(),
    }
}

/// The shortest and the longest first wait in microseconds, and how many clients were never answered.
fn first_waits(cell: &Cell) -> (Option<u64>, Option<u64>, usize) {
    let waits = || {
        let first = cell.timelines.iter().map(|one| one.took_us.first());
        first.flatten().copied()
    };
    (
        waits().min(),
        waits().max(),
        cell.timelines.len() - waits().count(),
    )
}

fn table(summary: &Summary, load: usize) -> Table {
    let columns = ["model", "first answered", "last answered", "never answered"];
    let mut table = Table::new("The first request of the clients that were noted", &columns);
    for (contender, who) in summary.contenders.iter().enumerate() {
        let cell = summary.cell(contender, load);
        if cell.timelines.is_empty() {
            continue;
        }
        let (first, last, never) = first_waits(cell);
        let write =
            |us: Option<u64>| us.map_or("–".to_owned(), |us| nanoseconds(us as f64 * 1e3));
        let row = [write(first), write(last), never.to_string()];
        table
            .rows
            .push([who.name.clone()].into_iter().chain(row).collect());
    }
    table
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
