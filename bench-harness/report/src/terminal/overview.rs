//! A line a load: which contender is the cheapest or the fastest, and which is the dearest or the slowest.

use analysis::{Metric, Summary};
use record::number::{grouped, percent, short};
use record::plan::{LoadId, Rate, names};

use super::worse;
use crate::costs::{Block, Letter};
use crate::figure::ratio_in_words;
use crate::paragraph::{WIDTH, columns, hanging, shortened, wrapped};

/// Columns between two texts.
const GAP: usize = 2;
/// Most columns of the name of a load.
const LABEL: usize = 24;

/// What the number after a name means.
const OTHERS: &str = "+N: N more alike, or N more that are dearer or slower.";

/// The lines of all loads, under headings.
pub fn overview(summary: &Summary, blocks: &[Block]) -> String {
    let all_cpu = blocks.iter().all(|block| block.deciding == Metric::Cpu);
    let headings = if all_cpu {
        ["load", "cheapest", "dearer"]
    } else {
        ["load", "cheapest or fastest", "dearer or slower"]
    };
    let mut rows = vec![headings.map(str::to_owned)];
    rows.extend(blocks.iter().map(|block| {
        let load = shortened(&label(summary, block.load), LABEL);
        [load, best(summary, block), worst(summary, block)]
    }));
    let [first, second] = [0, 1].map(|column| {
        let widths = rows.iter().map(|row| columns(&row[column]));
        widths.max().unwrap_or(0) + GAP
    });
    let lines = rows.iter().map(|[load, best, worst]| {
        let start = format!("{load:first$}{best:second$}");
        if columns(&start) + columns(worst) <= WIDTH {
            format!("{start}{worst}\n")
        } else {
            let below = " ".repeat(first);
            format!("{}\n{}", start.trim_end(), hanging(&below, worst))
        }
    });
    let lines: String = lines.collect();
    let has_others = rows
        .iter()
        .any(|row| row[1..].iter().any(|text| text.contains(" +")));
    let others = if has_others {
        wrapped(OTHERS)
    } else {
        String::new()
    };
    lines + &others
}

/// A load in at most three words.
fn label(summary: &Summary, load: LoadId) -> String {
    let of = &summary.loads[load];
    let clients = |number: usize, what: &str| format!("{} {what}", grouped(number as u64));
    let rate = of.rate.filter(|_| of.classes.len() == 1);
    let rate = rate.and_then(|rate| rate.per_second(summary.probed));
    match (rate, of.scenario.as_str()) {
        (Some(rate), _) => {
            let clients = clients(of.connections, "clients");
            format!("{clients}, {}/s", short(rate))
        }
        (None, names::LADDER) => {
            let one = if of.connections == 1 {
                "client"
            } else {
                "clients"
            };
            clients(of.connections, one) + ", flat out"
        }
        (None, names::IDLE) => {
            let silent = of.connections.saturating_sub(of.active);
            clients(silent, "silent") + &format!(", {} busy", grouped(of.active as u64))
        }
        (None, scenario) => format!("{scenario}: {}", step(summary, load)),
    }
}

/// The step of a load on the axis of its scenario.
fn step(summary: &Summary, load: LoadId) -> String {
    let of = &summary.loads[load];
    match (of.objective, of.rate) {
        (Some(objective), _) => objective.to_string(),
        (None, Some(Rate::OfPeak(share) | Rate::OfSlowest(share))) => percent(share),
        (None, Some(Rate::Fixed(rate))) => format!("{}/s", short(rate)),
        (None, None) => short(of.step),
    }
}

/// The best contender that sleeps while no client asks, and the number of those with the same word.
fn best(summary: &Summary, block: &Block) -> String {
    let sleeping = || {
        let rows = block.ranked.iter();
        rows.filter(|row| !summary.cell(row.contender, block.load).spins)
    };
    let Some(first) = sleeping().next() else {
        return "–".to_owned();
    };
    let word = clear(first.letter);
    let same = sleeping().filter(|row| word.is_some() && clear(row.letter) == word);
    let others = same.count().saturating_sub(1);
    with_others(&summary.contenders[first.contender].name, others)
}

/// The clear word of a contender; `None` if it has none. The baseline is equivalent to itself.
const fn clear(letter: Option<Letter>) -> Option<Letter> {
    match letter {
        None | Some(Letter::Equivalent) => Some(Letter::Equivalent),
        Some(Letter::Cheaper | Letter::Dearer | Letter::Faster | Letter::Slower) => letter,
        Some(Letter::Undecided | Letter::Spins | Letter::NoVerdict) => None,
    }
}

/// The worst contender with its ratio, and the number of other worse ones; or the reason why there is none.
fn worst(summary: &Summary, block: &Block) -> String {
    let worse = worse(summary, block);
    if let Some(&(contender, _)) = worse.first() {
        let cell = summary.cell(contender, block.load);
        let ratio = cell.compared[&block.deciding].ratio.estimate;
        let name = &summary.contenders[contender].name;
        let text = format!("{name} ×{}", ratio_in_words(ratio, None));
        return with_others(&text, worse.len() - 1);
    }
    let number = |wanted: Letter| {
        let rows = block.ranked.iter();
        rows.filter(|row| row.letter == Some(wanted)).count()
    };
    match (number(Letter::NoVerdict), number(Letter::Undecided)) {
        (0, 0) => "no difference shown".to_owned(),
        (0, undecided) => format!("{undecided} undecided"),
        (barred, _) => format!("{barred} without a verdict"),
    }
}

fn with_others(text: &str, others: usize) -> String {
    match others {
        0 => text.to_owned(),
        others => format!("{text} +{others}"),
    }
}
