//! The cost table of one load as plain data: who is ranked and in which order, who is not and why, and the control.

use std::cmp::Ordering;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use super::column::{Column, written};
use super::entry::{Entry, entry};
use super::letter::Letter;
use super::notes::why_unranked;
use crate::detail::Detail;

/// The table of a load.
pub struct Block {
    /// The load.
    pub load: LoadId,
    /// The figure that decides; the rows are sorted by it.
    pub deciding: Metric,
    /// The columns that have values.
    pub columns: Vec<Shape>,
    /// The contenders that served everybody, the best first.
    pub ranked: Vec<Row>,
    /// The others, each with the reason in words.
    pub unranked: Vec<(ContenderId, String)>,
    /// The control.
    pub control: Option<Row>,
}

/// A column, and what its values need so that they are below each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The column.
    pub column: Column,
    /// Decimals of its values.
    pub decimals: usize,
    /// True if some model has a ratio to the baseline in it.
    pub has_ratios: bool,
    /// True if its ratios have intervals.
    pub has_intervals: bool,
}

/// The row of a contender.
pub struct Row {
    /// The contender.
    pub contender: ContenderId,
    /// The word in the figure that decides.
    pub letter: Option<Letter>,
    /// One entry a column.
    pub entries: Vec<Entry>,
}

/// What all tables of a run share.
pub struct Tables<'a> {
    summary: &'a Summary,
    /// The memory of a connection of each contender, in KiB. A slope goes through thousands of pairs of trials: it is computed once.
    slopes: Vec<Option<f64>>,
    detail: Detail,
    headline: Vec<LoadId>,
}

impl<'a> Tables<'a> {
    /// Of this run.
    pub fn of(summary: &'a Summary) -> Self {
        let slopes = |metric| -> Vec<Option<f64>> {
            let slope = |contender| Some(summary.per_connection(contender, metric)?.estimate);
            summary.contender_ids().map(slope).collect()
        };
        // Rows of an old schema lack page tables and stacks.
        let whole = slopes(Metric::WholeMemory);
        let slopes = if whole.iter().any(Option::is_some) {
            whole
        } else {
            slopes(Metric::Memory)
        };
        Self {
            summary,
            slopes,
            detail: Detail::of(summary),
            headline: summary.headline_loads(),
        }
    }

    /// The table of a load.
    pub fn block(&self, load: LoadId) -> Block {
        let summary = self.summary;
        let deciding = summary.deciding(load);
        let is_ranked = |&contender: &ContenderId| is_ranked(summary, contender, load);
        let (mut ranked, unranked): (Vec<_>, Vec<_>) = summary.models().partition(is_ranked);
        ranked.sort_by(|&a, &b| self.best_first(a, b, load));
        let control = summary.control().map(|(_, twin)| twin);
        let control = control.filter(|twin| summary.cell(*twin, load).trials > 0);
        let shown: Vec<ContenderId> = ranked.iter().copied().chain(control).collect();
        let columns: Vec<Shape> = Column::ALL
            .into_iter()
            .filter(|column| self.has_room(*column, load))
            .filter_map(|column| self.shape(column, &shown, load))
            .collect();
        let row = |contender| self.row(contender, load, &columns);
        Block {
            load,
            deciding,
            ranked: ranked.into_iter().map(row).collect(),
            unranked: unranked
                .into_iter()
                .map(|contender| (contender, why_unranked(summary, contender, load)))
                .collect(),
            control: control.map(row),
            columns,
        }
    }

    /// The shape of a column; `None` if it has no values.
    fn shape(&self, column: Column, shown: &[ContenderId], load: LoadId) -> Option<Shape> {
        let entries = shown.iter().map(|&id| (id, self.entry(id, load, column)));
        let entries: Vec<(ContenderId, Entry)> = entries.collect();
        let values = entries.iter().filter_map(|(_, entry)| entry.value);
        let values: Vec<f64> = values.collect();
        let others = entries
            .iter()
            .filter(|(id, _)| *id != self.summary.baseline && !self.summary.is_twin(*id));
        let ratios: Vec<_> = others.filter_map(|(_, entry)| entry.times).collect();
        (!values.is_empty()).then(|| Shape {
            column,
            decimals: column.decimals(values.into_iter()),
            has_ratios: !ratios.is_empty(),
            has_intervals: ratios.iter().any(|times| times.interval.is_some()),
        })
    }

    /// False for what would be repeated in the many tables of a large run: the memory of a connection is the same under all loads.
    fn has_room(&self, column: Column, load: LoadId) -> bool {
        let is_large = self.detail == Detail::Reduced;
        !is_large || column != Column::MemoryPerConnection || self.headline.contains(&load)
    }

    /// In a large run only the figure that decides has intervals.
    fn entry(&self, contender: ContenderId, load: LoadId, column: Column) -> Entry {
        let slope = self.slopes[contender.0];
        let decides = column == Column::Figure(self.summary.deciding(load));
        let mut entry = entry(self.summary, contender, load, column, slope);
        if let Some(times) = entry
            .times
            .as_mut()
            .filter(|_| self.detail == Detail::Reduced && !decides)
        {
            times.interval = None;
        }
        entry
    }

    fn row(&self, contender: ContenderId, load: LoadId, columns: &[Shape]) -> Row {
        let entry = |shape: &Shape| {
            let entry = self.entry(contender, load, shape.column);
            Entry {
                times: entry.times.filter(|_| shape.has_ratios),
                ..entry
            }
        };
        let summary = self.summary;
        let without_ratio = summary.no_ratio(contender, load);
        let letter = Letter::of(summary.cell(contender, load), summary.deciding(load));
        Row {
            contender,
            letter: letter.or(without_ratio.map(|_| Letter::NoVerdict)),
            entries: columns.iter().map(entry).collect(),
        }
    }

    fn best_first(&self, a: ContenderId, b: ContenderId, load: LoadId) -> Ordering {
        let metric = self.summary.deciding(load);
        let [a, b] = [a, b].map(|id| self.summary.median(id, load, metric).unwrap_or(0.0));
        if metric.more_is_better() {
            b.total_cmp(&a)
        } else {
            a.total_cmp(&b)
        }
    }
}

/// True if a contender served everybody and has the figure that decides. A reference line is no server, so it has no rank.
fn is_ranked(summary: &Summary, contender: ContenderId, load: LoadId) -> bool {
    let cell = summary.cell(contender, load);
    let is_measured = summary
        .median(contender, load, summary.deciding(load))
        .is_some();
    let served_everybody = !cell.left_out() && cell.behind().is_none();
    is_measured && served_everybody && !summary.contenders[contender].reference_line
}

/// The figures with a column, whether or not it has values.
pub fn metrics() -> impl Iterator<Item = Metric> {
    Column::ALL.into_iter().filter_map(|column| match column {
        Column::Figure(metric) => Some(metric),
        Column::ServerCpu | Column::MemoryPerConnection => None,
    })
}

impl Entry {
    /// The value with the mark of a lower bound: `≥ 221,000`, or a dash.
    pub fn written(&self, decimals: usize) -> String {
        let mark = if self.is_lower_bound { "≥\u{a0}" } else { "" };
        self.value.map_or("–".to_owned(), |value| {
            format!("{mark}{}", written(value, decimals))
        })
    }
}
