//! The shortest report: a table of 80 columns for the end of a comparison.

use std::fmt::Write as _;
use std::mem::discriminant;

use analysis::{Bar, Metric, Summary, Verdict};
use record::number::counted;
use record::plan::{ContenderId, LoadId};

use crate::phrases::{load_name, median_or_dash, why_missing};

const COLUMNS: [Metric; 4] = [Metric::Throughput, Metric::P99, Metric::Cpu, Metric::Memory];
const NAME: usize = 24;
const VALUE: usize = 10;
const WIDTH: usize = 80;

/// Medians under the highest load that all contenders have in common, and the verdicts about throughput there.
pub fn terminal(summary: &Summary) -> String {
    let load = summary.common_load();
    let trials = summary
        .contender_ids()
        .map(|contender| summary.cell(contender, load).trials);
    let mut text = format!(
        "At {}, medians of {}:\n\n",
        load_name(summary, load),
        counted(trials.max().unwrap_or(0), "trial")
    );
    let headings = COLUMNS.map(|metric| format!("{:>VALUE$}", metric.heading()));
    let headings = headings.concat();
    writeln!(text, "{:NAME$}{headings}  verdict", "model").expect("a string takes all text");
    for contender in summary.contender_ids() {
        text += &row(summary, contender, load);
    }
    let baseline = cut(&summary.contenders[summary.baseline].name, NAME);
    writeln!(text, "\nVerdict: requests/s, compared with {baseline}.")
        .expect("a string takes all text");
    let mut contenders = summary.contender_ids();
    if contenders.any(|contender| is_starving(summary, contender, load)) {
        text +=
            "○ some clients were never served; each counts as a wait up to the end of the run\n";
    }
    for bar in bars(summary, load) {
        text += &wrapped(&format!("No verdict: {bar}"));
    }
    text
}

/// A line of the table.
fn row(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    let ring = if is_starving(summary, contender, load) {
        " ○"
    } else {
        ""
    };
    let name = cut(&summary.contenders[contender].name, NAME - 2) + ring;
    let line = format!(
        "{name:NAME$}{}  {}",
        values(summary, contender, load),
        word(summary, contender, load)
    );
    line.trim_end().to_owned() + "\n"
}

/// True if some clients were never served in most trials.
fn is_starving(summary: &Summary, contender: ContenderId, load: LoadId) -> bool {
    let never_served = summary.median(contender, load, Metric::NeverServed);
    never_served.is_some_and(|clients| clients > 0.0)
}

fn values(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    if summary.cell(contender, load).trials == 0 {
        return format!("{:>VALUE$}", why_missing(summary, contender, load));
    }
    let value = |metric| median_or_dash(summary, contender, load, metric);
    COLUMNS
        .map(|metric| format!("{:>VALUE$}", value(metric)))
        .concat()
}

fn word(summary: &Summary, contender: ContenderId, load: LoadId) -> &'static str {
    if contender == summary.baseline {
        return "baseline";
    }
    let compared = &summary.cell(contender, load).compared;
    let throughput = compared.get(&Metric::Throughput);
    throughput.map_or("", |compared| compared.verdict.word(Metric::Throughput))
}

/// The reasons why there are no verdicts, one of each kind.
fn bars(summary: &Summary, load: LoadId) -> Vec<&Bar> {
    let mut bars: Vec<&Bar> = Vec::new();
    for contender in summary.contender_ids() {
        let compared = &summary.cell(contender, load).compared;
        let throughput = compared.get(&Metric::Throughput);
        if let Some(Verdict::Barred(bar)) = throughput.map(|compared| &compared.verdict) {
            let kind = discriminant(bar);
            if !bars.iter().any(|known| discriminant(*known) == kind) {
                bars.push(bar);
            }
        }
    }
    bars
}

/// A paragraph of lines that fit.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            *line = format!("{line} {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// At most this many letters; the end of a longer text becomes an ellipsis.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    kept + "…"
}
