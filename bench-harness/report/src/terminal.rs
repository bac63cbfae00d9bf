//! The shortest report, for a terminal of 80 columns at the end of a comparison: the answer, a line a load, the table of the load that
//! tells most, why its largest differences are there, and what to do next.
//!
//! Rows, order and words are those of the cost tables, so terminal and page cannot disagree.

mod overview;
mod table;

use analysis::{Summary, Verdict};
use record::plan::{ContenderId, LoadId};

use crate::answer;
use crate::causes;
use crate::costs::{Block, Letter, Tables};
use crate::next::what_next;
use crate::paragraph::{WIDTH, columns, wrapped};
use crate::undecided::{plan_for_more, what_is_open};

/// Differences that are explained.
const EXPLAINED: usize = 3;

/// The whole report.
pub fn terminal(summary: &Summary) -> String {
    let tables = Tables::of(summary);
    let measured = summary.measured_loads();
    let blocks = measured.map(|load| tables.block(load));
    let blocks: Vec<Block> = blocks.filter(|block| !block.ranked.is_empty()).collect();
    let mut parts = vec![wrapped(&answer::text(&answer::choice(summary)))];
    if blocks.len() > 1 {
        parts.push(overview::overview(summary, &blocks));
    }
    let shown = telling(summary, &blocks);
    let shown = shown.map_or_else(
        || tables.block(summary.shown_load()),
        |load| tables.block(load),
    );
    parts.push(table::table(summary, &shown));
    parts.push(why(summary, &shown));
    parts.push(next(summary));
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// The load that tells the contenders apart best: the one with the most clear differences, and among equals the one with the largest.
fn telling(summary: &Summary, blocks: &[Block]) -> Option<LoadId> {
    let apart = |block: &Block| {
        let apart = worse(summary, block);
        let largest = apart.first().map_or(0.0, |(_, factor)| *factor);
        (apart.len(), largest)
    };
    let mut best: Option<(&Block, (usize, f64))> = None;
    for block in blocks {
        let value = apart(block);
        let is_better = best.is_none_or(|(_, known)| {
            value.0 > known.0 || (value.0 == known.0 && value.1 > known.1)
        });
        if is_better {
            best = Some((block, value));
        }
    }
    let told = best.filter(|(_, (differences, _))| *differences > 0);
    told.map(|(block, _)| block.load)
}

/// The ranked contenders that are worse than the baseline, each with the factor by which it is, the largest first.
fn worse(summary: &Summary, block: &Block) -> Vec<(ContenderId, f64)> {
    let factor = |contender: ContenderId| {
        let cell = summary.cell(contender, block.load);
        let compared = cell.compared.get(&block.deciding)?;
        let ratio = compared.ratio.estimate;
        matches!(compared.verdict, Verdict::Worse).then(|| (contender, ratio.max(1.0 / ratio)))
    };
    let ranked = block.ranked.iter();
    let mut worse: Vec<(ContenderId, f64)> =
        ranked.filter_map(|row| factor(row.contender)).collect();
    worse.sort_by(|a, b| b.1.total_cmp(&a.1));
    worse
}

/// What causes the largest differences of a table, where the run explains them.
fn why(summary: &Summary, block: &Block) -> String {
    let apart = worse(summary, block).into_iter().map(|(id, _)| id);
    let largest: Vec<ContenderId> = apart.take(EXPLAINED).collect();
    let sentence = causes::sentence(summary, &largest, block.load);
    sentence.map_or_else(String::new, |sentence| wrapped(&format!("Why: {sentence}")))
}

/// What is not decided, and the command that decides more.
fn next(summary: &Summary) -> String {
    let command = what_next(summary).map(|next| {
        let command = command(&next.command);
        wrapped(&next.text) + &command
    });
    let parts = [
        what_is_open(summary).map(|sentence| wrapped(&sentence)),
        command,
        plan_for_more(summary).map(|sentence| wrapped(&sentence)),
    ];
    parts.into_iter().flatten().collect()
}

/// A quoted command on lines of its own, which a shell reads as one line.
fn command(words: &str) -> String {
    let mut lines = vec!["`".to_owned()];
    for (index, part) in words.split(" --").enumerate() {
        let part = if index == 0 {
            part.to_owned()
        } else {
            format!(" --{part}")
        };
        let line = lines.last_mut().expect("there is a first line");
        // Room for the end of a line: a backslash after a space, or the quote.
        if index == 0 || columns(line) + columns(&part) + 2 <= WIDTH {
            line.push_str(&part);
        } else {
            line.push_str(" \\");
            lines.push(format!(" {part}"));
        }
    }
    lines.join("\n") + "`\n"
}

/// The word of a row: that of the cost table.
fn word(summary: &Summary, contender: ContenderId, letter: Option<Letter>) -> &'static str {
    match letter {
        Some(letter) => letter.word(),
        None if contender == summary.baseline => "baseline",
        None if summary.is_twin(contender) => "control",
        None => "",
    }
}
