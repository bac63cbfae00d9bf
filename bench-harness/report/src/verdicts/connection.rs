//! Table: the memory that one more connection costs, by kind, with intervals.

use analysis::{Metric, Slope, Summary};

use super::section::Section;
use crate::table::Table;

const KINDS: [Metric; 5] = [
    Metric::Memory,
    Metric::PageTables,
    Metric::KernelStacks,
    Metric::SocketMemory,
    Metric::WholeMemory,
];

/// The memory of a connection.
pub fn section(summary: &Summary) -> Section {
    let mut table = Table::new("KiB per connection [95 % interval]", &["model"]);
    let headings = KINDS.map(|kind| kind.heading().to_owned());
    table.columns.extend(headings);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let slopes = KINDS.map(|kind| summary.per_connection(id, kind));
        if slopes.iter().any(Option::is_some) {
            let mut row = vec![contender.name.clone()];
            row.extend(slopes.map(cell));
            table.rows.push(row);
        }
    }
    let has_rows = !table.rows.is_empty();
    Section {
        id: "connection",
        question: "How much memory does a connection hold, and how sure is that?".to_owned(),
        how_to_read: "Slope of memory over the number of connections, through all sittings and trials in which no client was left out (Theil-Sen). Memory: all processes \
               (PSS). Socket memory: TCP buffers of both ends, coarse. All memory: program, page tables and kernel stacks."
            .to_owned(),
        tables: has_rows.then_some(table).into_iter().collect(),
    }
}

fn cell(slope: Option<Slope>) -> String {
    let Some(Slope { estimate, interval }) = slope else {
        return "–".to_owned();
    };
    let interval = interval.map_or(String::new(), |(low, high)| {
        format!(" [{}, {}]", written(low), written(high))
    });
    written(estimate) + &interval
}

/// A connection cannot hold less than nothing: below zero is noise.
fn written(kib: f64) -> String {
    let kib = if kib > 0.0 { kib } else { 0.0 };
    format!("{kib:.2}")
}
