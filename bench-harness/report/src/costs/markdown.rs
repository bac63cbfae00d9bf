//! The cost tables as Markdown.

use analysis::Summary;
use record::plan::ContenderId;

use super::block::{Block, Row, Tables};
use super::entry::{Entry, Times};
use super::loads::{others, shown};
use super::notes::notes;
use super::texts::{caption, elsewhere, intro, legend, rule};
use crate::phrases::situation;
use crate::table::{Table, escape, folded};
use crate::verdicts;

/// All cost tables, the first one unfolded.
pub fn text(summary: &Summary) -> Vec<String> {
    let tables = Tables::of(summary);
    let mut parts = vec![
        "## What does each design cost?".to_owned(),
        escape(&intro(summary)),
    ];
    let loads = shown(summary);
    for (index, &load) in loads.iter().enumerate() {
        let block = tables.block(load);
        let title = situation(summary, load);
        let text = of_block(summary, &block);
        parts.push(match index {
            0 => format!("### {}\n\n{text}", escape(&title)),
            _ => folded(&title, &text),
        });
    }
    if others(summary) > 0 {
        parts.push(elsewhere(others(summary)));
    }
    parts.push(escape(&legend(summary)));
    parts.push(escape(&rule(summary, &loads)));
    for beside in verdicts::beside_costs(summary) {
        let tables = beside.tables.iter().map(Table::markdown);
        let text: Vec<String> = [escape(&beside.how_to_read)]
            .into_iter()
            .chain(tables)
            .collect();
        parts.push(folded(&beside.question, &text.join("\n\n")));
    }
    parts
}

fn of_block(summary: &Summary, block: &Block) -> String {
    let mut table = Table::new("", &["design", "word"]);
    let headings = block.columns.iter();
    table
        .columns
        .extend(headings.map(|shape| shape.column.heading().to_owned()));
    for row in block.ranked.iter().chain(&block.control) {
        table.rows.push(cells(summary, block, row));
    }
    let mut lines = vec![escape(&caption(summary, block)), table.markdown()];
    let unranked = block.unranked.iter().map(|(contender, reason)| {
        let name = escape(name(summary, *contender));
        format!("- No rank: {name}: {}", escape(reason))
    });
    let notes = notes(summary, block).into_iter();
    let notes = notes.map(|note| format!("- {}: {}", note.title, escape(&note.text)));
    let list: Vec<String> = unranked.chain(notes).collect();
    lines.push(list.join("\n"));
    lines.join("\n\n").trim_end().to_owned()
}

fn cells(summary: &Summary, block: &Block, row: &Row) -> Vec<String> {
    let word = match row.letter {
        Some(letter) => letter.letter(),
        None if row.contender == summary.baseline => "baseline",
        None if summary.is_twin(row.contender) => "control",
        None => "–",
    };
    let entries = row.entries.iter().zip(&block.columns);
    let entries = entries.map(|(entry, shape)| in_words(entry, shape.decimals));
    [name(summary, row.contender), word]
        .map(str::to_owned)
        .into_iter()
        .chain(entries)
        .collect()
}

fn in_words(entry: &Entry, decimals: usize) -> String {
    let ratio = entry.times.map(Times::with_mark);
    let range = entry.times.and_then(Times::range);
    let range = range.map(|range| format!("[{range}]"));
    let parts = [Some(entry.written(decimals)), ratio, range];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn name(summary: &Summary, contender: ContenderId) -> &str {
    &summary.contenders[contender].name
}
