//! What the picture of the first screen draws: a column a headline load, a dot a contender.

use analysis::{Metric, Summary, Verdict};
use record::number::{counted, grouped};
use record::plan::{ContenderId, LoadId};

use super::block::step;
use super::figures::{rounded, times};
use crate::words::word;

/// A load of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading, in two parts that begin a line each.
    pub heading: [String; 2],
    /// The contenders that do the work, the cheapest first.
    pub dots: Vec<Dot>,
    /// The lowest and the highest cost that count as no difference; `None` if the baseline does not do the work.
    pub band: Option<(f64, f64)>,
    /// True if the column before it has the same busy clients without silent ones.
    pub is_joined: bool,
}

/// A contender under a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// The contender.
    pub contender: ContenderId,
    /// CPU time of a request in microseconds: the ratio of the table times the baseline's median, so that the dot stands
    /// where its word says.
    pub cost: f64,
    /// What the table says.
    pub word: Word,
    /// The value, the ratio and the word, for a tip.
    pub tip: String,
}

/// What the table says about a dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// The baseline, or no difference shown.
    Same,
    /// Not decided, or no verdict.
    Open,
    /// Clearly cheaper or dearer, by this ratio.
    Apart(f64),
    /// It uses a whole CPU even if no client asks; its ratio.
    Spins(f64),
}

impl Word {
    /// The ratio, where it is so large that the picture writes it.
    pub fn large_ratio(self) -> Option<f64> {
        match self {
            Self::Apart(ratio) | Self::Spins(ratio) if step(ratio) == 2 => Some(ratio),
            Self::Apart(_) | Self::Spins(_) | Self::Same | Self::Open => None,
        }
    }

    /// True for what differs from the baseline.
    pub const fn is_apart(self) -> bool {
        matches!(self, Self::Apart(_) | Self::Spins(_))
    }
}

/// The columns in the order of the blocks; silent clients come last if the same clients without them stand beside them.
pub fn columns(summary: &Summary) -> Vec<Column> {
    let mut loads = summary.headline_loads();
    let is_silent = |load: LoadId| summary.loads[load].silent() > 0;
    let is_rate = |load: LoadId| summary.loads[load].is_equal_rate();
    // Of two equal rates one is enough for a picture.
    let first_rate = loads.iter().copied().find(|&load| is_rate(load));
    loads.retain(|&load| !is_rate(load) || Some(load) == first_rate);
    let has_pair = |load: LoadId| is_silent(load) && summary.without_silent(load).is_some();
    loads.sort_by_key(|&load| has_pair(load));
    let mut columns = Vec::new();
    for load in loads {
        let alone = summary.without_silent(load).filter(|_| is_silent(load));
        if let Some(alone) = alone {
            columns.extend(column(summary, alone, None));
        }
        columns.extend(column(summary, load, alone));
    }
    columns
}

/// The column of a load; `None` if no contender has a cost.
fn column(summary: &Summary, load: LoadId, alone: Option<LoadId>) -> Option<Column> {
    let answer = summary.answer(load);
    let is_left = |id: ContenderId| answer.left_out.iter().any(|(left, _)| *left == id);
    let base = summary.median(summary.baseline, load, Metric::Cpu);
    let base = base.filter(|_| !is_left(summary.baseline));
    let candidates = summary.candidates().into_iter();
    let mut dots: Vec<Dot> = candidates
        .filter(|&id| !is_left(id))
        .filter_map(|id| dot(summary, id, load, base))
        .collect();
    dots.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let zone = summary.zone();
    (!dots.is_empty()).then(|| Column {
        heading: heading(summary, load),
        band: base.map(|base| (base / zone, base * zone)),
        is_joined: alone.is_some(),
        dots,
    })
}

fn dot(summary: &Summary, contender: ContenderId, load: LoadId, base: Option<f64>) -> Option<Dot> {
    let cell = summary.cell(contender, load);
    let median = summary.median(contender, load, Metric::Cpu)?;
    let name = &summary.contenders[contender].name;
    let compared = cell.compared.get(&Metric::Cpu);
    let ratio = compared.map(|compared| compared.ratio.estimate);
    let said = match (compared.map(|compared| &compared.verdict), ratio) {
        _ if contender == summary.baseline => Word::Same,
        (Some(Verdict::Equivalent), _) => Word::Same,
        (_, ratio) if cell.spins => Word::Spins(ratio.unwrap_or(1.0)),
        (Some(Verdict::Better | Verdict::Worse), Some(ratio)) => Word::Apart(ratio),
        _ => Word::Open,
    };
    let word = word(summary, contender, load, Metric::Cpu);
    let beside = ratio.zip(word).map_or_else(String::new, |(ratio, word)| {
        format!(", {} {word}", times(ratio))
    });
    Some(Dot {
        contender,
        cost: ratio.zip(base).map_or(median, |(ratio, base)| ratio * base),
        word: said,
        tip: format!("{name}: {median:.1} µs of CPU a request{beside}"),
    })
    .filter(|dot| dot.cost > 0.0)
}

fn heading(summary: &Summary, load: LoadId) -> [String; 2] {
    let of = &summary.loads[load];
    let silent = of.silent();
    let rate = of.rate.and_then(|rate| rate.per_second(summary.probed));
    let end = match (rate, of.depth()) {
        (Some(rate), _) => format!("{}/s", rounded(rate)),
        (None, 1) => "flat out".to_owned(),
        (None, depth) => format!("{} in flight each", grouped(depth as u64)),
    };
    let many = |count: usize| grouped(count as u64);
    if silent == 0 {
        [format!("{},", counted(of.active, "client")), end]
    } else {
        [
            format!("{} busy,", many(of.active)),
            format!("{} silent", many(silent)),
        ]
    }
}
