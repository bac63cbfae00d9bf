//! A cost table of a few models and the most telling columns: for the sheet on paper, and for a model between its neighbours. Rows,
//! ratios and marks are those of the whole table.

use analysis::{Metric, Summary};
use maud::{Markup, html};
use record::plan::{ContenderId, LoadId};

use super::block::{Block, Row, Tables};
use super::column::Column;
use super::letter::Letter;
use super::texts::unbroken;
use crate::page::parts::prose;

/// The columns beside the figure that decides: what causes the cost, and what it does to clients.
const COLUMNS: [Column; 5] = [
    Column::Figure(Metric::Cpu),
    Column::Figure(Metric::P99),
    Column::Figure(Metric::Voluntary),
    Column::Figure(Metric::SystemCalls),
    Column::MemoryPerConnection,
];

/// The table of a load, from which a few rows are shown.
pub struct Few<'a> {
    summary: &'a Summary,
    block: Block,
    /// The shown columns, as indices into those of the whole table.
    columns: Vec<usize>,
}

impl<'a> Few<'a> {
    /// The table of this load.
    pub fn of(summary: &'a Summary, tables: &Tables, load: LoadId) -> Self {
        let block = tables.block(load);
        let is_shown =
            |column: Column| COLUMNS.contains(&column) || column == Column::Figure(block.deciding);
        let columns =
            (0..block.columns.len()).filter(|&index| is_shown(block.columns[index].column));
        Self {
            columns: columns.collect(),
            summary,
            block,
        }
    }

    /// The load of the table.
    pub const fn load(&self) -> LoadId {
        self.block.load
    }

    /// These models with a rank, the best first.
    pub fn ranked(&self, models: &[ContenderId]) -> Vec<ContenderId> {
        let rows = self.block.ranked.iter().map(|row| row.contender);
        rows.filter(|contender| models.contains(contender))
            .collect()
    }

    /// These models without one.
    pub fn unranked(&self, models: &[ContenderId]) -> Vec<ContenderId> {
        let rows = self.block.unranked.iter().map(|(contender, _)| *contender);
        rows.filter(|contender| models.contains(contender))
            .collect()
    }

    /// The rows of these models in this order, each with its name as it is to be shown.
    pub fn html(
        &self,
        caption: Option<&str>,
        models: &[ContenderId],
        name: impl Fn(ContenderId) -> Markup,
    ) -> Markup {
        html! {
            table.few {
                @if let Some(caption) = caption { caption { (caption) } }
                thead { tr {
                    th scope="col" { "design" }
                    th scope="col" { "word" }
                    @for &index in &self.columns { th scope="col" { (self.block.columns[index].column.heading()) } }
                } }
                tbody { @for &model in models { tr { th scope="row" { (name(model)) } (self.cells(model)) } } }
            }
        }
    }

    fn cells(&self, model: ContenderId) -> Markup {
        let row = self.block.ranked.iter().find(|row| row.contender == model);
        let reason = self.block.unranked.iter().find(|(id, _)| *id == model);
        html! {
            @match (row, reason) {
                (Some(row), _) => (self.figures(row)),
                (None, Some((_, reason))) => td.apart colspan=(self.columns.len() + 1) { (prose(&unbroken(reason))) },
                (None, None) => td.apart colspan=(self.columns.len() + 1) { "–" },
            }
        }
    }

    fn figures(&self, row: &Row) -> Markup {
        let cell = |&index: &usize| (&row.entries[index], self.block.columns[index].decimals);
        html! {
            td {
                @match row.letter {
                    Some(letter) => (letter.letter()),
                    None if row.contender == self.summary.baseline => "baseline",
                    None => "–",
                }
            }
            @for (entry, decimals) in self.columns.iter().map(cell) {
                td { (entry.written(decimals)) @if let Some(times) = entry.times { " " small { (times.with_mark()) } } }
            }
        }
    }

    /// The meaning of the letters that occur, and of the marks.
    pub fn key(&self) -> String {
        let occurs = |letter: &Letter| {
            self.block
                .ranked
                .iter()
                .any(|row| row.letter == Some(*letter))
        };
        let zone = self.summary.zone();
        let letters = Letter::ALL.into_iter().filter(occurs);
        let letters: Vec<String> = letters
            .map(|letter| format!("{} {}", letter.letter(), letter.meaning(zone)))
            .collect();
        let baseline = &self.summary.contenders[self.summary.baseline].name;
        let words = if letters.is_empty() {
            String::new()
        } else {
            format!("Words: {}. ", letters.join("; "))
        };
        format!("{words}×: against {baseline}; ▲ shown to be more, ▼ less.")
    }
}
