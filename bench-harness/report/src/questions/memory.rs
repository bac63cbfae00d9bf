//! Figure: what one more connection costs in memory, by kind of memory.

use analysis::{Metric, Summary};
use record::number::{short, significant};
use record::plan::ContenderId;

use super::figure::Figure;
use super::rows::by_family;
use crate::figure::{Bar, Bars};
use crate::phrases::first_few;
use crate::table::Table;

/// Kinds of memory that belong to the server alone, with their names.
const KINDS: [(Metric, &str); 3] = [
    (Metric::Memory, "program (PSS)"),
    (Metric::PageTables, "page tables"),
    (Metric::KernelStacks, "kernel stacks"),
];

/// `None` if no contender was measured with two numbers of connections.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let contenders = summary.contender_ids();
    // A slope goes through thousands of pairs of trials: compute each one once.
    let slopes: Vec<Option<Vec<f64>>> = contenders.map(|id| slopes(summary, id)).collect();
    if slopes.iter().all(Option::is_none) {
        return None;
    }
    let table = table(summary, &slopes);
    let rows: Vec<String> = table.rows.iter().map(|row| row.join(" ")).collect();
    let panel = Bars {
        title: String::new(),
        description: format!("KiB per connection: {}.", first_few(&rows)),
        axis: "KiB per connection".to_owned(),
        kinds: KINDS.map(|(_, name)| name.to_owned()).to_vec(),
        unit: 1.0,
        tick: short,
        write,
        groups: by_family(summary, |contender| bar(slopes[contender.0].as_deref())),
    };
    Some(Figure {
        id: "memory".to_owned(),
        short: "Memory".to_owned(),
        question: "How much memory does one more connection cost?".to_owned(),
        how_to_read: "Shorter is better. Slope of each kind of memory over the number of connections, through all sittings and trials in which no client was left out \
               (Theil-Sen). Shared pages are divided among the processes that share them."
            .to_owned(),
        not_shown: "Socket buffers, which are the same for all models and coarse (see the table below), and the memory of a server without clients."
            .to_owned(),
        panels: vec![panel.panel()],
        table,
    })
}

/// KiB per connection of each kind; `None` if one of them is not known.
fn slopes(summary: &Summary, contender: ContenderId) -> Option<Vec<f64>> {
    let slope = |(kind, _): &(Metric, &str)| {
        let slope = summary.per_connection(contender, *kind)?;
        Some(slope.estimate.max(0.0))
    };
    KINDS.iter().map(slope).collect()
}

fn bar(slopes: Option<&[f64]>) -> Result<Bar, String> {
    let parts = slopes.ok_or("too few loads with all clients served")?;
    Ok(Bar {
        whole: parts.iter().sum(),
        parts: parts.to_vec(),
        trials: Vec::new(),
        ring: false,
    })
}

fn table(summary: &Summary, slopes: &[Option<Vec<f64>>]) -> Table {
    let mut table = Table::new("Memory per connection, by kind", &["model"]);
    table.columns.extend(KINDS.map(|(_, name)| name.to_owned()));
    for (contender, slopes) in summary.contenders.iter().zip(slopes) {
        let mut row = vec![contender.name.clone()];
        match slopes {
            Some(slopes) => row.extend(slopes.iter().copied().map(write)),
            None => row.extend(KINDS.map(|_| "–".to_owned())),
        }
        table.rows.push(row);
    }
    table
}

fn write(kib: f64) -> String {
    format!("{} KiB", significant(kib))
}
