//! The shortest report: a table of 80 columns for the end of a comparison.

use std::fmt::Write as _;
use std::mem::discriminant;

use analysis::{Bar, Metric, Summary, Verdict};
use record::number::counted;

use super::shown::absent;
use super::words::at;

const COLUMNS: [Metric; 4] = [Metric::Throughput, Metric::P99, Metric::Cpu, Metric::Memory];
const NAME: usize = 24;
const VALUE: usize = 10;
const WIDTH: usize = 80;

/// Medians under the highest load that all were measured under, and the verdicts about throughput there.
pub fn terminal(summary: &Summary) -> String {
    let load = summary.common_load();
    let trials = (0..summary.contenders.len())
        .map(|c| summary.cell(c, load).trials)
        .max()
        .unwrap_or(0);
    let mut text = format!(
        "At {}, medians of {}:\n\n",
        at(summary, load),
        counted(trials, "trial")
    );
    let headings = COLUMNS
        .map(|metric| format!("{:>VALUE$}", metric.heading()))
        .concat();
    writeln!(text, "{:NAME$}{headings}  verdict", "model").expect("a string takes all text");
    let mut starved = false;
    for (contender, who) in summary.contenders.iter().enumerate() {
        let left_out = summary
            .median(contender, load, Metric::NeverServed)
            .unwrap_or(0.0)
            > 0.0;
        starved |= left_out;
        let ring = if left_out { " ○" } else { "" };
        let name = cut(&who.name, NAME - 2) + ring;
        let line = format!(
            "{name:NAME$}{}  {}",
            values(summary, contender, load),
            word(summary, contender, load)
        );
        writeln!(text, "{}", line.trim_end()).expect("a string takes all text");
    }
    let baseline = cut(&summary.contenders[summary.baseline].name, NAME);
    writeln!(
        text,
        "\nThe verdict is about requests/s, against {baseline}."
    )
    .expect("a string takes all text");
    if starved {
        text += "○ some clients were never served; their waits count as at least so long\n";
    }
    for reason in why_none(summary, load) {
        text += &wrapped(&format!("No verdict: {reason}"));
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

fn word(summary: &Summary, contender: usize, load: usize) -> &'static str {
    if contender == summary.baseline {
        return "the baseline";
    }
    let found = summary
        .cell(contender, load)
        .compared
        .get(&Metric::Throughput);
    found.map_or("", |found| found.verdict.word(Metric::Throughput))
}

/// The reasons why there are no verdicts, one of each kind.
fn why_none(summary: &Summary, load: usize) -> Vec<String> {
    let mut bars: Vec<&Bar> = Vec::new();
    for contender in 0..summary.contenders.len() {
        let compared = &summary.cell(contender, load).compared;
        let found = compared.get(&Metric::Throughput);
        if let Some(Verdict::Barred(bar)) = found.map(|found| &found.verdict)
            && !bars
                .iter()
                .any(|other| discriminant(*other) == discriminant(bar))
        {
            bars.push(bar);
        }
    }
    bars.into_iter().map(Bar::to_string).collect()
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

/// At most so many letters; the end of a longer text is left out.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    kept + "…"
}
