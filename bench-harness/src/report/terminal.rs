//! The shortest report: a table of 80 columns for the end of a comparison.

use std::fmt::Write as _;

use super::shown::absent;
use crate::analysis::{Metric, Summary};
use crate::number::counted;

const COLUMNS: [Metric; 4] = [Metric::Throughput, Metric::P99, Metric::Cpu, Metric::Memory];
const NAME: usize = 24;
const VALUE: usize = 12;

/// Medians under the highest load that all were measured under.
pub fn terminal(summary: &Summary) -> String {
    let load = summary.common_load();
    let trials = (0..summary.contenders.len())
        .map(|c| summary.cell(c, load).trials)
        .max()
        .unwrap_or(0);
    let mut text = format!(
        "At {}, medians of {}:\n\n",
        summary.loads[load].label(),
        counted(trials, "trial")
    );
    let headings = COLUMNS
        .map(|metric| format!("{:>VALUE$}", metric.heading()))
        .concat();
    writeln!(text, "{:NAME$}{headings}", "model").expect("a string takes all text");
    let mut starved = false;
    for (contender, who) in summary.contenders.iter().enumerate() {
        let name = cut(&who.name, NAME - 1);
        let left_out = summary
            .median(contender, load, Metric::NeverServed)
            .unwrap_or(0.0)
            > 0.0;
        starved |= left_out;
        let ring = if left_out { " ○" } else { "" };
        writeln!(
            text,
            "{name:NAME$}{}{ring}",
            values(summary, contender, load)
        )
        .expect("a string takes all text");
    }
    if starved {
        text += "\n○ some clients were never served; their waits count as at least so long\n";
    }
    text
}

fn values(summary: &Summary, contender: usize, load: usize) -> String {
    if summary.cell(contender, load).trials == 0 {
        return format!("{:>VALUE$}", absent(summary, contender, load));
    }
    let value = |metric: Metric| match summary.median(contender, load, metric) {
        Some(median) => format!("{:>VALUE$}", metric.unit().write(median)),
        None => format!("{:>VALUE$}", "–"),
    };
    COLUMNS.map(value).concat()
}

/// At most so many letters; the end of a longer text is left out.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    kept + "…"
}
