//! The first screen: which design to take, what each headline load shows and why, and how sure that is.
//!
//! ```text
//! analysis::Answer ──> names · figures ──> block ─┐
//!                                        choice ──┼──> page · Markdown · terminal
//!                                          sure ──┘
//!                                       picture ──────> page · figures/answer.svg
//! ```
//!
//! A sentence has at most three names, the cheapest first. Its numbers are those of the table, and its words those of the verdicts.

mod block;
mod choice;
mod columns;
mod figures;
mod key;
mod labels;
mod machine;
mod names;
mod outside;
mod picture;
mod situation;
mod sure;
mod swarm;
mod uncertain;
mod why;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use crate::words::zone;

use block::block_after;
pub use block::{Block, block};
pub use choice::choice;
pub use machine::machine;
pub use picture::{QUESTION, picture};
pub use situation::{heading, within};
pub use sure::{how_sure, not_seen};

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The text, with its full stop.
    pub text: String,
    /// True if it is what a reader must not miss.
    pub is_strong: bool,
}

impl Said {
    fn plain(text: String) -> Self {
        Self {
            text,
            is_strong: false,
        }
    }

    fn strong(text: String) -> Self {
        Self {
            text,
            is_strong: true,
        }
    }
}

/// One block a headline load.
pub fn blocks(summary: &Summary) -> Vec<Block> {
    let mut known: Vec<ContenderId> = Vec::new();
    let mut blocks = Vec::new();
    for load in summary.headline_loads() {
        blocks.push(block_after(summary, load, &known));
        known.extend(summary.answer(load).spinning);
    }
    blocks
}

/// The sentences in one text.
pub fn text(said: &[Said]) -> String {
    let texts: Vec<&str> = said.iter().map(|said| said.text.as_str()).collect();
    texts.join(" ")
}

/// What a ratio is against; `None` if no sentence has one.
pub fn against(summary: &Summary) -> Option<String> {
    let has_ratio = |load: &LoadId| {
        let answer = summary.answer(*load);
        let rated = [&answer.better, &answer.undecided, &answer.worse];
        rated.iter().any(|rated| !rated.is_empty())
    };
    let is_used = summary.headline_loads().iter().any(has_ratio);
    let baseline = &summary.contenders[summary.baseline].name;
    let mut loads = summary.headline_loads().into_iter();
    let figure = if loads.all(|load| summary.deciding(load) == Metric::Cpu) {
        "CPU time a request"
    } else {
        "the figure that decides"
    };
    is_used.then(|| {
        format!(
            "× compares {figure} with that of {baseline} under the same load: ×2 is twice as much."
        )
    })
}

/// How the designs are chosen.
pub fn how_chosen(summary: &Summary) -> String {
    let contenders = || summary.contenders.iter();
    let has = |is_such: bool, text: &'static str| if is_such { text } else { "" };
    let datagrams = has(
        contenders().any(|contender| contender.datagrams),
        " Servers of datagrams (UDP) are left out, because they guarantee less.",
    );
    let lines = has(
        contenders().any(|contender| contender.reference_line),
        " Reference lines are left out, because they cannot be deployed.",
    );
    let mut cells = summary.cell_ids().map(|(id, load)| summary.cell(id, load));
    let spinning = has(
        cells.any(|cell| cell.spins),
        " A design that uses a whole CPU even if no client asks is left out too.",
    );
    format!(
        "The answer names each design that no load of the first screen shows to be worse than another one. Worse: the whole 95 % interval \
         of their ratio is beyond a {} zone of indifference.{spinning}{datagrams}{lines}",
        zone(summary.zone())
    )
}
