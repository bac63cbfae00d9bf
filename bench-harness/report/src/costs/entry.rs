//! One figure of one contender in the cost table: its value, its ratio to the baseline, and the heat of the ratio.

use analysis::{Bar, Compared, Metric, Summary, Verdict};
use record::plan::{ContenderId, LoadId};

use super::column::Column;
use crate::figure::ratio_in_words;

/// Factors from which on a difference has the second and the third step of heat.
const STEPS: [f64; 2] = [1.5, 3.0];

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The value in the unit of the column.
    pub value: Option<f64>,
    /// True if the true value is at least that.
    pub is_lower_bound: bool,
    /// The ratio to the baseline, if the column has ratios.
    pub times: Option<Times>,
}

/// A ratio to the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// The estimate.
    pub estimate: f64,
    /// Its 95 % interval, where the table has room for it.
    pub interval: Option<(f64, f64)>,
    /// How far a significant difference is; `None` if none is shown.
    pub heat: Option<Heat>,
}

/// A significant difference in three steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heat {
    is_worse: bool,
    is_more: bool,
    /// 1 to 3.
    step: usize,
}

impl Heat {
    /// The heat of a significant ratio.
    fn of(ratio: f64, is_worse: bool) -> Self {
        let factor = ratio.max(1.0 / ratio);
        Self {
            is_worse,
            is_more: ratio > 1.0,
            step: 1 + STEPS.iter().filter(|step| factor >= **step).count(),
        }
    }

    /// The class of the cell: `h1` to `h3` for worse, `c1` to `c3` for better.
    pub fn class(self) -> String {
        let letter = if self.is_worse { 'h' } else { 'c' };
        format!("{letter}{}", self.step)
    }

    /// The mark for readers who see no colours.
    pub const fn mark(self) -> &'static str {
        if self.is_more { "▲" } else { "▼" }
    }
}

impl Times {
    /// The ratio of the baseline to itself.
    pub const SAME: Self = Self {
        estimate: 1.0,
        interval: None,
        heat: None,
    };

    /// `×1.18`.
    pub fn ratio(self) -> String {
        format!("×{}", ratio_in_words(self.estimate, None))
    }

    /// `×1.18 ▲`.
    pub fn with_mark(self) -> String {
        let mark = self.heat.map_or("", Heat::mark);
        let space = if mark.is_empty() { "" } else { "\u{a0}" };
        self.ratio() + space + mark
    }

    /// `1.05–1.30`.
    pub fn range(self) -> Option<String> {
        let (low, high) = self.interval?;
        let [low, high] = [low, high].map(|end| ratio_in_words(end, None));
        Some(format!("{low}–{high}"))
    }
}

/// What a column shows of a contender. `slope` is the memory of a connection in KiB.
pub fn entry(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    column: Column,
    slope: Option<f64>,
) -> Entry {
    let cell = summary.cell(contender, load);
    let metric = match column {
        Column::Figure(metric) => Some(metric),
        Column::ServerCpu | Column::MemoryPerConnection => None,
    };
    Entry {
        value: column.value(summary, contender, load, slope),
        is_lower_bound: metric.is_some_and(|metric| cell.is_lower_bound(metric)),
        times: metric.and_then(|metric| times(summary, contender, load, metric)),
    }
}

/// The ratio of a figure; `None` for a figure that is not compared.
fn times(summary: &Summary, contender: ContenderId, load: LoadId, metric: Metric) -> Option<Times> {
    metric.words()?;
    // At an equal rate all servers answer the same requests.
    if metric == Metric::Throughput && summary.loads[load].is_equal_rate() {
        return None;
    }
    if contender == summary.baseline {
        let is_measured = summary.median(contender, load, metric).is_some();
        return is_measured.then_some(Times::SAME);
    }
    let compared = summary.cell(contender, load).compared.get(&metric)?;
    let is_main = metric == summary.deciding(load) || metric == Metric::Cpu;
    let is_comparable = is_main || !matches!(compared.verdict, Verdict::Barred(_));
    is_comparable.then(|| Times {
        estimate: compared.ratio.estimate,
        interval: compared.ratio.interval.filter(|_| is_main),
        heat: heat(compared, metric, summary.zone()),
    })
}

/// The heat of what the verdict calls better or worse. The CPU time of a server that spins is no cost of a request, but it is used.
fn heat(compared: &Compared, metric: Metric, zone: f64) -> Option<Heat> {
    let ratio = compared.ratio.estimate;
    let is_dearer = || {
        let interval = compared.ratio.interval;
        metric == Metric::Cpu && interval.is_some_and(|(low, _)| low > zone)
    };
    let is_worse = match &compared.verdict {
        Verdict::Better => false,
        Verdict::Worse => true,
        Verdict::Barred(Bar::Spins) if is_dearer() => true,
        Verdict::Barred(_) | Verdict::Equivalent | Verdict::Inconclusive(_) | Verdict::Control => {
            return None;
        }
    };
    Some(Heat::of(ratio, is_worse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_has_three_steps_each_way() {
        let class = |ratio: f64| Heat::of(ratio, ratio > 1.0).class();
        assert_eq!([1.2, 1.5, 2.9, 3.0].map(class), ["h1", "h2", "h2", "h3"]);
        assert_eq!([0.8, 0.6, 0.3].map(class), ["c1", "c2", "c3"]);
    }

    #[test]
    fn the_mark_says_more_or_less_and_the_colour_better_or_worse() {
        let slower = Heat::of(0.5, true);
        assert_eq!((slower.class().as_str(), slower.mark()), ("h2", "▼"));
    }

    #[test]
    fn a_ratio_has_a_mark_only_where_a_difference_is_shown() {
        let times = |heat| Times {
            estimate: 1.181,
            interval: Some((1.05, 1.3)),
            heat,
        };
        let dear = times(Some(Heat::of(1.18, true)));
        assert_eq!(dear.with_mark(), "×1.18\u{a0}▲");
        assert_eq!(dear.range().as_deref(), Some("1.05–1.30"));
        assert_eq!(times(None).with_mark(), "×1.18");
    }
}
