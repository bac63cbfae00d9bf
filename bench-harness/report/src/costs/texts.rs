//! The sentences around the cost tables: what they show, what decides, and what letters, tints and marks mean.

use analysis::Summary;
use record::plan::{ContenderId, LoadId};

use super::block::Block;
use super::column::Column;
use super::letter::Letter;
use crate::detail::Detail;
use crate::method;
use crate::phrases::situation;
use crate::values::about_bounds;
use crate::words::{measured, zone};

/// What the table shows, in two sentences.
pub fn intro(summary: &Summary) -> String {
    let and_of_cpu = match Detail::of(summary) {
        Detail::Full => " and of CPU",
        Detail::Reduced => "",
    };
    format!(
        "One table a load, sorted by the figure that decides there. ×: against {} under the same load, with the 95 % interval of the \
         figure that decides{and_of_cpu}. Ratios are those of neighbouring slices, which is more exact \
         than to divide two medians. A design that did not serve every client has no rank.",
        summary.contenders[summary.baseline].name
    )
}

/// What is decided by what, and how often it was measured.
pub fn caption(summary: &Summary, block: &Block) -> String {
    let ids: Vec<ContenderId> = block.ranked.iter().map(|row| row.contender).collect();
    let heading = Column::Figure(block.deciding).heading();
    let (quantity, _) = heading.split_once(", ").unwrap_or((heading, ""));
    let rounds = if ids.is_empty() {
        String::new()
    } else {
        format!(" Medians of {}.", measured(summary, &ids, block.load))
    };
    format!(
        "At {}, {quantity} decides. Differences within {} count as none.{rounds}",
        situation(summary, block.load),
        zone(summary.zone())
    )
}

/// The meaning of letters, steps and marks.
pub fn legend(summary: &Summary) -> String {
    let letters = Letter::ALL
        .map(|letter| format!("{} {}", letter.letter(), letter.meaning(summary.zone())))
        .join("; ");
    format!(
        "Words: {letters}. Tint: a difference that is shown, up to 1.5 times, up to 3 times, and more; warm for worse, blue for better. \
         ▲ more and ▼ less than {}. ≥: at least that. –: not measured.",
        summary.contenders[summary.baseline].name
    )
}

/// Where the figures of the loads without a table are.
pub fn elsewhere(others: usize) -> String {
    let loads = if others == 1 { "load" } else { "loads" };
    format!(
        "The figures of {others} more {loads} are in summary.csv and summary.json beside this page."
    )
}

/// How ratios and words are made.
pub fn rule(summary: &Summary, loads: &[LoadId]) -> String {
    format!(
        "{} {} {}.{}",
        method::intervals(summary, loads),
        method::words(summary),
        method::precision(summary, loads),
        about_bounds(summary, loads)
    )
}

/// The text with a no-break space before each per cent sign.
pub fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}
