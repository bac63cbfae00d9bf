//! The shortest report: a table of 80 columns for the end of a comparison, and what to do next.

use std::fmt::Write as _;
use std::mem::discriminant;

use analysis::{Bar, Metric, Summary, Verdict};
use record::number::counted;
use record::plan::{ContenderId, LoadId};

use crate::phrases::{SPINS, situation, why_missing};
use crate::undecided::{plan_for_more, what_is_open};
use crate::values::{AT_LEAST, median_or_dash};
use crate::words::{word, zone};

/// The columns at an equal rate, where all contenders do the same work.
const AT_A_RATE: [Metric; 4] = [Metric::Cpu, Metric::P50, Metric::P99, Metric::Throughput];
/// The columns in a closed loop.
const IN_A_LOOP: [Metric; 4] = [Metric::Throughput, Metric::P99, Metric::Cpu, Metric::Memory];
const NAME: usize = 24;
const VALUE: usize = 10;
const WIDTH: usize = 80;

/// Medians at the first equal rate, or else under the highest load that all contenders have in common; the verdicts in the figure
/// that decides there; and what to do next.
pub fn terminal(summary: &Summary) -> String {
    let shown = Shown::of(summary);
    let mut text = wrapped(&shown.heading()) + "\n";
    let headings = shown
        .columns
        .map(|metric| format!("{:>VALUE$}", heading(metric, shown.columns[0])));
    let headings = headings.concat();
    writeln!(text, "{:NAME$}{headings}  verdict", "model").expect("a string takes all text");
    for contender in summary.contender_ids() {
        text += &shown.row(contender);
    }
    text.push('\n');
    for note in shown.notes() {
        text += &wrapped(&note);
    }
    text + &next(summary)
}

/// The heading of a column, with a space in front of it.
fn heading(metric: Metric, first: Metric) -> &'static str {
    match metric {
        Metric::Throughput if first != metric => "req/s",
        _ => metric.heading(),
    }
}

/// What is not decided, and the plan for more.
fn next(summary: &Summary) -> String {
    let sentences = [what_is_open(summary), plan_for_more(summary)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    if sentences.is_empty() {
        return String::new();
    }
    format!("\n{}", wrapped(&sentences.join(" ")))
}

/// The load that is shown, and what is shown of it.
struct Shown<'a> {
    summary: &'a Summary,
    load: LoadId,
    columns: [Metric; 4],
    /// The figure that decides.
    deciding: Metric,
}

impl<'a> Shown<'a> {
    fn of(summary: &'a Summary) -> Self {
        let load = summary.shown_load();
        let is_open = summary.loads[load].is_equal_rate();
        Self {
            summary,
            load,
            columns: if is_open { AT_A_RATE } else { IN_A_LOOP },
            deciding: summary.deciding(load),
        }
    }

    fn heading(&self) -> String {
        let cells = self
            .summary
            .models()
            .map(|id| self.summary.cell(id, self.load));
        let rounds = cells.clone().map(|cell| cell.rounds.count());
        let behind = match rounds.filter(|rounds| *rounds > 0).min() {
            Some(rounds) => {
                let sittings = cells.map(|cell| cell.rounds.sittings());
                let sittings = sittings.filter(|sittings| *sittings > 0).min();
                let sittings = counted(sittings.unwrap_or(0), "sitting");
                format!("{sittings} ({})", counted(rounds, "round"))
            }
            None => counted(cells.map(|cell| cell.trials).max().unwrap_or(0), "trial"),
        };
        format!(
            "At {}, medians of {behind}:",
            situation(self.summary, self.load)
        )
    }

    /// A line of the table.
    fn row(&self, contender: ContenderId) -> String {
        let ring = if self.is_starving(contender) {
            " ○"
        } else {
            ""
        };
        let name = cut(&self.summary.contenders[contender].name, NAME - 2) + ring;
        let line = format!(
            "{name:NAME$}{}  {}",
            self.values(contender),
            self.word(contender)
        );
        line.trim_end().to_owned() + "\n"
    }

    /// True if some clients were never served in most trials.
    fn is_starving(&self, contender: ContenderId) -> bool {
        let never_served = self
            .summary
            .median(contender, self.load, Metric::NeverServed);
        never_served.is_some_and(|clients| clients > 0.0)
    }

    fn values(&self, contender: ContenderId) -> String {
        if self.summary.cell(contender, self.load).trials == 0 {
            let why = why_missing(self.summary, contender, self.load);
            return format!("{why:>VALUE$}");
        }
        let value = |metric| median_or_dash(self.summary, contender, self.load, metric);
        self.columns
            .map(|metric| format!("{:>VALUE$}", value(metric)))
            .concat()
    }

    fn word(&self, contender: ContenderId) -> &'static str {
        if contender == self.summary.baseline {
            return "baseline";
        }
        word(self.summary, contender, self.load, self.deciding).unwrap_or("")
    }

    /// The meaning of the words and marks, and why there is no verdict.
    fn notes(&self) -> Vec<String> {
        let summary = self.summary;
        let any = |has: &dyn Fn(ContenderId) -> bool| summary.contender_ids().any(has);
        let mut notes = vec![format!(
            "Verdict: {} against {}; equivalent: within {}.",
            self.deciding.heading(),
            cut(&summary.contenders[summary.baseline].name, NAME),
            zone(summary.zone())
        )];
        let has_bound =
            |id| median_or_dash(summary, id, self.load, Metric::Throughput).starts_with('≥');
        let optional = [
            (
                any(&|id| self.is_starving(id)),
                "○ some clients were never served; each counts as a wait up to the end of the run"
                    .to_owned(),
            ),
            (any(&has_bound), AT_LEAST.to_owned()),
            (
                any(&|id| self.word(id) == "behind"),
                "behind: the server did not keep up with the offered rate".to_owned(),
            ),
            (
                any(&|id| self.word(id) == "spins"),
                format!("spins: it {SPINS}, so CPU/req is no cost of a request"),
            ),
        ];
        let shown = optional.into_iter().filter(|(is_shown, _)| *is_shown);
        notes.extend(shown.map(|(_, note)| note));
        notes.extend(
            self.bars()
                .into_iter()
                .map(|bar| format!("No verdict: {bar}")),
        );
        notes
    }

    /// The reasons why there are no verdicts, one of each kind.
    fn bars(&self) -> Vec<&Bar> {
        let mut bars: Vec<&Bar> = Vec::new();
        for contender in self.summary.contender_ids() {
            let compared = &self.summary.cell(contender, self.load).compared;
            let verdict = compared
                .get(&self.deciding)
                .map(|compared| &compared.verdict);
            let has_word = matches!(self.word(contender), "behind" | "spins");
            if let Some(Verdict::Barred(bar)) = verdict.filter(|_| !has_word) {
                let kind = discriminant(bar);
                if !bars.iter().any(|known| discriminant(*known) == kind) {
                    bars.push(bar);
                }
            }
        }
        bars
    }
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
